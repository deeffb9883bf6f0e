// An attacker who can write to the database cannot make the gateway reveal the value of one version in place of a
// different version or secret.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '../../src/primitives/ids.ts';
import { findVersions } from '../../src/secrets/secret-store.ts';
import { type SecretValues, secretValues } from '../../src/secrets/secret-values.ts';
import { testKeyring } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeSecret, type World, world } from '../support/world.ts';
import { rollback, rotate } from './operations.ts';

let w: World;
let one: SomeSecret & { second: string };
let two: SomeSecret;
beforeAll(async () => {
  w = await world();
  one = { ...(await w.secret('one')), second: sentinel() };
  await rotate(w.admin, { name: 'one', value: one.second });
  two = await w.secret('two');
  await w.database.query('CREATE TABLE untouched AS SELECT * FROM secret_versions');
});
afterAll(() => w.close());
afterEach(() =>
  w.database.query(
    `WITH later AS (DELETE FROM secret_versions v WHERE NOT EXISTS (SELECT 1 FROM untouched u WHERE (u.secret_id, u.number) = (v.secret_id, v.number))),
          back AS (UPDATE secrets s SET current_version = (SELECT max(number) FROM untouched u WHERE u.secret_id = s.id))
     UPDATE secret_versions v SET ciphertext = u.ciphertext, wrapped_key = u.wrapped_key, key_id = u.key_id
     FROM untouched u WHERE (u.secret_id, u.number) = (v.secret_id, v.number)`,
  ),
);

const uuid = (secret: SomeSecret) => toUuid(secret.id, 'SECRET')!;
/** Changes the database row of the current version of the first secret. */
const alter = (assignment: string, ...params: unknown[]) =>
  w.database.query(`UPDATE secret_versions SET ${assignment} WHERE secret_id = $1::uuid AND number = 2`, [
    uuid(one),
    ...params,
  ]);
const revealed = () => w.admin.ask('{ secret(name: "one") { name version value(reveal: true) } }');
const eventsOf = async (name: string, first = 2) =>
  (
    await w.admin.get(
      `query ($name: String!, $first: Int!) { auditEvents(filter: { secret: $name }, first: $first) { nodes { action outcome version changes } } }`,
      { name, first },
    )
  ).auditEvents.nodes;

const flip = (column: string, at: string) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;
const copied = (part: string, from: string) => `${part} = (SELECT ${part} FROM secret_versions ${from})`;
const all = (from: string) => ['ciphertext', 'wrapped_key', 'key_id'].map((part) => copied(part, from)).join(', ');

const ALTERED: [string, string][] = [
  ['the first bit of the ciphertext', flip('ciphertext', '0')],
  ['a bit of the nonce', flip('ciphertext', '5')],
  ['a bit in the middle of the ciphertext', flip('ciphertext', 'octet_length(ciphertext) / 2')],
  ['the last bit of the ciphertext', flip('ciphertext', 'octet_length(ciphertext) - 1')],
  ['the first bit of the wrapped key', flip('wrapped_key', '0')],
  ['a bit in the middle of the wrapped key', flip('wrapped_key', 'octet_length(wrapped_key) / 2')],
  ['the last bit of the wrapped key', flip('wrapped_key', 'octet_length(wrapped_key) - 1')],
  ['the length of the ciphertext', "ciphertext = ciphertext || '\\x00'::bytea"],
  ['the ciphertext cut short', 'ciphertext = substring(ciphertext FOR 10)'],
  ['an empty ciphertext', "ciphertext = ''::bytea"],
  ['an empty wrapped key', "wrapped_key = ''::bytea"],
];

