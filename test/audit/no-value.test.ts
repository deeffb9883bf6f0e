import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  create,
  destroyVersion,
  remove,
  restore,
  rollback,
  rotate,
  tag,
  untag,
  update,
} from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
const values: string[] = [];
const value = () => {
  values.push(sentinel());
  return values.at(-1) ?? '';
};
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

test('neither the audit log nor any table contains a secret value, a password, an encryption key or a token in plain text', async () => {
  const bob = await w.user('bob');
  const pay = await w.application('pay');
  values.push(bob.password, bob.token ?? '', pay.keySecret, pay.token ?? '', w.admin.token ?? '', w.adminPassword);
  const { data } = await create(w.admin, { name: 'db', value: value(), description: 'no value' });
  const A = [{ key: 'a', value: 'b' }];
  for (const attempt of [
    () => create(w.admin, { name: 'db', value: value() }),
    () => create(bob, { name: 'bobs', value: value() }),
    () => create(w.admin, { name: 'bad name', value: value() }),
    () => rotate(w.admin, { name: 'db', value: value() }),
    () => rotate(w.admin, { name: 'db', value: values.at(-1) }),
    () => rotate(w.admin, { name: 'db', value: value(), expectedVersion: 9 }),
    () => rotate(bob, { name: 'db', value: value() }),
    () => rotate(w.admin, { name: 'absent', value: value() }),
    () => rotate(w.admin, { name: 'db', generate: {} }),
    () => rollback(w.admin, 'db', 1),
    () => destroyVersion(w.admin, 'db', 1),
    () => update(w.admin, { name: 'db', description: 'still no value' }),
    () => tag(w.admin, 'db', A),
    () => untag(w.admin, 'db', A),
    () => remove(w.admin, 'db'),
    () => restore(w.admin, data.createSecret.secret.id),
    () =>
      w.anonymous.ask('mutation ($p: SecretValue!) { signIn(username: "bob", password: $p) { token } }', {
        p: value(),
      }),
    () =>
      w.anonymous.ask(
        'mutation ($k: String!, $p: SecretValue!) { signInApplication(keyId: $k, keySecret: $p) { token } }',
        { k: pay.keyId, p: value() },
      ),
    () =>
      w.admin.ask(
        'mutation ($id: ID!, $p: SecretValue) { updateUser(input: { id: $id, password: $p }) { user { id } } }',
        { id: bob.id, p: value() },
      ),
  ]) {
    await attempt();
  }
  for (const version of [undefined, 2, 3, 4, 9]) values.push((await w.reveal(w.admin, 'db', version)) ?? '');
  const shown = values.filter((text) => text.length > 20);

  const tables = await w.database.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()',
  );
  expect(tables.map((table) => table.name)).toContain('audit_events');
  for (const { name } of tables) {
    const rows = await w.database.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`);
    const text = rows.map(({ row }) => row).join('\n');
    if (name === 'audit_events') expect(rows.length).toBeGreaterThan(25);
    for (const one of shown) {
      expect(text.includes(one), name).toBe(false);
      expect(text.includes(Buffer.from(one).toString('hex')), name).toBe(false);
      expect(text.includes(Buffer.from(one).toString('base64').slice(0, 20)), name).toBe(false);
    }
  }
});

test('the audit log can record a principal name that contains any characters', async () => {
  for (const username of ['\u0000', 'a\u0000b', '\ud83d', '\\u0000', '🔑', 'x'.repeat(10_000)]) {
    const answer = await w.anonymous.ask(
      'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }',
      {
        u: username,
        p: sentinel('password'),
      },
    );
    expect(answer.code).toBe('UNAUTHENTICATED');
  }
});
