import type { Machine } from './machine.ts';
import type { Bar, MemoryResult, Result, Spread } from './results.ts';
import type { ContestantName } from './stint.ts';

export interface Report {
  /** The time of the run, in RFC 3339. */
  at: string;
  options: { rounds: number; seconds: number; secrets: number; events: number; worlds: boolean };
  machine: Machine;
  /** The reason why the run lacks OpenBao, or null. */
  missing: string | null;
  results: readonly Result[];
  memory: Partial<Record<ContestantName, MemoryResult>>;
  bars: readonly Bar[];
}

/** Returns the report in Markdown. The tables of the report are also aligned in plain text. */
export function report(made: Report): string {
  const { at, options, machine, missing, memory, bars } = made;
  const { rounds, seconds, secrets, events, worlds } = options;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const size = `${whole(secrets)} secrets and ${whole(events)} audit events`;
  return `${[
    worlds
      ? `The small world contains 10,000 secrets, and the big world contains ${size}.`
      : `The world contains ${size}.`,
    `Figures are medians of ${rounds} rounds of ${seconds} s each. Ratios compare figures of the same round; the parentheses contain minimum and`,
    'maximum. CPU is the CPU time for each request of the server process, and after the plus sign of PostgreSQL. The load generator is a separate',
    'process; its column shows the most cores that it uses for one of the servers. OpenBao lists only the names of secrets.',
    ...(missing === null ? [] : ['', `The run lacks OpenBao: ${missing}`]),
    '',
    ...measured(made),
    '',
    table(
      ['memory, MiB', 'at rest', 'under load'],
      Object.entries(memory).flatMap(([name, { atRest, underLoad }]) => {
        if (name === 'floor') return [];
        const both = (a: number | null | undefined, b: number | null | undefined) =>
          a == null || b == null ? null : a + b;
        const row = (title: string, rest: number | null, load: number | null | undefined) => [
          title,
          text(rest, 0),
          text(load, 0),
        ];
        const server = [nameOf(name, worlds), atRest.server, underLoad.server?.median] as const;
        if (atRest.postgres === null) return [row(...server)];
        return [
          row(`${server[0]}, Node`, server[1], server[2]),
          row(
            `${server[0]}, Node and PostgreSQL`,
            both(atRest.server, atRest.postgres),
            both(underLoad.server?.median, underLoad.postgres?.median),
          ),
        ];
      }),
    ),
    ...(bars.length === 0
      ? []
      : [
          '',
          table(
            ['goal', 'bound', 'measured', 'result'],
            bars.map(({ title, bound: [comparison, limit], measured, met }) => [
              title,
              `${comparison === '>=' ? 'at least' : 'at most'} ${whole(limit, limit >= 100 ? 0 : 2)}`,
              whole(measured, limit >= 100 ? 0 : 2),
              met ? '*met*' : '*not met*',
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

const ORDER: readonly ContestantName[] = ['openbao', 'other', 'gateway', 'floor'];

/** Returns the tables of the rows. The tables omit columns of contestants that the run did not measure. */
function measured({ results, options: { worlds } }: Report): string[] {
  const present = ORDER.filter((name) => results.some(({ contestants }) => contestants[name] !== undefined));
  const titles = present.map((name) => nameOf(name, worlds));
  const ratios = (
    [
      ['to OpenBao', 'openbao', ({ toOpenbao }) => toOpenbao],
      ['to the floor', 'floor', ({ toFloor }) => toFloor],
      ['p99 to the floor', 'floor', ({ p99ToFloor }) => p99ToFloor],
      [worlds ? 'small to big world' : 'to the other gateway', 'other', ({ toOther }) => toOther],
    ] satisfies [string, ContestantName, (result: Result) => Spread | null][]
  ).filter(([, name]) => present.includes(name));
  const first = 'operation, connections';
  const nameIn = ({ title, connections }: Result) => `${title}, ${connections}`;
  return [
    table(
      [first, ...titles.map((title) => `${title}, requests/s`), ...ratios.map(([title]) => title)],
      results.map((result) => [
        nameIn(result),
        ...present.map((name) => text(result.contestants[name]?.requestsPerSecond?.median, 0)),
        ...ratios.map(([, , ratio]) => spreadText(ratio(result))),
      ]),
    ),
    '',
    table(
      [
        first,
        ...titles.map((title) => `${title}, p50; p99 ms`),
        ...titles.map((title) => `${title}, CPU µs`),
        'SQL statements',
        'load generator, cores',
      ],
      results.map((result) => {
        const of = present.map((name) => result.contestants[name]);
        const cores = of.flatMap((one) => one?.generator?.median ?? []);
        return [
          nameIn(result),
          ...of.map((one) => (one === undefined ? '' : `${text(one.p50?.median, 1)}; ${text(one.p99?.median, 1)}`)),
          ...of.map((one) =>
            [one?.server, one?.postgres].flatMap((part) => (part ? [text(part.median, 0)] : [])).join(' + '),
          ),
          text(result.contestants.gateway?.statements?.median, 2),
          cores.length === 0 ? '' : text(Math.max(...cores), 2),
        ];
      }),
    ),
  ];
}

function nameOf(name: string, worlds: boolean): string {
  if (name === 'openbao') return 'OpenBao';
  if (name === 'other') return worlds ? 'big world' : 'other gateway';
  return name === 'gateway' && worlds ? 'small world' : name;
}

/** Formats a table with aligned columns. The first column is aligned to the left, and all other columns are aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function spreadText(spread: Spread | null): string {
  if (spread === null) return '';
  const { median, least, most } = spread;
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

const text = (value: number | null | undefined, digits: number) => (value == null ? '' : whole(value, digits));
const whole = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
