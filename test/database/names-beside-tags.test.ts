// Tags from before names were stored with them get the name of their object, ended tags included.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';

const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');
const NAMED = '20261123030000_names_beside_tags';
const id = (i: number) => `01900000-0000-7000-8000-00000000000${i}`;
/** The indexes by their definition without names: new ones have to equal the old ones. */
const INDEXES = `SELECT indexdef FROM pg_indexes WHERE tablename = 'secret_tags' AND indexname <> 'secret_tags_by_name' ORDER BY indexname`;

test('the migration gives each tag the name of its secret, and restores every index', async () => {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  try {
    const run = (name: string) => client.query(readFileSync(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
    const names = readdirSync(MIGRATIONS, { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? one.name : [],
    );
    for (const name of names.sort().filter((one) => one < NAMED)) await run(name);
    await client.query(`
      INSERT INTO secrets (id, name, current_version, created_at, updated_at, deleted_at) VALUES
        ('${id(1)}', 'live', 1, now(), now(), NULL), ('${id(2)}', 'deleted', 1, now(), now(), now());
      INSERT INTO secret_tags (id, secret_id, tag, valid_from, valid_to) VALUES
        ('${id(3)}', '${id(1)}', 'a:b', now(), NULL), ('${id(4)}', '${id(1)}', 'c:d', now(), now()), ('${id(5)}', '${id(2)}', 'a:b', now(), NULL)`);
    const { rows: before } = await client.query(INDEXES);
    await run(NAMED);
    expect((await client.query('SELECT id, name FROM secret_tags ORDER BY id')).rows).toEqual([
      { id: id(3), name: 'live' },
      { id: id(4), name: 'live' },
      { id: id(5), name: 'deleted' },
    ]);
    expect(before.length).toBeGreaterThan(5);
    expect((await client.query(INDEXES)).rows).toEqual(before);
  } finally {
    await client.end();
    await fresh.drop();
  }
});
