import type { Sql } from '../../src/database/client.ts';
import { databaseCpu, usedBetween } from './database-cpu.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Measurement } from './measurements.ts';
import type { ServerProcess } from './server-process.ts';

/** The result of one measurement in one round. */
export interface Stint {
  requests: number;
  requestsPerSecond: number;
  /** The latencies of the requests, in milliseconds. */
  p50: number;
  p99: number;
  /** The CPU time of the server process for each request. The CPU time does not include the database. */
  cpuMicroseconds: number;
  /** The CPU time of the database processes for each request. The field is null if the operating system does not report the CPU time. */
  databaseMicroseconds: number | null;
  /** The number of SQL statements for each request. */
  statements: number;
}

export interface Contest {
  database: Sql;
  generator: LoadGenerator;
  servers: Readonly<Record<Measurement['server'], ServerProcess>>;
}

/** @throws Error if a request received an unexpected answer, because an unexpected answer makes the measurement invalid */
export async function stint(
  { database, generator, servers }: Contest,
  { title, server: name }: Measurement,
  run: { load: number; connections: number; seconds: number },
): Promise<Stint> {
  const server = servers[name];
  const statementsBefore = await statementsOf(server);
  const databaseBefore = await databaseCpu(database);
  const before = await server.usage();
  const { requests, failed, requestsPerSecond, p50, p99 } = await generator.run(run);
  const after = await server.usage();
  const databaseUsed = usedBetween(databaseBefore, await databaseCpu(database));
  const statementsAfter = await statementsOf(server);
  if (failed > 0 || requests === 0)
    throw new Error(`${title}: ${failed} of ${requests} requests failed or received an unexpected answer`);
  return {
    requests,
    requestsPerSecond,
    p50,
    p99,
    cpuMicroseconds: (after.microseconds - before.microseconds) / requests,
    databaseMicroseconds: databaseUsed === null ? null : databaseUsed / requests,
    statements: (statementsAfter - statementsBefore) / requests,
  };
}

/**
 * Returns the number of SQL statements that the process sent since its start. If the process reports no number to the benchmark, the function reads
 * the metrics of the process.
 */
async function statementsOf({ url, usage }: ServerProcess): Promise<number> {
  const { statements } = await usage();
  if (statements !== undefined) return statements;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^database_statements_total (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('The metrics of the gateway lack database_statements_total');
  return Number(found);
}
