import type { Sql } from '../../src/database/client.ts';
import { databaseCpu, usedBetween } from './database-cpu.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Measurement } from './measurements.ts';
import type { ServerProcess } from './server-process.ts';

/** The result of one measurement in one round. */
export interface Stint {
  requests: number;
  requestsPerSecond: number;
  /** Latencies in milliseconds. */
  p50: number;
  p99: number;
  /** CPU of the server process per request, without the database. */
  cpuMicroseconds: number;
  /** CPU of the database processes per request. Null where the operating system does not report it. */
  databaseMicroseconds: number | null;
  /** SQL statements per request. */
  statements: number;
}

export interface Contest {
  database: Sql;
  generator: LoadGenerator;
  servers: Readonly<Record<Measurement['server'], ServerProcess>>;
}

/** @throws Error if a request got an unexpected answer, because the measurement is then invalid */
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
    throw new Error(`${title}: ${failed} of ${requests} requests failed or got an unexpected answer`);
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

/** The number of SQL statements of the process since its start. Reads the metric of the process if the process reports no number to the bench. */
async function statementsOf({ url, usage }: ServerProcess): Promise<number> {
  const { statements } = await usage();
  if (statements !== undefined) return statements;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^database_statements_total (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('The metrics of the gateway lack database_statements_total');
  return Number(found);
}
