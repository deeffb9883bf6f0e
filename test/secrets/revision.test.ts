// Tests that every change of a row that decides about a secret raises the revision of the secret, even if someone makes the change by SQL.
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect, type Database } from '../../src/database/client.ts';
import { newId, type Uuid } from '../../src/primitives/ids.ts';
import { freshDatabase } from '../support/database.ts';

let database: Database;
let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  [url, drop] = [fresh.url, fresh.drop];
  database = connect({ url: fresh.url, connections: 1 });
});
afterAll(async () => {
  await database.close();
  await drop();
});

let count = 0;
interface Made {
  id: Uuid;
  name: string;
}
/** Creates a secret with two versions, one tag and one grant on its name. */
async function made(name = `s${++count}`): Promise<Made> {
  const id = newId();
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at) VALUES ($1::uuid, $2, 2, now(), now())`,
    [id, name],
  );
  for (const number of [1, 2]) {
    await database.query(
      `INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at) VALUES ($1::uuid, $2::int, 'c', 'w', 'k', now())`,
      [id, number],
    );
  }
  await database.query(
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from) VALUES ($1::uuid, $1::uuid, $2, 'env:dev', now())`,
    [id, name],
  );
  await database.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     VALUES ($1::uuid, 'USER', $1::uuid, 'SECRET', $2, '{READ}', now())`,
    [id, name],
  );
  return { id, name };
}

const revisionOf = async ({ id }: Made) =>
  (await database.query<{ revision: number }>('SELECT revision FROM secrets WHERE id = $1::uuid', [id]))[0]?.revision;
const epoch = async () => (await database.query<{ epoch: number }>('SELECT epoch FROM access_epoch'))[0]?.epoch;

test.each([
  ['any column of the secret', 'UPDATE secrets SET description = $2 WHERE id = $1::uuid'],
  ['the expiry of the secret', 'UPDATE secrets SET expires_at = now() WHERE id = $1::uuid AND name = $2'],
  ['the deletion of the secret', 'UPDATE secrets SET deleted_at = now() WHERE id = $1::uuid AND name = $2'],
  ['the revision itself, to a lower number', 'UPDATE secrets SET revision = 1 WHERE id = $1::uuid AND name = $2'],
  [
    'a new tag',
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from) VALUES (gen_random_uuid(), $1::uuid, $2, 'env:prod', now())`,
  ],
  ['the end of a tag', 'UPDATE secret_tags SET valid_to = now() WHERE secret_id = $1::uuid AND name = $2'],
  ['a deleted tag', 'DELETE FROM secret_tags WHERE secret_id = $1::uuid AND name = $2'],
  [
    'a new grant on the name',
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     VALUES (gen_random_uuid(), 'USER', gen_random_uuid(), 'SECRET', $2, '{UPDATE}', now() + make_interval(secs => length($1::text)))`,
  ],
  ['the expiry of a grant', `UPDATE permissions SET expires_at = now() WHERE id = $1::uuid AND target = $2`],
  ['the end of a grant', 'UPDATE permissions SET valid_to = now() WHERE id = $1::uuid AND target = $2'],
  ['a grant that moves to another name', `UPDATE permissions SET target = 'x' WHERE id = $1::uuid AND target = $2`],
  ['a grant that moves to a tag', `UPDATE permissions SET target_kind = 'TAG' WHERE id = $1::uuid AND target = $2`],
  ['a deleted grant', 'DELETE FROM permissions WHERE id = $1::uuid AND target = $2'],
  [
    'a changed value of the current version',
    `UPDATE secret_versions SET ciphertext = 'x' WHERE secret_id = $1::uuid AND number = 2 AND $2 <> ''`,
  ],
  [
    'a changed data key of the current version',
    `UPDATE secret_versions SET wrapped_key = 'x' WHERE secret_id = $1::uuid AND number = 2 AND $2 <> ''`,
  ],
  ['a deleted current version', `DELETE FROM secret_versions WHERE secret_id = $1::uuid AND number = 2 AND $2 <> ''`],
])('the revision of a secret is raised by %s', async (_, sql) => {
  const [secret, other] = [await made(), await made()];
  const before = [await revisionOf(secret), await revisionOf(other)];
  await database.query(sql, [secret.id, secret.name]);
  expect(await revisionOf(secret)).toBeGreaterThan(before[0] ?? 0);
  expect(await revisionOf(other)).toBe(before[1]);
});

test('a statement that raises the revision itself raises it once', async () => {
  const secret = await made();
  const before = await revisionOf(secret);
  await database.query('UPDATE secrets SET revision = revision + 1 WHERE id = $1::uuid', [secret.id]);
  expect(await revisionOf(secret)).toBe((before ?? 0) + 1);
});

test('a change of an old version and a grant on a tag do not raise the revision of a secret', async () => {
  const secret = await made();
  const before = await revisionOf(secret);
  await database.query(`UPDATE secret_versions SET wrapped_key = 'x' WHERE secret_id = $1::uuid AND number = 1`, [
    secret.id,
  ]);
  await database.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     VALUES (gen_random_uuid(), 'USER', $1::uuid, 'TAG', $2, '{READ}', now())`,
    [secret.id, secret.name],
  );
  expect(await revisionOf(secret)).toBe(before);
});

test('two statements that end grants on the same names in a different order cause no deadlock', async () => {
  // The order of the rows in the table differs from the order of the names in the index.
  const [last, first, middle] = [await made('order-z'), await made('order-a'), await made('order-m')];
  const sessions = await Promise.all(
    [
      'enable_seqscan = off; SET enable_bitmapscan = off',
      'enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off',
      'lock_timeout = 0',
    ].map(async (setting) => {
      const session = new pg.Client({ connectionString: url });
      await session.connect();
      await session.query(`SET ${setting}`);
      return session;
    }),
  );
  const [byIndex, byTable, holder] = sessions as [pg.Client, pg.Client, pg.Client];
  const subjects = [newId(), newId()];
  for (const subject of subjects)
    for (const { name } of [last, first, middle])
      await database.query(
        `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
         VALUES (gen_random_uuid(), 'USER', $1::uuid, 'SECRET', $2, '{READ}', now())`,
        [subject, name],
      );
  const end = async (session: pg.Client, subject: Uuid) =>
    session.query('UPDATE permissions SET valid_to = now() WHERE subject_id = $1::uuid', [subject]).then(
      ({ rowCount }) => rowCount,
      ({ message }) => message,
    );
  const waiting = async (count: number) => {
    for (let found = -1; found !== count; ) {
      const { rows } = await holder.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      found = rows.length;
    }
  };
  await holder.query('BEGIN');
  await holder.query('SELECT FROM secrets WHERE id = $1::uuid FOR UPDATE', [middle.id]);
  const ends = [end(byIndex, subjects[0]!)];
  await waiting(1);
  ends.push(end(byTable, subjects[1]!));
  await waiting(2);
  await holder.query('COMMIT');
  const ended = await Promise.all(ends);
  for (const session of sessions) await session.end();
  expect(ended).toEqual([3, 3]);
});

test.each(['secret_tags', 'permissions', 'secret_versions'])(
  'TRUNCATE of %s raises the epoch and the revisions of all secrets',
  async (table) => {
    const secret = await made();
    const [before, revision] = [await epoch(), await revisionOf(secret)];
    await database.query(`TRUNCATE ${table}`);
    expect(await epoch()).toBe((before ?? 0) + 1);
    expect(await revisionOf(secret)).toBe((revision ?? 0) + 1);
  },
);
