import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { refusals, remove, rotate, versions } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

test('rotating a secret stores the next version, and the earlier version can still be revealed', async () => {
  const first = await w.secret('plain');
  const value = sentinel();
  const { data } = await rotate(w.admin, { name: 'plain', value });
  expect(data.rotateSecret).toMatchObject({ changed: true, secret: { id: first.id, version: 2 } });
  expect(await w.reveal(w.admin, 'plain')).toBe(value);
  expect(await w.reveal(w.admin, 'plain', 1)).toBe(first.value);
});

test('rotating a secret to its current value creates no version', async () => {
  const { value } = await w.secret('same');
  const before = (await w.admin.get('{ secret(name: "same") { version updatedAt } }')).secret;
  const { data } = await rotate(w.admin, { name: 'same', value });
  expect(data.rotateSecret).toMatchObject({ changed: false, secret: before });
  expect(await versions(w.admin, 'same')).toHaveLength(1);
  // The comparison uses the current value, and not an earlier value.
  await rotate(w.admin, { name: 'same', value: sentinel() });
  expect((await rotate(w.admin, { name: 'same', value })).data.rotateSecret).toMatchObject({
    changed: true,
    secret: { version: 3 },
  });
});

test('rotating a secret to a value that only begins like the current value creates a version', async () => {
  const { value } = await w.secret('prefix');
  for (const other of [`${value}\n`, value.slice(0, -1), '']) {
    expect((await rotate(w.admin, { name: 'prefix', value: other })).data.rotateSecret.changed).toBe(true);
  }
});

describe('rotating with the argument expectedVersion', () => {
  test('a rotation succeeds if expectedVersion equals the current version', async () => {
    await w.secret('expected');
    const { data } = await rotate(w.admin, { name: 'expected', value: sentinel(), expectedVersion: 1 });
    expect(data.rotateSecret.secret.version).toBe(2);
  });

  test.each([1, 3, 0, -1])(
    'a rotation with the outdated expectedVersion %i fails, and the error contains the current version',
    async (expectedVersion) => {
      const answer = await rotate(w.admin, { name: 'expected', value: sentinel(), expectedVersion });
      expect(refusals(answer)).toEqual([
        { code: 'VERSION_CONFLICT', path: 'rotateSecret', field: 'input.expectedVersion' },
      ]);
      expect(answer.errors[0]?.extensions.currentVersion).toBe(2);
      expect(await versions(w.admin, 'expected')).toHaveLength(2);
    },
  );

  test('a rotation with an outdated expectedVersion fails even if the new value equals the current value', async () => {
    const { value } = await w.secret('expected-same');
    expect((await rotate(w.admin, { name: 'expected-same', value, expectedVersion: 4 })).code).toBe('VERSION_CONFLICT');
  });

  test('expectedVersion null has the same effect as omitting expectedVersion', async () => {
    expect(
      (await rotate(w.admin, { name: 'expected', value: sentinel(), expectedVersion: null })).code,
    ).toBeUndefined();
  });
});

describe('rotating to a generated value', () => {
  beforeAll(() => w.secret('made'));

  test.each([
    ['ALPHANUMERIC', /^[A-Za-z0-9]+$/],
    ['HEX', /^[0-9a-f]+$/],
    ['BASE64URL', /^[A-Za-z0-9_-]+$/],
    ['PRINTABLE', /^[!-~]+$/],
    ['DIGITS', /^[0-9]+$/],
  ] as const)(
    'a generated value with the alphabet %s contains only characters of this alphabet, can contain each of them, and is not revealed',
    async (alphabet, made) => {
      const answer = await w.admin.ask(
        `mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { changed secret { version value } } }`,
        { i: { name: 'made', generate: { length: 1_024, alphabet } } },
      );
      expect(answer.data.rotateSecret).toMatchObject({ changed: true, secret: { value: '***' } });
      const value = (await w.reveal(w.admin, 'made')) ?? '';
      remember(value.slice(0, 24));
      expect(value).toMatch(made);
      expect(value).toHaveLength(1_024);
      const size = { ALPHANUMERIC: 62, HEX: 16, BASE64URL: 64, PRINTABLE: 94, DIGITS: 10 }[alphabet];
      // In 1,024 characters from an alphabet of at most 94, one or two alphabet characters can be missing by chance.
      // Ten missing characters are practically impossible.
      expect(new Set(value).size).toBeGreaterThan(size - 10);
    },
  );

  test('by default, a generated value consists of 32 letters and digits, and each generated value is different', async () => {
    await rotate(w.admin, { name: 'made', generate: {} });
    const one = (await w.reveal(w.admin, 'made')) ?? '';
    await rotate(w.admin, { name: 'made', generate: {} });
    const two = (await w.reveal(w.admin, 'made')) ?? '';
    for (const value of [one, two]) {
      remember(value);
      expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    }
    expect(one).not.toBe(two);
  });

  test.each([1, 4, 65_535])('rotateSecret can generate a value of %i characters', async (length) => {
    await rotate(w.admin, { name: 'made', generate: { length } });
    expect(await w.reveal(w.admin, 'made')).toHaveLength(length);
  });

  test.each([65_536, 0, -1, 2_147_483_647])(
    'rotateSecret refuses to generate a value of %i characters',
    async (length) => {
      expect(refusals(await rotate(w.admin, { name: 'made', generate: { length } }))).toEqual([
        { code: 'BAD_USER_INPUT', path: 'rotateSecret', field: 'input.generate.length' },
      ]);
    },
  );
});

