import type { Machine } from './machine.ts';
import type { Bar, Result, Spread } from './results.ts';

export interface Report {
  /** The time of the run, in RFC 3339. */
  at: string;
  options: { rounds: number; seconds: number; secrets: number; connections: number };
  /** The number of different secret names in the requests. */
  names: number;
  machine: Machine;
  results: readonly Result[];
  bars: readonly Bar[];
}

/** Returns the report in Markdown. The tables of the report are also aligned in plain text. */
export function report({ at, options, names, machine, results, bars }: Report): string {
  const { rounds, seconds, secrets, connections } = options;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    `${whole(secrets)} secrets. ${connections} connections read ${whole(names)} names in turn; in the columns "alone", one connection. Figures are medians of`,
    `${rounds} rounds of ${seconds} s each, with minimum and maximum in parentheses. Ratios compare runs of the same round. CPU and statements are per`,
    'request. CPU is that of the process that answers, and that of PostgreSQL. (a) is the bare server.',
    '',
    table(
      [
        'measurement',
        'requests/s',
        'relative to (a)',
        'p50 ms',
        'p99 ms',
        'p99 relative to (a)',
        'CPU µs',
        'database CPU µs',
        'statements',
        'alone ms',
        'alone statements',
      ],
      results.map((one) => [
        one.title,
        spreadText(one.requestsPerSecond, 0),
        spreadText(one.toBare, 2),
        one.p50.median.toFixed(1),
        spreadText(one.p99, 1),
        one.p99ToBare.median.toFixed(2),
        one.cpuMicroseconds.median.toFixed(0),
        one.databaseMicroseconds?.median.toFixed(0) ?? '?',
        one.statements.median.toFixed(2),
        one.alone.p50.toFixed(2),
        one.alone.statements.toFixed(2),
      ]),
    ),
    ...(bars.length === 0
      ? []
      : [
          '',
          table(
            ['goal', 'bound', 'measured', 'met'],
            bars.map(({ title, bound, measured, met }) => [
              title,
              bound.join(' '),
              measured.toFixed(2),
              met ? 'yes' : 'no',
            ]),
          ),
        ]),
    '',
    `${at}. ${machine.cpu}, ${machine.cores} cores in total (load average before: ${machine.loadBefore}), ${machine.memoryGiB} GiB, ${machine.system}.`,
    `${versions.join(', ')}.`,
    ...(machine.loadBefore > machine.cores
      ? ['', 'Other programs used the machine during the run: trust the ratios, not the absolute figures.']
      : []),
  ].join('\n')}\n`;
}

/** Formats a table with aligned columns. Text columns are aligned to the left, and number columns are aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, i) => Math.max(3, text.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function spreadText({ median, least, most }: Spread, digits: number): string {
  const text = (value: number) => (digits === 0 ? whole(value) : value.toFixed(digits));
  return `${text(median)} (${text(least)}–${text(most)})`;
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
