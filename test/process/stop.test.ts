import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { isAlive } from '../../src/database/data-dir.ts';
import { runningEmbedded } from '../../src/database/embedded.ts';
import {
  type Caller,
  cleanUp,
  createSecret,
  endAll,
  ROTATE,
  reveal,
  serverOf,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// All tests use one data directory with an embedded PostgreSQL. The data directory must be usable after each test.
let dataDir: string;
const password = sentinel('password');
const settings = () => ({ DATA_DIR: dataDir, ADMIN_PASSWORD: password });

beforeAll(async () => {
  dataDir = join(await temporaryDir(), 'data');
  const first = startGateway(settings());
  await first.ready();
  expect(await first.end('SIGTERM')).toBe(0);
});
afterEach(endAll);
afterAll(cleanUp);

test.each<[string, NodeJS.Signals, { shell?: boolean }]>([
  ['SIGTERM', 'SIGTERM', {}],
  ['SIGINT', 'SIGINT', {}],
  ['SIGTERM, started by a shell as npm does', 'SIGTERM', { shell: true }],
])(
  '%s stops the gateway cleanly, after the gateway has completed and answered all running requests',
  async (_, signal, options) => {
    const gateway = startGateway(settings(), options);
    const url = await gateway.ready();
    const admin = await signedIn(url, password);
    const server = await serverOf(dataDir);

    // The changes wait for the audit log, so that all of them are running when the signal arrives.
    const holder = new pg.Client({ connectionString: runningEmbedded(dataDir) });
    holder.on('error', () => {});
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE audit_events IN EXCLUSIVE MODE');
    const names = [1, 2, 3].map((n) => `group ${n} of ${gateway.child.pid}`);
    const asked = names.map((name) =>
      admin.get('mutation ($i: CreateGroupInput!) { createGroup(input: $i) { group { name } } }', { i: { name } }),
    );
    await until(async () => {
      // Only one change at a time writes to the audit log. All other changes wait for this change.
      await holder.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await holder.query(
        `SELECT state FROM pg_stat_activity WHERE application_name = 'secrets-gateway' AND xact_start IS NOT NULL
         AND (wait_event_type = 'Lock' OR state = 'idle in transaction')`,
      );
      return rows.length === names.length && rows.some(({ state }) => state === 'active');
    });
    const ended = gateway.end(signal);
    await until(() =>
      fetch(`${url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    await holder.query('COMMIT');
    expect((await Promise.all(asked)).map((data) => data.createGroup.group.name)).toEqual(names);
    await holder.end();

    expect(await ended).toBe(0);
    expect(isAlive(server ?? 0)).toBe(false);
    expect(await readdir(dataDir)).not.toContain('gateway.json');
    expect(gateway.said()).not.toMatch(/"level":[456]0/); // The log contains no warning and no error.

    const next = startGateway(settings());
    const again = await signedIn(await next.ready(), password);
    const { groups } = await again.get('{ groups(first: 50) { nodes { name } } }');
    expect(groups.nodes.map((group: { name: string }) => group.name)).toEqual(expect.arrayContaining(names));
    expect(await next.end('SIGTERM')).toBe(0);
  },
);

test('two simultaneous signals, as npm and the terminal send them, stop the gateway like a single signal', async () => {
  const gateway = startGateway(settings());
  await gateway.ready();
  gateway.child.kill('SIGINT');
  expect(await gateway.end('SIGINT')).toBe(0);
});

test('a signal during the start stops the gateway as soon as the gateway can stop cleanly', async () => {
  const gateway = startGateway(settings());
  await until(() => serverOf(dataDir).then((pid) => pid !== undefined));
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(await serverOf(dataDir)).toBeUndefined();
});

test('after kill -9 under load, the database contains every rotation that the gateway confirmed, and no PostgreSQL process remains', async () => {
  const gateway = startGateway(settings());
  const admin = await signedIn(await gateway.ready(), password);
  const server = await serverOf(dataDir);
  const writers = [1, 2, 3, 4].map((n) => ({ name: `rotated_${n}`, answered: new Map<number, string>() }));
  for (const { name } of writers) await createSecret(admin, name, sentinel());

  const total = () => writers.reduce((sum, { answered }) => sum + answered.size, 0);
  const load = writers.map(({ name, answered }) => rotateUntilItEnds(admin, name, answered));
  await until(() => total() >= 60);
  expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
  await Promise.all(load);
  await until(() => !isAlive(server ?? 0));

  const next = startGateway(settings());
  const again = await signedIn(await next.ready(), password);
  for (const { name, answered } of writers) {
    const { secret } = await again.get('query ($n: String!) { secret(name: $n) { version } }', { n: name });
    const last = Math.max(...answered.keys());
    // PostgreSQL may have committed one more rotation whose answer was lost.
    expect([last, last + 1]).toContain(secret.version);
    for (const [version, value] of answered) {
      if (version > secret.version - 20) expect(await reveal(again, name, version)).toBe(value);
    }
    const rotations = await again.get(
      '{ auditEvents(first: 200, filter: { secret: "NAME", actions: [SECRET_ROTATE] }) { nodes { version } } }'.replace(
        'NAME',
        name,
      ),
    );
    expect(rotations.auditEvents.nodes).toHaveLength(secret.version - 1);
  }
  expect(await next.end('SIGTERM')).toBe(0);
});

/** Rotates the secret repeatedly, and records all answers. */
async function rotateUntilItEnds(who: Caller, name: string, answered: Map<number, string>): Promise<void> {
  for (;;) {
    const value = sentinel();
    const answer = await who.ask(ROTATE, { i: { name, value } }).catch(() => undefined);
    if (answer === undefined) return;
    answered.set(answer.data.rotateSecret.secret.version, value);
  }
}

test('with DRAIN_SECONDS, a gateway that received SIGTERM still answers requests, closes their connections, and answers 503 to /readyz', async () => {
  const gateway = startGateway({ ...settings(), DRAIN_SECONDS: '20' });
  const url = await gateway.ready();
  const before = await fetch(`${url}/readyz`);
  expect([before.status, before.headers.get('connection')]).toEqual([200, 'keep-alive']);
  gateway.child.kill('SIGTERM');
  await until(async () => (await fetch(`${url}/readyz`)).status === 503);
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { ok: false, reason: 'the gateway is stopping' }]);
  const alive = await fetch(`${url}/healthz`);
  expect([alive.status, alive.headers.get('connection')]).toEqual([200, 'close']);
  await signedIn(url, password);
});

test('a gateway with DRAIN_SECONDS ends cleanly after this time', async () => {
  const gateway = startGateway({ ...settings(), DRAIN_SECONDS: '1' });
  await gateway.ready();
  expect(await gateway.end('SIGTERM')).toBe(0);
});
