// A PostgreSQL server whose processes are suspended: the server accepts connections, and never answers.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/database/embedded.ts';
import {
  caller,
  cleanUp,
  createSecret,
  endAll,
  REVEAL,
  ROTATE,
  serverOf,
  temporaryDir,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad, tokenOf } from './load.ts';
import { recordOutcome } from './outcome.ts';
import { cleanUpPrograms, resume, suspend } from './program-process.ts';

/** The default of REQUEST_TIMEOUT, and the time that an answer needs afterwards. */
const BUDGET_MS = 5_000 + 1_000;
/** A request that takes longer ends the measurement, so that the test cannot hang. */
const LIMIT_MS = 30_000;
const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';

let server: Embedded | undefined;
afterAll(async () => {
  await cleanUpPrograms();
  await endAll();
  await server?.stop();
  await cleanUp();
});

test('while the database is silent, each request ends within its budget, and afterwards the gateway serves again', async () => {
  const dataDir = await temporaryDir();
  server = await startEmbedded({ dataDir });
  const cluster = await clusterAt(server.url);
  const { gateway, url, admin } = await startIn(cluster);
  await createSecret(admin, 'db', sentinel());
  const token = await tokenOf(url, cluster.password);
  const load = await startLoad(url, cluster.password);
  await load.succeed(500);
  const asked: Record<string, () => Promise<unknown>> = {
    'sign-in': () => caller(url).ask(SIGN_IN, { u: 'admin', p: cluster.password }),
    'reveal by GraphQL': () => admin.ask(REVEAL, { n: 'db' }),
    'reveal by REST': () => fetch(`${url}/api/secrets/db`, { headers: { 'x-authorization': token } }),
    'rotation by GraphQL': () => admin.ask(ROTATE, { i: { name: 'db', value: sentinel() } }),
    'list by GraphQL': () => admin.ask('{ secrets { nodes { name } } }'),
    'list by REST': () => fetch(`${url}/api/secrets`, { headers: { 'x-authorization': token } }),
    'tag by GraphQL': () =>
      admin.ask('mutation { tagSecret(input: { name: "db", tags: [{ key: "env", value: "prod" }] }) { __typename } }'),
  };
  const pids = await processesOf((await serverOf(dataDir))!);
  suspend(pids);
  const times: Record<string, number> = {};
  await Promise.all(
    Object.entries(asked).map(async ([name, ask]) => {
      const began = performance.now();
      await Promise.race([ask(), sleep(LIMIT_MS)]);
      times[name] = Math.round(performance.now() - began);
    }),
  );
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  resume(pids);
  const resumed = await load.resumed(30);
  await load.succeed(300);
  await load.stop();
  const losses = await lossesOf([load], admin, server.url);
  await expectIntactLog(admin);
  const slowest = Math.max(...Object.values(times), load.slowest);
  recordOutcome({
    scenario: 'silent database',
    ...figuresOf([load], losses),
    resumed,
    note: `slowest request ${(slowest / 1_000).toFixed(1)} s`,
  });
  expect(losses).toEqual({ lost: [], unaudited: [] });
  expect(Object.entries(times).filter(([, ms]) => ms > BUDGET_MS)).toEqual([]);
  expect(load.slowest).toBeLessThan(BUDGET_MS);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

/** Returns the process id of a PostgreSQL server and of its child processes. */
async function processesOf(server: number): Promise<number[]> {
  const children = await readFile(`/proc/${server}/task/${server}/children`, 'utf8');
  return [server, ...children.trim().split(' ').filter(Boolean).map(Number)];
}
