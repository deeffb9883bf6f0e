import type { Measurement } from './measurements.ts';
import type { Stint } from './stint.ts';

/** The results of one measurement: the results of each round with all connections, and the result of one round with a single connection. */
export interface Measured extends Pick<Measurement, 'key' | 'title'> {
  rounds: readonly Stint[];
  alone: Stint;
}

/** The median, the minimum and the maximum of several figures. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export interface Result extends Pick<Measured, 'key' | 'title' | 'alone'> {
  requestsPerSecond: Spread;
  p50: Spread;
  p99: Spread;
  cpuMicroseconds: Spread;
  /** The CPU time of the database. The field is null if the operating system does not report the CPU time. */
  databaseMicroseconds: Spread | null;
  statements: Spread;
  /** The requests per second, relative to the bare server in the same round. */
  toBare: Spread;
  p99ToBare: Spread;
}

/** A goal of the benchmark, and the measured result. */
export interface Bar {
  title: string;
  /** The comparison operator and the limit of the goal. */
  bound: ['>=' | '<=', number];
  measured: number;
  met: boolean;
}

export const BARE = 'bare';

type Figure = Exclude<keyof Stint, 'databaseMicroseconds'>;

/** @throws Error if the bare server is missing */
export function resultsOf(all: readonly Measured[]): Result[] {
  const bare = all.find(({ key }) => key === BARE);
  if (bare === undefined)
    throw new Error('The results lack the bare server, so the gateway cannot be compared with the bare server');
  return all.map(({ key, title, rounds, alone }) => {
    const of = (what: Figure) => spread(rounds.map((round) => round[what]));
    const database = rounds.flatMap((round) => round.databaseMicroseconds ?? []);
    return {
      key,
      title,
      alone,
      requestsPerSecond: of('requestsPerSecond'),
      p50: of('p50'),
      p99: of('p99'),
      cpuMicroseconds: of('cpuMicroseconds'),
      databaseMicroseconds: database.length === rounds.length ? spread(database) : null,
      statements: of('statements'),
      toBare: against(rounds, bare.rounds, 'requestsPerSecond'),
      p99ToBare: against(rounds, bare.rounds, 'p99'),
    };
  });
}

/** Returns the goals for reads of the gateway. The result omits goals without a measurement. */
export function barsOf(all: readonly Measured[]): Bar[] {
  const results = new Map(resultsOf(all).map((result) => [result.key, result]));
  const rounds = new Map(all.map((one) => [one.key, one.rounds]));
  const bar = (title: string, bound: Bar['bound'], measured: number | undefined): Bar[] => {
    if (measured === undefined) return [];
    const met = bound[0] === '>=' ? measured >= bound[1] : measured <= bound[1];
    return [{ title, bound, measured, met }];
  };
  const [graphql, rest] = [results.get('graphql'), results.get('rest')];
  const [mine, theirs] = [rounds.get('graphql'), rounds.get('postgraphile')];
  const toPostgraphile = mine && theirs && against(mine, theirs, 'requestsPerSecond').median;
  return [
    ...bar('GraphQL against (a), throughput', ['>=', 1.2], graphql?.toBare.median),
    ...bar('REST against (a), throughput', ['>=', 2], rest?.toBare.median),
    ...bar('GraphQL against (b), throughput', ['>=', 5], toPostgraphile),
    ...bar('GraphQL against (a), p99', ['<=', 1.5], graphql?.p99ToBare.median),
    ...bar('REST against (a), p99', ['<=', 1.5], rest?.p99ToBare.median),
    ...bar('GraphQL, statements a read', ['<=', 0.2], graphql?.statements.median),
    ...bar('REST, statements a read', ['<=', 0.2], rest?.statements.median),
    ...bar('GraphQL, statements of a read alone', ['<=', 3], graphql?.alone.statements),
    ...bar('REST, statements of a read alone', ['<=', 3], rest?.alone.statements),
  ];
}

/** Returns the ratios of figures from the same round, so that unrelated load on the machine affects both figures. */
function against(mine: readonly Stint[], theirs: readonly Stint[], what: Figure): Spread {
  return spread(mine.map((round, i) => round[what] / (theirs[i]?.[what] ?? Number.NaN)));
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
