// Tests the first start on an external database: by one gateway, by several gateways at once, after a failed start,
// and with a different keyring.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  cleanUp,
  createSecret,
  endAll,
  passwordIn,
  reveal,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
} from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';

const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');
const drops: (() => Promise<void>)[] = [];

afterEach(endAll);
afterAll(async () => {
  await cleanUp();
  for (const drop of drops) await drop();
});

/** Creates an empty database, a data directory and a password for the gateway. */
async function ground() {
  const { url, drop } = await freshDatabase(inject('databaseUrl'), { migrated: false });
  drops.push(drop);
  const dataDir = join(await temporaryDir(), 'data');
  const password = sentinel('password');
  return { dataDir, password, url, settings: { DATABASE_URL: url, DATA_DIR: dataDir, ADMIN_PASSWORD: password } };
}

async function sql<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Returns 32 random bytes in base64. */
function key(): string {
  const text = randomBytes(32).toString('base64');
  remember(text);
  return text;
}

test('the first start does not wait for the lock of Prisma, which a pooler in transaction mode can leave behind', async () => {
  const { url, settings } = await ground();
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(72707369)');
  const gateway = startGateway(settings);
  await gateway.ready();
  expect(await gateway.end('SIGTERM')).toBe(0);
  await holder.end();
});

/** Starts a gateway, runs `work` as the administrator, and then stops the gateway. */
async function once(settings: Settings, password: string, work: (url: string) => Promise<void> = async () => {}) {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  await signedIn(url, password);
  await work(url);
  expect(await gateway.end('SIGTERM')).toBe(0);
  return gateway;
}

test('if DATABASE_URL is set, the gateway migrates and uses this database instead of an embedded PostgreSQL', async () => {
  const { settings, dataDir, password, url } = await ground();
  const gateway = await once(settings, password, async (at) =>
    createSecret(await signedIn(at, password), 'db', sentinel()),
  );
  expect(passwordIn(gateway.printed()), 'it was given').toBeUndefined();
  expect(await readdir(dataDir)).toEqual(['keyring.json']);
  expect(await sql(url, 'SELECT name FROM secrets')).toEqual([{ name: 'db' }]);
});

test('the migrations table contains the columns and values that Prisma writes', async () => {
  const { settings, password, url } = await ground();
  await once(settings, password);
  const rows = await sql(url, 'SELECT * FROM _prisma_migrations ORDER BY migration_name');
  const names = readdirSync(MIGRATIONS, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  );
  expect(rows).toEqual(
    names.sort().map((name) => ({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum: createHash('sha256')
        .update(readFileSync(join(MIGRATIONS, name, 'migration.sql')))
        .digest('hex'),
      migration_name: name,
      logs: null,
      started_at: expect.any(Date),
      finished_at: expect.any(Date),
      rolled_back_at: null,
      applied_steps_count: 1,
    })),
  );
});

test('if two gateways start at once on an empty database, exactly one of them creates the administrator and the signing key', async () => {
  const { url, password } = await ground();
  const KEYRING = key();
  const gateways = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const settings = {
        DATABASE_URL: url,
        KEYRING,
        DATA_DIR: join(await temporaryDir(), name),
        ADMIN_PASSWORD: password,
      };
      return startGateway(settings);
    }),
  );
  const urls = await Promise.all(gateways.map((gateway) => gateway.ready()));
  expect(
    await sql(
      url,
      `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM signing_keys) AS keys`,
    ),
  ).toEqual([{ users: 1, keys: 1 }]);
  const value = sentinel();
  const [here = '', there = ''] = urls;
  await createSecret(await signedIn(here, password), 'db', value);
  expect(await reveal(await signedIn(there, password), 'db')).toBe(value);
  for (const gateway of gateways) expect(await gateway.end('SIGTERM')).toBe(0);
});