test.each([
  ['both', () => ({ value: sentinel(), generate: {} })],
  ['neither', () => ({})],
  ['two nulls', () => ({ value: null, generate: null })],
])('rotateSecret rejects %s of the arguments value and generate', async (_, given) => {
  await w.secret(`one-of-${_.replace(' ', '-')}`);
  expect(refusals(await rotate(w.admin, { name: `one-of-${_.replace(' ', '-')}`, ...given() }))).toEqual([
    { code: 'BAD_USER_INPUT', path: 'rotateSecret', field: 'input' },
  ]);
});

test('the gateway stores the values of the newest 20 versions of a secret; it destroys older versions, and still lists them', async () => {
  const values = [(await w.secret('many')).value];
  for (let number = 2; number <= 23; number += 1) {
    values.push(sentinel());
    await rotate(w.admin, { name: 'many', value: values.at(-1) });
  }
  const listed = await versions(w.admin, 'many');
  expect(listed.map((version) => version.number)).toEqual(Array.from({ length: 23 }, (_, i) => 23 - i));
  expect(listed.filter((version) => version.destroyedAt !== null).map((version) => version.number)).toEqual([3, 2, 1]);
  expect(await w.reveal(w.admin, 'many', 3)).toBe('CONFLICT');
  for (let number = 4; number <= 23; number += 1)
    expect(await w.reveal(w.admin, 'many', number)).toBe(values[number - 1]);
  const [left] = await w.database.query(
    `SELECT count(ciphertext)::int AS ciphertexts, count(wrapped_key)::int AS keys, count(*)::int AS rows
     FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE s.name = 'many'`,
  );
  expect(left).toEqual({ ciphertexts: 20, keys: 20, rows: 23 });
});

describe('permission to rotate a secret', () => {
  test('rotating a secret requires UPDATE', async () => {
    const who = await w.user('reads-only');
    await w.secret('guarded');
    await w.grant(who.id, ['READ', 'DELETE', 'EXECUTE', 'CREATE'], 'guarded');
    expect(refusals(await rotate(who, { name: 'guarded', value: sentinel() }))).toEqual([
      { code: 'FORBIDDEN', path: 'rotateSecret', field: 'input.name' },
    ]);
    await w.grant(who.id, 'UPDATE', 'guarded');
    expect((await rotate(who, { name: 'guarded', value: sentinel() })).code).toBeUndefined();
  });

  test('rotating a hidden, deleted or missing secret gives the caller the same answer', async () => {
    const who = await w.user('sees-nothing');
    await w.secret('hidden');
    await w.secret('deleted');
    await remove(w.admin, 'deleted');
    const answers = await Promise.all(
      ['hidden', 'deleted', 'absent'].map((name) => rotate(who, { name, value: sentinel(), expectedVersion: 7 })),
    );
    expect(answers[0]?.code).toBe('NOT_FOUND');
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect((await rotate(w.admin, { name: 'deleted', value: sentinel() })).code).toBe('NOT_FOUND');
  });

  test('a caller with UPDATE but without READ can rotate a secret, and cannot reveal the new value', async () => {
    const who = await w.user('writes-only');
    await w.secret('drop-box');
    await w.grant(who.id, 'UPDATE', 'drop-box');
    const value = sentinel();
    expect((await rotate(who, { name: 'drop-box', value })).code).toBeUndefined();
    expect(await w.reveal(who, 'drop-box')).toBe('FORBIDDEN');
    expect(await w.reveal(w.admin, 'drop-box')).toBe(value);
  });
});
