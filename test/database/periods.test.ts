// What was there before periods were kept gets those that are known.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';

const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');
const OURS = '20261122190000_access_entries';
const id = (i: number) => `01900000-0000-7000-8000-00000000000${i}`;
const day = (i: number) => `2026-01-0${i}T00:00:00.000Z`;

test('users, applications and secrets get the periods that their columns and the audit log tell of', async () => {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  try {
    const run = (name: string) => client.query(readFileSync(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
    const names = readdirSync(MIGRATIONS, { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? one.name : [],
    );
    for (const name of names.filter((one) => one < OURS).sort()) await run(name);
    await client.query(`
      INSERT INTO users (id, username, name, active, created_at, deleted_at) VALUES
        ('${id(1)}', 'active', 'a', true, '${day(1)}', NULL), ('${id(2)}', 'stopped', 's', false, '${day(1)}', NULL),
        ('${id(3)}', 'unknown', 'u', false, '${day(1)}', NULL), ('${id(4)}', 'deleted', 'd', false, '${day(1)}', '${day(4)}');
      INSERT INTO applications (id, name, created_at, updated_at, deleted_at) VALUES ('${id(5)}', 'app', '${day(2)}', '${day(2)}', NULL);
      INSERT INTO secrets (id, name, current_version, created_at, updated_at, deleted_at) VALUES
        ('${id(6)}', 'live', 1, '${day(1)}', '${day(1)}', NULL), ('${id(7)}', 'deleted', 1, '${day(2)}', '${day(2)}', '${day(3)}');
      INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, changes, request_id)
        SELECT gen_random_uuid(), at, 'USER_UPDATE', outcome, 'USER', '', '', 'USER', 'usr_${id(2).replaceAll('-', '')}', '', changes, ''
        FROM (VALUES ('${day(2)}'::timestamptz, 'DONE', '{"active": false}'::jsonb), ('${day(3)}', 'DONE', '{"active": false}'),
          ('${day(4)}', 'REFUSED', '{"active": false}'), ('${day(5)}', 'DONE', '{"fields": ["name"]}')) e(at, outcome, changes)`);
    await run(OURS);
    const { rows } = await client.query('SELECT * FROM periods ORDER BY object_id');
    const told = rows.map(({ object_kind, object_id, valid_from, valid_to }) =>
      [object_kind, object_id.slice(-1), valid_from.toISOString(), valid_to?.toISOString() ?? null].join(' '),
    );
    expect(told).toEqual([
      `USER 1 ${day(1)} `,
      `USER 2 ${day(1)} ${day(3)}`,
      `USER 3 ${day(1)} ${day(1)}`,
      `USER 4 ${day(1)} ${day(4)}`,
      `APPLICATION 5 ${day(2)} `,
      `SECRET 6 ${day(1)} `,
      `SECRET 7 ${day(2)} ${day(3)}`,
    ]);
  } finally {
    await client.end();
    await fresh.drop();
  }
});
