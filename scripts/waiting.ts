import type { Screen } from '../src/commands/progress.ts';

const REDRAW_MS = 1_000;
const LINE_MS = 15_000;

/**
 * Shows that a step of unknown length is running, with the seconds since its start. On a terminal, the function redraws one line every second. Without
 * a terminal, the function prints a line every 15 seconds. @returns the result of `work`
 */
export async function waiting<Result>(screen: Screen, step: string, work: Promise<Result>): Promise<Result> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1_000);
  const show = () => screen.write(screen.isTTY ? `\r${step} … ${seconds()} s\x1b[K` : `${step} … ${seconds()} s\n`);
  screen.write(screen.isTTY ? `${step} …` : `${step} …\n`);
  const timer = setInterval(show, screen.isTTY ? REDRAW_MS : LINE_MS);
  try {
    const result = await work;
    screen.write(
      screen.isTTY ? `\r${step}: done after ${seconds()} s\x1b[K\n` : `${step}: done after ${seconds()} s\n`,
    );
    return result;
  } catch (error) {
    if (screen.isTTY) screen.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