describe('a version whose database row was altered', () => {
  test.each(ALTERED)('the gateway does not reveal a version after a change of %s', async (_, assignment) => {
    await alter(assignment);
    const answer = await revealed();
    expect(answer.code).toBe('INTERNAL_SERVER_ERROR');
    expect(answer.data.secret).toEqual({ name: 'one', version: 2, value: null });
    expect(answer.errors[0]?.path).toEqual(['secret', 'value']);
    expect(answer.errors[0]?.message).toContain(w.keyring.current());
    expect(answer.text).not.toContain(one.second);
  });

  test('if the row of a version contains ciphertext and data key of an older version, the gateway does not reveal the version', async () => {
    await alter(all('WHERE secret_id = $1::uuid AND number = 1'));
    expect((await revealed()).code).toBe('INTERNAL_SERVER_ERROR');
    // The gateway can still decrypt the copied row for the version from which the test copied the row.
    expect(await w.reveal(w.admin, 'one', 1)).toBe(one.value);
  });

  test.each(['ciphertext', 'wrapped_key'])(
    'if the row of a version contains the %s of a different secret, the gateway does not reveal the version',
    async (part) => {
      await alter(copied(part, 'WHERE secret_id = $2::uuid'), uuid(two));
      expect((await revealed()).code).toBe('INTERNAL_SERVER_ERROR');
    },
  );

  test('if the rows of versions were swapped between two secrets, the gateway does not reveal these versions', async () => {
    await alter(all('WHERE secret_id = $2::uuid AND number = 1'), uuid(two));
    await w.database.query(
      `UPDATE secret_versions v SET ciphertext = u.ciphertext, wrapped_key = u.wrapped_key, key_id = u.key_id
       FROM untouched u WHERE v.secret_id = $2::uuid AND u.secret_id = $1::uuid AND u.number = 2`,
      [uuid(one), uuid(two)],
    );
    expect((await revealed()).code).toBe('INTERNAL_SERVER_ERROR');
    expect(await w.reveal(w.admin, 'two')).toBe('INTERNAL_SERVER_ERROR');
  });
});

test('if SQL swaps the names of two secrets, the gateway reveals neither secret, neither by name nor in a payload', async () => {
  const swap = `UPDATE secrets SET name = CASE name WHEN 'one' THEN 'two' ELSE 'one' END WHERE name IN ('one', 'two')`;
  // The test drops the index on names for a short time, because the index is not deferrable. An attacker who is a
  // superuser can do the same.
  await w.database.query('DROP INDEX secrets_name_live');
  await w.database.query(swap);
  for (const name of ['one', 'two']) expect(await w.reveal(w.admin, name)).toBe('INTERNAL_SERVER_ERROR');
  expect(await eventsOf('one', 1)).toMatchObject([{ action: 'SECRET_REVEAL', outcome: 'FAILED' }]);
  const resolved = await w.admin.askRevealing('query ($p: JSON!) { resolvePayload(payload: $p) { payload } }', {
    p: { password: '${workflow.secrets.one}' },
  });
  expect(resolved.text).not.toContain(two.value);
  await w.database.query(swap);
  await w.database.query(
    `CREATE UNIQUE INDEX secrets_name_live ON secrets (name COLLATE "C") WHERE deleted_at IS NULL`,
  );
  expect(await w.reveal(w.admin, 'one')).toBe(one.second);
});

