// Shows the progress of a command. On a terminal, the command shows a progress bar. Without a terminal, the command prints a line every few seconds.

export interface Progress {
  /** Shows that `done` of `total` items are complete. The function shows the text `note` after the numbers. */
  update(done: number, total: number, note?: string): void;
  /** Clears the progress line, so that the command can print another line. */
  pause(): void;
  /**
   * Ends the progress display. If the display already showed a state, or if the command took long, the function shows the last state and begins a new
   * line.
   */
  end(): void;
}

/** The output stream of the progress display: `process.stderr`, or a stream of a test. */
export interface Screen {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const LINE_MS = 3_000;
const BAR = 30;

export function progressOn(screen: Screen, now: () => number = Date.now): Progress {
  const began = now();
  const every = screen.isTTY ? REDRAW_MS : LINE_MS;
  let shown = screen.isTTY ? Number.NEGATIVE_INFINITY : began;
  let last: [done: number, total: number, note: string] | undefined;
  const show = () => {
    if (last === undefined) return;
    shown = now();
    const [done, total, note] = last;
    const numbers = `${progressText(done, total, shown - began)}${note}`;
    if (!screen.isTTY) screen.write(`${numbers}\n`);
    else {
      const text = `${progressBar(done, total)} ${numbers}`;
      screen.write(`\r${text.slice(0, (screen.columns || 80) - 1)}\x1b[K`);
    }
  };
  return {
    update(done, total, note) {
      last = [done, total, note === undefined ? '' : `  ${note}`];
      if (now() - shown >= every) show();
    },
    pause() {
      if (screen.isTTY && last !== undefined) screen.write('\r\x1b[K');
    },
    end() {
      show();
      if (screen.isTTY && last !== undefined) screen.write('\n');
    },
  };
}

/** Draws a progress bar such as `██████████░░░░░░░░░░`. The bar is full only after all items are complete. */
export function progressBar(done: number, total: number): string {
  const full = total === 0 ? BAR : Math.min(BAR, Math.floor((done / total) * BAR));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}

/** Formats the numbers of the progress display, such as ` 52 % 6,420 of 12,345 9,800/s 1 s left`. */
export function progressText(done: number, total: number, elapsedMs: number): string {
  const percent = total === 0 ? 100 : Math.floor((Math.min(done, total) / total) * 100);
  const parts = [`${String(percent).padStart(3)} %`, `${number(done)} of ${number(total)}`];
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0;
  if (rate > 0) parts.push(`${number(Math.round(rate))}/s`);
  if (rate > 0 && done < total) parts.push(`${duration((total - done) / rate)} left`);
  return parts.join('  ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
