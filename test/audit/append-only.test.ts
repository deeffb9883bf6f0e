import { afterAll, beforeAll, expect, test } from 'vitest';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
  await w.secret('db');
});
afterAll(() => w.close());

const all = () =>
  w.database.query("SELECT md5(string_agg(e::text, '|' ORDER BY id)), count(*)::int FROM audit_events e");

test.each([
  'UPDATE audit_events SET outcome = outcome',
  "UPDATE audit_events SET actor_name = 'nobody' WHERE action = 'SECRET_CREATE'",
  'DELETE FROM audit_events',
  "DELETE FROM audit_events WHERE action = 'SECRET_CREATE'",
  'TRUNCATE audit_events',
  'TRUNCATE audit_events CASCADE',
  "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (id, at) DO UPDATE SET actor_name = 'nobody'",
  'MERGE INTO audit_events e USING audit_events s ON s.id = e.id WHEN MATCHED THEN DELETE',
])('the database rejects a change of the audit log: %s', async (statement) => {
  const before = await all();
  await expect(w.database.query(statement)).rejects.toThrow('never changed or removed');
  expect(await all()).toEqual(before);
});

test('the database rejects an audit event whose outcome is not one of the three valid outcomes', async () => {
  await expect(
    w.database.query(
      `INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, actor_name, request_id, stream, seq, hash)
       VALUES (gen_random_uuid(), now(), 'SIGN_IN', 'MAYBE', 'USER', '', '', '', gen_random_uuid(), 1, sha256(''))`,
    ),
  ).rejects.toThrow('audit_events_outcome');
});
