// Objects from before periods were stored get the known periods.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';

const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');
const KEPT = '20261122190000_access_entries';
const INTERRUPTED = '20261122210000_interrupted_periods';
const id = (i: number) => `01900000-0000-7000-8000-00000000000${i}`;
const day = (i: number) => `2026-01-0${i}T00:00:00.000Z`;

type Event = [action: string, subject: string, on: number, changes: object | null, outcome?: string];
const DONE = 'DONE';

test('the migration derives the periods of users, applications and secrets from their columns and the audit log', async () => {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  try {
    const run = (name: string) => client.query(readFileSync(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
    const names = readdirSync(MIGRATIONS, { withFileTypes: true })
      .flatMap((one) => (one.isDirectory() ? one.name : []))
      .sort();
    for (const name of names.filter((one) => one < KEPT)) await run(name);
    await client.query(`
      INSERT INTO users (id, username, name, active, created_at, deleted_at) VALUES
        ('${id(1)}', 'active', 'a', true, '${day(1)}', NULL), ('${id(2)}', 'stopped', 's', false, '${day(1)}', NULL),
        ('${id(3)}', 'unknown', 'u', false, '${day(1)}', NULL), ('${id(4)}', 'deleted', 'd', false, '${day(1)}', '${day(4)}'),
        ('${id(8)}', 'back', 'b', true, '${day(1)}', NULL);
      INSERT INTO applications (id, name, created_at, updated_at, deleted_at) VALUES ('${id(5)}', 'app', '${day(2)}', '${day(2)}', NULL);
      INSERT INTO secrets (id, name, current_version, created_at, updated_at, deleted_at) VALUES
        ('${id(6)}', 'live', 1, '${day(1)}', '${day(1)}', NULL), ('${id(7)}', 'deleted', 1, '${day(2)}', '${day(2)}', '${day(3)}'),
        ('${id(9)}', 'restored', 1, '${day(1)}', '${day(1)}', '${day(8)}')`);
    const [user, secret] = [(i: number) => `usr_${id(i)}`, (i: number) => `sec_${id(i)}`];
    const events: Event[] = [
      ['USER_UPDATE', user(2), 2, { active: false }],
      ['USER_UPDATE', user(2), 3, { active: false }],
      ['USER_UPDATE', user(2), 4, { active: false }, 'REFUSED'],
      ['USER_UPDATE', user(2), 5, { fields: ['name'] }],
      ['USER_UPDATE', user(8), 2, { fields: ['active'], active: false }],
      ['USER_UPDATE', user(8), 3, { fields: ['password', 'active'], by: 'command' }],
      ['USER_UPDATE', user(8), 4, { active: true }],
      ['USER_UPDATE', user(8), 5, { active: false }],
      ['USER_UPDATE', user(8), 6, { active: true }, 'FAILED'],
      ['USER_UPDATE', user(8), 7, { active: true }],
      ['SECRET_DELETE', secret(7), 3, { purged: false }],
      ['SECRET_DELETE', secret(9), 2, { purged: false }],
      ['SECRET_RESTORE', secret(9), 5, null],
      ['SECRET_DELETE', secret(9), 8, { purged: false }],
    ];
    for (const [action, subject, on, changes, outcome = DONE] of events)
      await client.query(
        `INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, changes, request_id)
         VALUES (gen_random_uuid(), $1, $2, $3, 'USER', '', '', $4, $5, '', $6, '')`,
        [day(on), action, outcome, action.split('_')[0], subject.replaceAll('-', ''), changes],
      );
    const periods = async () =>
      (await client.query('SELECT * FROM periods ORDER BY object_id, valid_from')).rows.map(
        ({ object_kind, object_id, valid_from, valid_to }) =>
          [object_kind, object_id.slice(-1), valid_from.toISOString(), valid_to?.toISOString() ?? null].join(' '),
      );
    const told = [
      `USER 1 ${day(1)} `,
      `USER 2 ${day(1)} ${day(3)}`,
      `USER 3 ${day(1)} ${day(1)}`,
      `USER 4 ${day(1)} ${day(4)}`,
      `APPLICATION 5 ${day(2)} `,
      `SECRET 6 ${day(1)} `,
      `SECRET 7 ${day(2)} ${day(3)}`,
    ];
    await run(KEPT);
    expect(await periods()).toEqual([...told, `USER 8 ${day(1)} `, `SECRET 9 ${day(1)} ${day(8)}`]);
    for (const name of names.filter((one) => one > KEPT && one <= INTERRUPTED)) await run(name);
    const interrupted = [
      ...told.map((one) => (one.startsWith('USER 2') ? `USER 2 ${day(1)} ${day(2)}` : one)),
      `USER 8 ${day(1)} ${day(2)}`,
      `USER 8 ${day(3)} ${day(5)}`,
      `USER 8 ${day(7)} `,
      `SECRET 9 ${day(1)} ${day(2)}`,
      `SECRET 9 ${day(5)} ${day(8)}`,
    ];
    expect(await periods()).toEqual(interrupted);
    // Later rows stay unchanged.
    await run(INTERRUPTED);
    expect(await periods()).toEqual(interrupted);
  } finally {
    await client.end();
    await fresh.drop();
  }
});
