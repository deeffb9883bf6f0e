// If a different version of the gateway created or updated a database, the gateway refuses the database and does not
// change it.
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { migrations, OtherSchemaVersion, schemaVersion } from '../../src/database/schema-version.ts';
import { freshDatabase } from '../support/database.ts';

const GROUND = '0001_ground';
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let client: pg.Client;
const run = async (text: string) => (await client.query(text)).rows;
/** Records a migration as applied, as Prisma does. */
const apply = (name: string) =>
  run(`INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
    VALUES (gen_random_uuid(), repeat('a', 64), now(), '${name}', 1)`);

/** Returns everything in the database that a start could change: tables, columns, indexes, functions and all rows. */
async function content(): Promise<unknown> {
  const tables = await run(
    `SELECT oid, relname AS name, relkind AS kind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid`,
  );
  const rows: unknown[] = [];
  for (const { name, kind } of tables)
    if (kind === 'r') rows.push(await run(`SELECT to_json(t)::text AS row FROM "${name}" t ORDER BY 1`));
  const columns = await run(
    `SELECT attrelid, attname, atttypid, attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY attrelid, attnum`,
  );
  const functions = await run(
    `SELECT oid, md5(prosrc) AS source FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY oid`,
  );
  return { tables, columns, functions, rows };
}

/** Migrates the database. The test expects an error that names the migration, and an unchanged database. */
async function refused(name: string): Promise<string> {
  const before = await content();
  const error = await migrate(fresh.url).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(OtherSchemaVersion);
  expect(error.message).toContain(name);
  expect(await content()).toEqual(before);
  return error.message;
}

beforeEach(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await fresh.drop();
});

describe('a database that a different gateway version created or updated', () => {
  test('the gateway refuses a database with the migrations of an earlier gateway version, and does not change the database', async () => {
    await run(`CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
      migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
      applied_steps_count INTEGER NOT NULL DEFAULT 0)`);
    await run(`CREATE TABLE users (id UUID PRIMARY KEY, username TEXT NOT NULL)`);
    await run(`INSERT INTO users VALUES (gen_random_uuid(), 'ann')`);
    await apply('20261122000000_ground');
    await apply('20261130210000_who_gave');
    expect(await refused('20261130210000_who_gave')).toContain('to an empty database');
  });

  test('the gateway refuses a database that a newer gateway version updated, and does not change the database', async () => {
    await migrate(fresh.url);
    await run('ALTER TABLE users ADD COLUMN later TEXT');
    await apply('20990101000000_later');
    expect(await refused('20990101000000_later')).toContain('Start the newer version');
  });

  test('the gateway refuses a database whose first migration contained different statements, and does not change the database', async () => {
    await migrate(fresh.url);
    await run(`UPDATE _prisma_migrations SET checksum = repeat('a', 64)`);
    await refused(GROUND);
    await apply('20990101000000_later');
    await refused(GROUND);
  });

  test('the gateway ignores a migration of a different gateway version that was rolled back or never finished', async () => {
    await migrate(fresh.url);
    await apply('20990101000000_later');
    await run(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name LIKE '2099%'`);
    await apply('20990102000000_later');
    await run(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '20990102%'`);
    const before = await content();
    await migrate(fresh.url);
    expect(await content()).toEqual(before);
  });
});

describe('a database that this gateway version created', () => {
  const version = () => schemaVersion(async (text) => (await client.query(text)).rows);

  test('the gateway reports a database as empty before the first migration and as current after it, and a second migration changes nothing', async () => {
    expect(await version()).toBe('empty');
    await migrate(fresh.url);
    expect(await version()).toBe('current');
    expect(migrations().map(({ name }) => name)).toContain(GROUND);
    const before = await content();
    await migrate(fresh.url);
    expect(await content()).toEqual(before);
  });

  test('the database rejects a user or a group without a name key, and a lookup by name uses an index', async () => {
    await migrate(fresh.url);
    for (const table of [
      'users (id, username, name, created_at) VALUES (gen_random_uuid(), $1, $1, now())',
      'groups (id, name, created_at) VALUES (gen_random_uuid(), $1, now())',
    ])
      await expect(client.query(`INSERT INTO ${table}`, ['new'])).rejects.toMatchObject({ code: '23502' });
    await run('SET enable_seqscan = off');
    for (const table of ['users', 'groups']) {
      const { rows } = await client.query(
        `EXPLAIN SELECT id FROM ${table} WHERE name_key = ANY($1::text[]) AND deleted_at IS NULL`,
        [['a', 'b']],
      );
      expect(JSON.stringify(rows)).toContain(`${table}_key_live`);
    }
  });
});

describe('the lock for migrations', () => {
  const LOCK = 5_318_008;

  test('a start that waits for the lock prints which connection holds the lock, and migrates after the lock is free', async () => {
    await run(`SET application_name = 'left behind'`);
    await run(`SELECT pg_advisory_lock(${LOCK})`);
    const [{ pid }] = await run('SELECT pg_backend_pid() AS pid');
    const printed: string[] = [];
    const migrated = migrate(fresh.url, (line) => void printed.push(line));
    await expect.poll(() => printed).toHaveLength(1);
    expect(printed[0]).toContain(`process ${pid} of the database server`);
    expect(printed[0]).toContain('left behind');
    expect(await content()).toMatchObject({ tables: [] });
    await run(`SELECT pg_advisory_unlock(${LOCK})`);
    await migrated;
    expect(printed).toHaveLength(1);
  });

  test('gateways that start at the same time migrate once, and leave no lock behind', async () => {
    await Promise.all([migrate(fresh.url), migrate(fresh.url), migrate(fresh.url)]);
    const applied = await run('SELECT migration_name FROM _prisma_migrations');
    expect(applied).toHaveLength(migrations().length);
    expect(await run(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${LOCK}`)).toEqual([]);
  });
});
