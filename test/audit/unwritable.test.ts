// If the gateway cannot record an operation in the audit log, the gateway makes no change and reveals no value.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  create,
  destroyVersion,
  read,
  remove,
  restore,
  rollback,
  rotate,
  tag,
  untag,
  update,
} from '../secrets/operations.ts';
import type { Answer } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';
import { eventsOf } from './events.ts';

let w: World;
let db: SomeSecret;
let second: string;
let gone: SomeSecret;
let ann: SomeUser;
beforeAll(async () => {
  w = await world();
  db = await w.secret('db', { tags: ['env:prod'] });
  second = sentinel();
  await rotate(w.admin, { name: 'db', value: second });
  gone = await w.secret('gone');
  await remove(w.admin, 'gone');
  ann = await w.user('ann');
});
afterAll(() => w.close());

/** Ways to make the audit log read-only, and ways to make it writable again. */
const BROKEN: Record<string, { by: string; back: string }> = {
  'the table is not there': {
    by: 'ALTER TABLE audit_events RENAME TO audit_events_away',
    back: 'ALTER TABLE IF EXISTS audit_events_away RENAME TO audit_events',
  },
  'each row is refused': {
    by: `CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$;
         CREATE TRIGGER no_more BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION no_more()`,
    back: 'DROP FUNCTION IF EXISTS no_more() CASCADE',
  },
  'the commit is refused': {
    by: `CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$;
         CREATE CONSTRAINT TRIGGER no_more AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_more()`,
    back: 'DROP FUNCTION IF EXISTS no_more() CASCADE',
  },
};

const CHANGES: [string, () => Promise<Answer>][] = [
  ['creating', () => create(w.admin, { name: 'new', value: sentinel(), tags: [{ key: 'a', value: 'b' }] })],
  ['changing', () => update(w.admin, { name: 'db', description: 'new', expiresAt: '2199-01-01T00:00:00Z' })],
  ['rotating', () => rotate(w.admin, { name: 'db', value: sentinel() })],
  ['generating', () => rotate(w.admin, { name: 'db', generate: {} })],
  ['rolling back', () => rollback(w.admin, 'db', 1)],
  ['destroying a version', () => destroyVersion(w.admin, 'db', 1)],
  ['deleting', () => remove(w.admin, 'db')],
  ['purging', () => remove(w.admin, 'db', { purge: true })],
  ['restoring', () => restore(w.admin, gone.id)],
  ['tagging', () => tag(w.admin, 'db', [{ key: 'a', value: 'b' }])],
  ['untagging', () => untag(w.admin, 'db', [{ key: 'env', value: 'prod' }])],
  [
    'granting',
    () =>
      w.admin.ask('mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }', {
        i: { subjectId: ann.id, target: { secret: 'db' }, access: ['READ'] },
      }),
  ],
  [
    'making a group',
    () => w.admin.ask('mutation { createGroup(input: { name: "g", roles: [ADMIN] }) { group { id } } }'),
  ],
  [
    'making an application',
    () => w.admin.ask('mutation { createApplication(input: { name: "a" }) { application { id } } }'),
  ],
  [
    'changing a user',
    () =>
      w.admin.ask('mutation ($id: ID!) { updateUser(input: { id: $id, roles: [ADMIN] }) { user { id } } }', {
        id: ann.id,
      }),
  ],
];

const TABLES = [
  'secrets',
  'secret_versions',
  'secret_tags',
  'permissions',
  'groups',
  'applications',
  'role_assignments',
  'users',
  'access_epoch',
];
const everything = async () =>
  Object.fromEntries(
    await Promise.all(
      TABLES.map(async (table) => [
        table,
        await w.database.query(`SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ${table} t`),
      ]),
    ),
  );

describe.each(Object.keys(BROKEN))('while the audit log cannot be written: %s', (how) => {
  const { by, back } = BROKEN[how] ?? { by: '', back: '' };
  beforeAll(async () => {
    for (const statement of by.split(/;\s+(?=CREATE TRIGGER|CREATE CONSTRAINT)/)) await w.database.query(statement);
  });
  afterAll(() => w.database.query(back));

  test('if the audit log cannot be written, the gateway reveals no secret value', async () => {
    const answer = await w.admin.ask(
      '{ secret(name: "db") { name value(reveal: true) first: value(reveal: true, version: 1) masked: value } }',
    );
    expect(answer.data.secret).toEqual({ name: 'db', value: null, first: null, masked: '***' });
    expect(answer.errors.map((error) => error.extensions.code)).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    for (const value of [db.value, second]) expect(answer.text).not.toContain(value);
  });

  test('if the audit log cannot be written, the gateway answers a refused request with UNAVAILABLE and does not reveal the refusal', async () => {
    expect((await ann.ask('{ secret(name: "db") { value(reveal: true) } }')).code).toBe('UNAVAILABLE');
    expect((await rotate(ann, { name: 'db', value: sentinel() })).code).toBe('UNAVAILABLE');
  });

  test.each(CHANGES)('if the audit log cannot be written, %s changes nothing', async (_, change) => {
    const before = await everything();
    const answer = await change();
    expect(answer.code).toBe('UNAVAILABLE');
    expect(await everything()).toEqual(before);
  });

  test('if the audit log cannot be written, no user can sign in', async () => {
    const answer = await w.anonymous.ask(
      'mutation ($p: SecretValue!) { signIn(username: "ann", password: $p) { token } }',
      { p: ann.password },
    );
    expect(answer.code).toBe('UNAVAILABLE');
  });

  test('if the audit log cannot be written, operations that record no audit event still succeed', async () => {
    expect((await read(w.admin, 'db')).data.secret.value).toBe('***');
  });
});

describe('after the audit log becomes writable again', () => {
  afterEach(async () => {
    for (const { back } of Object.values(BROKEN)) await w.database.query(back);
  });

  test('after the audit log becomes writable again, all operations succeed, and the audit log contains no event about the operations that failed', async () => {
    expect(await w.reveal(w.admin, 'db')).toBe(second);
    expect((await eventsOf(w.admin, { secret: 'db' })).map((event) => event.action)).toEqual([
      'SECRET_REVEAL',
      'SECRET_ROTATE',
      'SECRET_CREATE',
    ]);
    for (const [, change] of CHANGES.slice(0, 2)) expect((await change()).code).toBeUndefined();
  });
});