describe('a version whose encryption key is missing in the keyring', () => {
  test('if the encryption key of a version is missing, the gateway does not reveal the version, and the message contains the id of the encryption key', async () => {
    const missing = testKeyring().current();
    await alter('key_id = $2', missing);
    const answer = await revealed();
    expect(answer.code).toBe('INTERNAL_SERVER_ERROR');
    expect(answer.errors[0]).toMatchObject({
      message: expect.stringContaining(missing),
      extensions: { keyId: missing },
    });
    expect(await eventsOf('one', 1)).toEqual([
      {
        action: 'SECRET_REVEAL',
        outcome: 'FAILED',
        version: 2,
        changes: { code: 'INTERNAL_SERVER_ERROR', keyId: missing },
      },
    ]);
  });

  test('a gateway reveals a version only if its keyring contains the encryption key of the version', async () => {
    const stranger = secretValues(testKeyring());
    const [sealed] = await findVersions(w.database, [{ secretId: uuid(one), number: 2 }]);
    const open = (values: SecretValues) => values.open({ id: uuid(one), name: one.name }, 2, sealed!.sealed!).expose();
    expect(open(secretValues(w.keyring))).toBe(one.second);
    expect(() => open(stranger)).toThrow(w.keyring.current());
  });

  test('an error about a version does not repeat a malformed id of an encryption key', async () => {
    const text = sentinel('key-id');
    await alter('key_id = $2', text);
    const answer = await revealed();
    expect(answer.code).toBe('INTERNAL_SERVER_ERROR');
    expect(answer.text).not.toContain(text);
    expect(JSON.stringify(await eventsOf('one', 1))).not.toContain(text);
  });
});

test('if a query reveals several values, revealing an altered version fails, and the gateway reveals all other values', async () => {
  await alter(ALTERED[0]?.[1] ?? '');
  const { data, errors } = await w.admin.askRevealing(
    '{ one: secret(name: "one") { value(reveal: true) earlier: value(reveal: true, version: 1) } two: secret(name: "two") { value(reveal: true) } }',
  );
  expect(data).toEqual({ one: { value: null, earlier: one.value }, two: { value: two.value } });
  expect(errors.map((error) => error.path)).toEqual([['one', 'value']]);
});

test('revealing an altered version records a failed audit event with the id of the encryption key', async () => {
  await alter(ALTERED[0]?.[1] ?? '');
  await revealed();
  const events = await eventsOf('one');
  expect(events).toHaveLength(2);
  expect(events).toContainEqual({ action: 'SECRET_REVEAL', outcome: 'DONE', version: 2, changes: null });
  expect(events).toContainEqual({
    action: 'SECRET_REVEAL',
    outcome: 'FAILED',
    version: 2,
    changes: { code: 'INTERNAL_SERVER_ERROR', keyId: w.keyring.current() },
  });
});

test('revealing an altered version writes a log line with the id of the encryption key and without the value', async () => {
  await alter(ALTERED[0]?.[1] ?? '');
  const before = w.logged().length;
  await revealed();
  const logged = w.logged().slice(before);
  expect(logged).toContain('cannot decrypt a stored value');
  expect(logged).toContain(w.keyring.current());
  expect(logged).not.toContain(one.second);
});

test('rolling back to an altered version fails, and records a failed audit event', async () => {
  await w.database.query(
    `UPDATE secret_versions SET ${flip('ciphertext', '20')} WHERE secret_id = $1::uuid AND number = 1`,
    [uuid(one)],
  );
  const answer = await rollback(w.admin, 'one', 1);
  expect(answer.code).toBe('INTERNAL_SERVER_ERROR');
  expect(await w.reveal(w.admin, 'one')).toBe(one.second);
  expect(await eventsOf('one', 2)).toContainEqual({
    action: 'SECRET_ROTATE',
    outcome: 'FAILED',
    version: 1,
    changes: { code: 'INTERNAL_SERVER_ERROR', keyId: w.keyring.current() },
  });
});

test('if the current version of a secret was altered, rotating repairs the secret, even with the same value', async () => {
  await alter(ALTERED[0]?.[1] ?? '');
  const { data } = await rotate(w.admin, { name: 'one', value: one.second });
  expect(data.rotateSecret).toMatchObject({ changed: true, secret: { version: 3 } });
  expect(await w.reveal(w.admin, 'one')).toBe(one.second);
});

test('if the current version of a secret was altered, rolling back to an intact version repairs the secret', async () => {
  await alter(ALTERED[0]?.[1] ?? '');
  expect((await rollback(w.admin, 'one', 1)).code).toBeUndefined();
  expect(await w.reveal(w.admin, 'one')).toBe(one.value);
});
