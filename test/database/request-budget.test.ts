// The database stops answering while the gateway runs. Each request must end within its budget, and must not leave
// a change behind that is only half made.
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Client } from '../support/app.ts';
import { freshDatabase } from '../support/database.ts';
import { until } from '../support/gateway-process.ts';
import { type Network, networkTo } from '../support/network.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let fresh: { url: string; drop: () => Promise<void> };
let network: Network;
let w: World;
let server: pg.Client;
let ann: SomeUser;
let app: SomeApplication;

/** In seconds. A statement would wait six seconds for the silent database. */
const BUDGET = 1;
/** In milliseconds. The limit is far above the budget, because the machine may be busy, and below the timeouts of statements. */
const LIMIT_MS = 4_000;

beforeAll(async () => {
  fresh = await freshDatabase(inject('databaseUrl'));
  network = await networkTo(fresh.url);
  w = await world({ databaseUrl: network.url, requestTimeout: BUDGET });
  server = new pg.Client({ connectionString: fresh.url });
  await server.connect();
  ann = await w.user('ann', { roles: ['USER'] });
  app = await w.application('post');
  await w.secret('db', { tags: ['env:test'] });
});
afterAll(async () => {
  network.mend();
  await w.close();
  network.close();
  await server.end();
  await fresh.drop();
});

const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';
const REVEAL = 'query ($n: String!) { secret(name: $n) { value(reveal: true) } }';
const ROTATE = 'mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }';
const CREATE = 'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name } } }';
const VERIFY = 'mutation { verifyAuditLog { intact problem } }';
const USER = 'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }';

/** Waits until reads and writes succeed again. */
const back = () => until(async () => (await w.admin.askRevealing(REVEAL, { n: 'db' })).code === undefined);
const versionOf = async (name: string) =>
  (await w.admin.get(`{ secret(name: "${name}") { version } }`)).secret?.version;
const countEvents = async (action: string, outcome = 'DONE') =>
  Number(
    (await server.query('SELECT count(*) AS n FROM audit_events WHERE action = $1 AND outcome = $2', [action, outcome]))
      .rows[0].n,
  );

/** Sends the request, and returns the error code and the time until the answer. */
async function timed(send: () => Promise<string | undefined>): Promise<{ code: string | undefined; ms: number }> {
  const started = performance.now();
  const code = await send();
  return { code, ms: performance.now() - started };
}

const graphql = (who: Client, query: string, variables?: object) => async () =>
  (await who.ask(query, variables as Record<string, unknown>)).code;
const rest = (method: string, path: string, body?: string | object, token?: string) => async () => {
  const headers: Record<string, string> = typeof body === 'string' ? { 'content-type': 'text/plain' } : {};
  const { status, json } = await restClient(w.url, token).send(method, path, body, { headers, undocumented: true });
  return status === 503 ? 'UNAVAILABLE' : `${status} ${json?.code}`;
};

const REQUESTS: Record<string, () => () => Promise<string | undefined>> = {
  'GraphQL: sign-in by password': () => graphql(w.anonymous, SIGN_IN, { u: ann.name, p: ann.password }),
  'REST: sign-in by access key': () => rest('POST', '/token', { keyId: app.keyId, keySecret: app.keySecret }),
  'GraphQL: reveal': () => graphql(w.admin, REVEAL, { n: 'db' }),
  'REST: reveal': () => rest('GET', '/secrets/db', undefined, w.admin.token),
  'GraphQL: list': () => graphql(w.admin, '{ secrets { nodes { name } } }'),
  'REST: list': () => rest('POST', '/secrets', undefined, w.admin.token),
  'GraphQL: rotate': () => graphql(w.admin, ROTATE, { i: { name: 'db', value: sentinel() } }),
  'REST: put': () => rest('PUT', '/secrets/db', sentinel(), w.admin.token),
  'GraphQL: create': () => graphql(w.admin, CREATE, { i: { name: 'other', value: sentinel() } }),
  'GraphQL: create a user': () =>
    graphql(w.admin, USER, { i: { username: 'bob', name: 'Bob', password: sentinel('password'), roles: [] } }),
};

test('while the database is silent, each request ends with UNAVAILABLE within its budget, and changes nothing', async () => {
  const before = await versionOf('db');
  // The first round uses the idle connections. The second round opens new connections.
  for (const _ of [1, 2]) {
    network.swallow();
    const ended = await Promise.all(
      Object.entries(REQUESTS).map(async ([name, request]) => ({ name, ...(await timed(request())) })),
    );
    expect(ended.filter(({ code }) => code !== 'UNAVAILABLE')).toEqual([]);
    expect(ended.filter(({ ms }) => ms > LIMIT_MS)).toEqual([]);
  }
  network.mend();
  await back();
  expect(await versionOf('db')).toBe(before);
  expect(await versionOf('other')).toBeUndefined();
  expect((await w.admin.get(VERIFY)).verifyAuditLog).toEqual({ intact: true, problem: null });
}, 60_000);

test('if the budget of a request ends while its transaction waits for a lock, the transaction is rolled back, even if the lock becomes free later', async () => {
  await server.query('BEGIN');
  await server.query('LOCK TABLE users IN EXCLUSIVE MODE');
  const { code } = await timed(REQUESTS['GraphQL: create a user']!());
  expect(code).toBe('UNAVAILABLE');
  await server.query('COMMIT');
  // The transaction of the request has ended when its locks are free.
  await server.query('BEGIN');
  await server.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  await server.query('COMMIT');
  expect((await server.query(`SELECT FROM users WHERE username = 'bob'`)).rows).toEqual([]);
}, 30_000);

test('a change that waits for its turn when its budget ends is never sent', async () => {
  await w.secret('waiting');
  const [version, rotations] = [await versionOf('waiting'), await countEvents('SECRET_ROTATE')];
  await server.query('BEGIN');
  await server.query('LOCK TABLE audit_streams IN EXCLUSIVE MODE');
  // The statement of the reveal waits for the lock. The rotation waits for the statement of the reveal.
  const revealing = graphql(w.admin, REVEAL, { n: 'db' })();
  await until(async () => {
    const { rows } = await server.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'audit_streams'::regclass`,
    );
    return rows.length > 0;
  });
  const rotating = graphql(w.admin, ROTATE, { i: { name: 'waiting', value: sentinel() } })();
  expect(await revealing).toBe('UNAVAILABLE');
  expect(await rotating).toBe('UNAVAILABLE');
  await server.query('COMMIT');
  await back();
  await w.stream.drained();
  expect(await versionOf('waiting')).toBe(version);
  expect(await countEvents('SECRET_ROTATE')).toBe(rotations);
}, 30_000);
