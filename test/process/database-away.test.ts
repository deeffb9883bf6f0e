import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { isAlive } from '../../src/database/data-dir.ts';
import { runningEmbedded } from '../../src/database/embedded.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  caller,
  cleanUp,
  createSecret,
  endAll,
  type GatewayProcess,
  REVEAL,
  ROTATE,
  reveal,
  serverOf,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { type Network, networkTo } from '../support/network.ts';
import { sentinel } from '../support/sentinel.ts';

const password = sentinel('password');
const value = sentinel();
const CREATE = 'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name } } }';
const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';

/** Sends every kind of request that needs the database. Every request must fail with UNAVAILABLE. */
async function expectAway(url: string, admin: Caller): Promise<void> {
  const asked = [
    admin.ask(REVEAL, { n: 'db' }),
    admin.ask('{ secrets { nodes { name } } }'),
    admin.ask(CREATE, { i: { name: 'made_meanwhile', value: sentinel() } }),
    admin.ask(ROTATE, { i: { name: 'db', value: sentinel() } }),
    caller(url).ask(SIGN_IN, { u: 'admin', p: password }),
  ];
  for (const { data, errors, text } of await Promise.all(asked)) {
    expect(errors.map((error) => error.extensions.code)).toEqual(['UNAVAILABLE']);
    expect(Object.values(data ?? {}).every((field) => field === null)).toBe(true);
    expect(text).not.toContain(value);
  }
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ ok: false, reason: expect.any(String) });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}

async function expectBack(url: string, admin: Caller): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
  await until(async () => (await admin.ask(REVEAL, { n: 'db' })).errors.length === 0);
  expect(await reveal(admin, 'db')).toBe(value);
  expect(await admin.get('{ secret(name: "db") { version } }')).toEqual({ secret: { version: 1 } });
  expect(await admin.get('{ secret(name: "made_meanwhile") { name } }')).toEqual({ secret: null });
  await signedIn(url, password);
}

describe('an outage of an external database', () => {
  let fresh: { url: string; drop: () => Promise<void> };
  let network: Network;
  let server: pg.Client;
  let gateway: GatewayProcess;
  let url: string;
  let admin: Caller;
  const role = `plain_${process.pid}_${Date.now()}`;

  beforeAll(async () => {
    fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
    server = new pg.Client({ connectionString: fresh.url });
    await server.connect();
    // A database account without special privileges. The gateway only needs to own its database.
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'`);
    await server.query(`ALTER DATABASE ${new URL(fresh.url).pathname.slice(1)} OWNER TO ${role}`);
    network = await networkTo(Object.assign(new URL(fresh.url), { username: role, password: 'plain' }).href);
    gateway = startGateway({
      DATABASE_URL: network.url,
      DATA_DIR: join(await temporaryDir(), 'data'),
      ADMIN_PASSWORD: password,
    });
    url = await gateway.ready();
    admin = await signedIn(url, password);
    await createSecret(admin, 'db', value);
  });
  afterAll(async () => {
    expect(await gateway.end('SIGTERM')).toBe(0);
    await cleanUp();
    network.close();
    await server.end();
    await fresh.drop();
  });

  test('while database connections are interrupted, requests fail with UNAVAILABLE, and afterwards they succeed again', async () => {
    network.cut();
    await expectAway(url, admin);
    await expectAway(url, admin);
    network.mend();
    await expectBack(url, admin);
  });

  test('while the network drops all packets of the database, requests fail with UNAVAILABLE, and afterwards they succeed again', async () => {
    // At this time, all database connections are open and idle.
    await Promise.all(Array.from({ length: 10 }, () => reveal(admin, 'db')));
    network.swallow();
    await expectAway(url, admin);
    await expectAway(url, admin);
    network.mend();
    await expectBack(url, admin);
  });

  test('while the database has no free connection, requests fail with UNAVAILABLE, and afterwards they succeed again', async () => {
    await server.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
    await until(async () => (await fetch(`${url}/readyz`)).status === 503);
    await expectAway(url, admin);
    await server.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await expectBack(url, admin);
  });

  test('if the gateway cannot write to the audit log, it reveals no value and makes no change', async () => {
    await server.query(`
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON audit_events EXECUTE FUNCTION full_disk()`);
    for (const asked of [admin.ask(REVEAL, { n: 'db' }), admin.ask(ROTATE, { i: { name: 'db', value: sentinel() } })]) {
      const { errors, text } = await asked;
      expect(errors.map((error) => error.extensions.code)).toEqual(['UNAVAILABLE']);
      expect(text).not.toContain(value);
    }
    await server.query('DROP FUNCTION full_disk CASCADE');
    await expectBack(url, admin);
  });

  test('a gateway can stop even if its database does not respond', async () => {
    const other = startGateway({
      DATABASE_URL: network.url,
      DATA_DIR: join(await temporaryDir(), 'data'),
      KEYRING_FILE: keyringOf(gateway),
    });
    await signedIn(await other.ready(), password);
    network.swallow();
    expect(await other.end('SIGTERM')).toBe(0);
    network.cut();
    network.mend();
    await expectBack(url, admin);
  });

  test('the log contains the reasons why the database was unavailable', () => {
    expect(gateway.said()).toContain('No connection to the database: ');
    expect(gateway.said()).toContain('too many connections for role');
  });
});

describe('failures of the embedded PostgreSQL', () => {
  afterEach(endAll);
  afterAll(cleanUp);

  test('if the embedded PostgreSQL is killed, the gateway starts it again on the same port, and requests succeed again', async () => {
    const dataDir = join(await temporaryDir(), 'data');
    const gateway = startGateway({ DATA_DIR: dataDir, ADMIN_PASSWORD: password });
    const url = await gateway.ready();
    const admin = await signedIn(url, password);
    await createSecret(admin, 'db', value);
    const databaseUrl = runningEmbedded(dataDir);

    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const server = await serverOf(dataDir);
      if (server === undefined) expect.unreachable();
      process.kill(server, signal);
      await until(async () => {
        const now = await serverOf(dataDir);
        return now !== undefined && now !== server;
      });
      await expectBack(url, admin);
      expect(runningEmbedded(dataDir)).toBe(databaseUrl);
    }
    expect(gateway.said().match(/Restarting PostgreSQL/g)).toHaveLength(2);

    const server = await serverOf(dataDir);
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(isAlive(server ?? 0)).toBe(false);
  });

  test('if the embedded PostgreSQL is killed while the gateway stops, the gateway does not start it again', async () => {
    const dataDir = join(await temporaryDir(), 'data');
    const gateway = startGateway({ DATA_DIR: dataDir, ADMIN_PASSWORD: password });
    await gateway.ready();
    const server = await serverOf(dataDir);
    process.kill(server ?? 0, 'SIGKILL');
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(await serverOf(dataDir)).toBeUndefined();
  });
});

/** The path of the keyring file in the gateway's output. */
function keyringOf(gateway: GatewayProcess): string {
  return /keyring (\S+)\. Keep/.exec(gateway.printed())?.[1] ?? '';
}
