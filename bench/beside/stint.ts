import type { Load } from './load.ts';
import type { LoadGenerator } from './load-generator.ts';
import { processCpu, processMemory, treeCpu, treeMemory } from './process-tree.ts';

/** A server that receives load, with the PostgreSQL that it uses. */
export interface Contestant {
  name: ContestantName;
  /** The id of the server process. */
  pid: number;
  url: string;
  /** The id of PostgreSQL's first process. OpenBao uses no PostgreSQL. */
  postgres?: number | undefined;
  /** True if the metrics of the server count SQL statements. */
  countsStatements?: true;
  loads: Readonly<Record<string, Load>>;
  /** The memory after the start of the server, before the first load. */
  atRest: Memory;
}

/** The contestant `other` is a gateway with other source code or with another world. */
export type ContestantName = 'gateway' | 'other' | 'openbao' | 'floor';

/** The result of one measurement in one round. A figure is null if it does not apply, or if the operating system does not report it. */
export interface Stint {
  requestsPerSecond: number;
  /** The latencies of the requests, in milliseconds. */
  p50: number;
  p99: number;
  /** The CPU time of the server process for each request, in microseconds. */
  server: number | null;
  /** The CPU time of PostgreSQL for each request, in microseconds. */
  postgres: number | null;
  /** The number of SQL statements for each request. */
  statements: number | null;
  /** The CPU use of the load generator, in cores. */
  generator: number | null;
  memory: Memory;
}

/** The memory of a contestant, in MiB. */
export interface Memory {
  server: number | null;
  postgres: number | null;
}

/** @throws Error if a request received an unexpected answer, because an unexpected answer makes the measurement invalid */
export async function stint(
  generator: LoadGenerator,
  contestant: Contestant,
  run: { load: number; connections: number; seconds: number },
): Promise<Stint> {
  const { pid, postgres } = contestant;
  const used = async () => ({
    server: processCpu(pid),
    postgres: postgres === undefined ? undefined : treeCpu(postgres),
    generator: processCpu(generator.pid),
    statements: await statementsOf(contestant),
    at: performance.now(),
  });
  const before = await used();
  const { requests, ...figures } = await generator.run(run);
  const after = await used();
  const each = (what: 'server' | 'postgres' | 'generator' | 'statements', by = requests) => {
    const [from, to] = [before[what], after[what]];
    return from === undefined || to === undefined ? null : (to - from) / by;
  };
  return {
    ...figures,
    server: each('server'),
    postgres: each('postgres'),
    statements: each('statements'),
    generator: each('generator', (after.at - before.at) * 1_000),
    memory: memoryOf(contestant),
  };
}

export function memoryOf({ pid, postgres }: Pick<Contestant, 'pid' | 'postgres'>): Memory {
  const mebibytes = (bytes: number | undefined) => (bytes === undefined ? null : bytes / 2 ** 20);
  return {
    server: mebibytes(processMemory(pid)),
    postgres: postgres === undefined ? null : mebibytes(treeMemory(postgres)),
  };
}

/** Returns the number of SQL statements that the gateway sent since its start. */
async function statementsOf({ url, countsStatements }: Contestant): Promise<number | undefined> {
  if (!countsStatements) return undefined;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^database_statements_total (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('The metrics of the gateway lack database_statements_total');
  return Number(found);
}