test('if a process is killed during a migration, the next start completes the migration', async () => {
  const { settings, password, url } = await ground();
  await once(settings, password);
  // The state after a process died while it recorded the start of a migration. The migration script did not run, or
  // PostgreSQL rolled its changes back.
  const [last] = await sql<{ migration_name: string; checksum: string }>(
    url,
    'SELECT migration_name, checksum FROM _prisma_migrations ORDER BY migration_name DESC LIMIT 1',
  );
  await sql(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await sql(
    url,
    `CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
       migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
       applied_steps_count INTEGER NOT NULL DEFAULT 0);
     INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES (gen_random_uuid(), '${last?.checksum}', '${last?.migration_name}')`,
  );
  await once(settings, password);
  const rows = await sql(
    url,
    'SELECT finished_at IS NOT NULL AS done, rolled_back_at IS NOT NULL AS undone FROM _prisma_migrations',
  );
  expect(rows).toContainEqual({ done: false, undone: true });
  expect(rows.filter(({ done }) => done)).toHaveLength(readdirSync(MIGRATIONS).length - 1);
});

const stateOf = (url: string) =>
  sql(
    url,
    'SELECT (SELECT json_agg(m) FROM _prisma_migrations m) AS migrations, (SELECT count(*) FROM audit_events) AS events',
  );

test('a gateway and its commands refuse a database of an earlier gateway version, explain the refusal, and change nothing', async () => {
  const { settings, password, url } = await ground();
  await once(settings, password);
  await sql(url, `UPDATE _prisma_migrations SET migration_name = '20261122000000_ground'`);
  const before = await stateOf(url);
  const gateway = startGateway({ ...settings, WORKERS: '2' });
  expect(await gateway.end()).toBe(1);
  const problem = 'Another version of the gateway created the tables of this database: migration 20261122000000_ground';
  expect(gateway.said()).toContain(problem);
  const { code, said } = await command(['audit', 'verify'], settings);
  expect([code, said]).toEqual([1, expect.stringContaining(problem)]);
  expect(await stateOf(url)).toEqual(before);
});

test('a gateway and its commands refuse a database that a newer gateway version updated, explain the refusal, and change nothing', async () => {
  const { settings, password, url } = await ground();
  await once(settings, password);
  await sql(
    url,
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES (gen_random_uuid(), '', now(), '20990101000000_later')`,
  );
  const before = await stateOf(url);
  const gateway = startGateway(settings);
  expect(await gateway.end()).toBe(1);
  const problem = 'A newer version of the gateway updated this database: migration 20990101000000_later';
  expect(gateway.said()).toContain(problem);
  const { code, said } = await command(['signing-keys', 'list'], settings);
  expect([code, said]).toEqual([1, expect.stringContaining(problem)]);
  expect(await stateOf(url)).toEqual(before);
});

test('if a gateway lacks the keyring that encrypted the stored values, it does not start and creates no new keyring', async () => {
  const { settings, dataDir, password } = await ground();
  const value = sentinel();
  await once(settings, password, async (at) => createSecret(await signedIn(at, password), 'db', value));
  const file = join(dataDir, 'keyring.json');
  await rename(file, `${file}.away`);

  const without = startGateway(settings);
  expect(await without.end()).toBe(1);
  expect(without.said()).toContain(`The keyring ${file} does not exist`);
  expect(existsSync(file)).toBe(false);

  const wrong = startGateway({ ...settings, KEYRING: key() });
  expect(await wrong.end()).toBe(1);
  expect(wrong.said()).toContain('KEYRING has none of the encryption keys of this database');

  await rename(`${file}.away`, file);
  await once(settings, password, async (at) => expect(await reveal(await signedIn(at, password), 'db')).toBe(value));
});

test('if the database is unreachable, the gateway reports an understandable message without the database password', async () => {
  const { settings } = await ground();
  const secret = sentinel('password');
  const gateway = startGateway({ ...settings, DATABASE_URL: `postgresql://gateway:${secret}@localhost:1/secrets` });
  expect(await gateway.end()).toBe(1);
  expect(gateway.said()).toMatch(/^No connection to the database: .*ECONNREFUSED/);
});
