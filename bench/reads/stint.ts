import type { Sql } from '../../src/database/client.ts';
import { databaseCpu, usedBetween } from './database-cpu.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Measurement } from './measurements.ts';
import type { ServerProcess } from './server-process.ts';

/** What one measurement came to in one round. */
export interface Stint {
  requests: number;
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Of CPU of the server's process, for each request. Not the database's. */
  cpuMicroseconds: number;
  /** Of CPU of the database's processes, for each request. Null where the system does not tell. */
  databaseMicroseconds: number | null;
  /** For each request. */
  statements: number;
}

export interface Contest {
  database: Sql;
  generator: LoadGenerator;
  servers: Readonly<Record<Measurement['server'], ServerProcess>>;
}

/** @throws Error if a request was not answered as it should be: then nothing was measured */
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
    throw new Error(`${title}: ${failed} of ${requests} requests were not answered as expected`);
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

/** Statements sent since the process began: what it counted for the bench, else its metric. */
async function statementsOf({ url, usage }: ServerProcess): Promise<number> {
  const { statements } = await usage();
  if (statements !== undefined) return statements;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = /^database_statements_total (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) throw new Error('The gateway does not tell how many statements it sent');
  return Number(found);
}
