// The tests kill the gateway during a batch of reveals or during a rotation. In one test, the gateway has read the
// secrets and has not sent the audit events. In the other tests, the gateway has sent the audit events and has not
// received the result of the commit.
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  cleanUp,
  createSecret,
  endAll,
  REVEAL,
  reveal,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const password = sentinel('password');
const value = sentinel();
const READERS = 12;

let settings: Settings;
let watcher: pg.Client;
let holder: pg.Client;
let drop: () => Promise<void>;
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: fresh.url, ADMIN_PASSWORD: password };
  [watcher, holder] = [0, 1].map(() => new pg.Client({ connectionString: fresh.url })) as [pg.Client, pg.Client];
  for (const client of [watcher, holder]) {
    client.on('error', () => {});
    await client.connect();
  }
});
afterEach(async () => {
  await endAll();
  await watcher.end();
  await holder.end();
  await drop();
});
afterAll(cleanUp);

const revealsRecorded = async () =>
  (await watcher.query(`SELECT count(*)::int AS n FROM audit_events WHERE action = 'SECRET_REVEAL'`)).rows[0]
    .n as number;

/** Returns the database connections of a gateway that wait for a lock of `holder`. */
const waiting = async () => {
  const { rows } = await holder.query('SELECT pg_backend_pid() AS pid');
  const blocked = await watcher.query(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'secrets-gateway' AND $1::int = ANY(pg_blocking_pids(pid))`,
    [rows[0].pid],
  );
  return blocked.rows.map(({ pid }) => pid as number);
};

/** The answers that many concurrent clients received. */
function readers(who: Caller): Promise<unknown[]> {
  const one = async () => (await who.ask(REVEAL, { n: 'db' }).catch(() => undefined))?.data?.secret?.value;
  return Promise.all(Array.from({ length: READERS }, one));
}

async function started() {
  const gateway = startGateway(settings);
  const admin = await signedIn(await gateway.ready(), password);
  return { gateway, admin };
}

/** A second gateway that starts after the first gateway was killed. */
async function goesOn(): Promise<void> {
  const { gateway, admin } = await started();
  expect(await reveal(admin, 'db')).toBe(value);
  const { verifyAuditLog } = await admin.get('mutation { verifyAuditLog { intact problem } }');
  expect(verifyAuditLog).toEqual({ intact: true, problem: null });
  expect(await gateway.end('SIGTERM')).toBe(0);
}

test('if a gateway is killed before it receives the result of a commit, the audit events remain recorded, and no client has received a value', async () => {
  const { gateway, admin } = await started();
  await createSecret(admin, 'db', value);
  expect(await reveal(admin, 'db')).toBe(value);
  const before = await revealsRecorded();

  // The statement has started, and waits for a lock on the row of the audit stream.
  await holder.query('BEGIN; SELECT 1 FROM audit_streams FOR UPDATE');
  const answers = readers(admin);
  await until(async () => (await waiting()).length === 1);
  const [backend] = await waiting();
  gateway.child.kill('SIGKILL');
  expect(await gateway.end()).toBe('SIGKILL');
  expect(await answers).toEqual(Array(READERS).fill(undefined));
  expect(await revealsRecorded()).toBe(before);
  await holder.query('COMMIT');

  // PostgreSQL completes the statement even after the gateway was killed.
  const gone = async () =>
    (await watcher.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [backend])).rowCount === 0;
  await until(gone);
  expect(await revealsRecorded()).toBeGreaterThan(before);
  await goesOn();
});

test('if a gateway is killed after reading secrets and before sending audit events, no audit event is recorded, and no client has received a value', async () => {
  const { gateway, admin } = await started();
  // The gateway has not cached the secret, so the reveals read the secret.
  await createSecret(admin, 'db', value);
  const before = await revealsRecorded();

  // The test suspends the process after it has sent the statement. The result can arrive, but the gateway does not
  // process the result.
  await holder.query('BEGIN; LOCK TABLE secret_versions IN ACCESS EXCLUSIVE MODE');
  const answers = readers(admin);
  await until(async () => (await waiting()).length > 0);
  const backends = await waiting();
  gateway.child.kill('SIGSTOP');
  await holder.query('COMMIT');
  await until(async () => {
    const { rows } = await watcher.query('SELECT state FROM pg_stat_activity WHERE pid = ANY($1::int[])', [backends]);
    return rows.length === backends.length && rows.every(({ state }) => state === 'idle');
  });
  gateway.child.kill('SIGKILL');
  expect(await gateway.end()).toBe('SIGKILL');
  expect(await answers).toEqual(Array(READERS).fill(undefined));
  expect(await revealsRecorded()).toBe(before);
  await goesOn();
});

test('if a gateway is killed before it receives the result of a rotation, the rotation and its audit event remain, and the next gateway continues', async () => {
  const { gateway, admin } = await started();
  const rotate = (to: string) =>
    admin.ask('mutation ($v: SecretValue!) { rotateSecret(input: { name: "db", value: $v }) { changed } }', { v: to });
  await createSecret(admin, 'db', sentinel());
  await rotate(sentinel());
  const rotations = async () =>
    (await watcher.query(`SELECT 1 FROM audit_events WHERE action = 'SECRET_ROTATE' AND value_hash IS NOT NULL`))
      .rowCount ?? 0;
  const before = await rotations();

  await holder.query('BEGIN; SELECT 1 FROM audit_streams FOR UPDATE');
  const answer = rotate(value).catch(() => undefined);
  await until(async () => (await waiting()).length === 1);
  gateway.child.kill('SIGKILL');
  expect(await gateway.end()).toBe('SIGKILL');
  expect(await answer).toBeUndefined();
  expect(await rotations()).toBe(before);
  await holder.query('COMMIT');
  await until(async () => (await rotations()) === before + 1);
  await goesOn();
});
