import { type Bound, GOALS, MEMORY_GOAL, type Row, WORLDS_GOAL } from './rows.ts';
import type { ContestantName, Memory, Stint } from './stint.ts';

/** The median, the minimum and the maximum of several figures. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** The stints of one row, by contestant. The n-th stint of each contestant was measured in the n-th round. */
export interface Measured {
  row: Row;
  stints: Partial<Record<ContestantName, readonly Stint[]>>;
}

type Figure = Exclude<keyof Stint, 'memory'>;
export type Figures = Record<Figure, Spread | null>;

export interface Result {
  key: string;
  title: string;
  connections: number;
  contestants: Partial<Record<ContestantName, Figures>>;
  /** The requests per second of the gateway, relative to the contestant in the same round. */
  toOpenbao: Spread | null;
  toFloor: Spread | null;
  toOther: Spread | null;
  /** The 99th percentile of the latency of the gateway, relative to the floor in the same round. */
  p99ToFloor: Spread | null;
  /** The CPU time of the gateway's Node process and of PostgreSQL for each request, in microseconds. */
  cpu: Spread | null;
}

export interface MemoryResult {
  atRest: Memory;
  /** The highest memory of each round. */
  underLoad: { server: Spread | null; postgres: Spread | null };
}

/** A goal of the benchmark, and the measured result. */
export interface Bar {
  title: string;
  bound: Bound;
  measured: number;
  met: boolean;
}

export function resultOf({ row, stints }: Measured): Result {
  const { gateway = [], other, openbao, floor } = stints;
  const against = (theirs: readonly Stint[] | undefined, what: Figure) =>
    theirs === undefined ? null : spreadOf(gateway.map((one, i) => ratio(one[what], theirs[i]?.[what] ?? null)));
  const contestants = Object.entries(stints).map(([name, all]) => [name, figuresOf(all)]);
  return {
    key: row.key,
    title: row.title,
    connections: row.connections,
    contestants: Object.fromEntries(contestants),
    toOpenbao: against(openbao, 'requestsPerSecond'),
    toFloor: against(floor, 'requestsPerSecond'),
    toOther: against(other, 'requestsPerSecond'),
    p99ToFloor: against(floor, 'p99'),
    cpu: spreadOf(gateway.map((one) => sum(one.server, one.postgres))),
  };
}

function figuresOf(stints: readonly Stint[]): Figures {
  const of = (what: Figure) => spreadOf(stints.map((one) => one[what]));
  return {
    requestsPerSecond: of('requestsPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    server: of('server'),
    postgres: of('postgres'),
    statements: of('statements'),
    generator: of('generator'),
  };
}

/** Returns the highest memory of a contestant in each round. The field `rounds` contains the memory after each stint of a round. */
export function memoryResult(atRest: Memory, rounds: readonly (readonly Memory[])[]): MemoryResult {
  const highest = (what: keyof Memory) =>
    spreadOf(
      rounds.map((all) =>
        all.reduce<number | null>((most, one) => (one[what] === null ? most : Math.max(most ?? 0, one[what])), null),
      ),
    );
  return { atRest, underLoad: { server: highest('server'), postgres: highest('postgres') } };
}

/**
 * Returns the goals that the run measured. If `worlds` is true, `other` is a gateway with the big world, and the only goal of each row limits the
 * ratio of the worlds.
 */
export function barsOf(
  results: readonly Result[],
  memory: Partial<Record<ContestantName, MemoryResult>>,
  worlds: boolean,
): Bar[] {
  const bar = (title: string, bound: Bound | undefined, measured: number | undefined): Bar[] => {
    if (bound === undefined || measured === undefined || Number.isNaN(measured)) return [];
    return [{ title, bound, measured, met: bound[0] === '>=' ? measured >= bound[1] : measured <= bound[1] }];
  };
  const rows = results.flatMap(({ key, title, connections, toOpenbao, toFloor, toOther, p99ToFloor, cpu }) => {
    const name = `${title}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    if (worlds) return bar(`${name}: throughput, small world relative to big world`, WORLDS_GOAL, toOther?.median);
    const goals = GOALS[key];
    return [
      ...bar(`${name}: throughput, relative to OpenBao`, goals?.toOpenbao, toOpenbao?.median),
      ...bar(`${name}: throughput, relative to the floor`, goals?.toFloor, toFloor?.median),
      ...bar(`${name}: 99th percentile, relative to the floor`, goals?.p99ToFloor, p99ToFloor?.median),
      ...bar(`${name}: CPU µs of Node and PostgreSQL`, goals?.cpu, cpu?.median),
    ];
  });
  const [mine, theirs] = [memory.gateway?.underLoad.server, memory.openbao?.underLoad.server];
  return [
    ...rows,
    ...bar(
      'memory of Node under load, relative to OpenBao',
      MEMORY_GOAL,
      mine && theirs ? mine.median / theirs.median : undefined,
    ),
  ];
}

const ratio = (mine: number | null, theirs: number | null) => (mine === null || theirs === null ? null : mine / theirs);
const sum = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b);

/** Returns null if a value is missing. */
function spreadOf(values: readonly (number | null)[]): Spread | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 || present.length < values.length ? null : spread(present);
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return {
    median: ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}
