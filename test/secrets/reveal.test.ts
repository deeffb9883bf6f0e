import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { destroyVersion, read, refusals, remove, rotate } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

test('the gateway masks a secret value unless the request reveals it', async () => {
  const { value } = await w.secret('plain');
  expect((await read(w.admin, 'plain')).data.secret.value).toBe('***');
  expect((await w.admin.ask('{ secret(name: "plain") { value(reveal: false, version: 7) } }')).data.secret.value).toBe(
    '***',
  );
  expect(await w.reveal(w.admin, 'plain')).toBe(value);
});

test('removing a tag from a secret immediately hides the secret from a group with a grant on the tag', async () => {
  const ann = await w.user('ann');
  const ops = await w.group('ops', [ann.id]);
  const db = await w.secret('db', { tags: ['env:prod'] });
  await w.grant(ops, 'READ', 'env:prod');
  expect(await w.reveal(ann, 'db')).toBe(db.value);
  await w.admin.get('mutation { untagSecret(name: "db", tags: [{ key: "env", value: "prod" }]) { secret { id } } }');
  expect(await w.sees(ann, 'db')).toBe(false);
  expect(await w.reveal(ann, 'db')).toBeNull();
});

describe('reading a secret without READ', () => {
  test.each(['UPDATE', 'DELETE', 'EXECUTE'] as const)(
    'a caller with only %s sees the secret with a masked value',
    async (access) => {
      const who = await w.user(`has-${access}`);
      await w.secret(`for-${access}`, { tags: ['seen:yes'] });
      await w.grant(who.id, access, `for-${access}`);
      expect((await read(who, `for-${access}`)).data.secret).toMatchObject({
        value: '***',
        tags: [{ id: 'seen:yes' }],
        viewerAccess: [access],
      });
      expect(await w.reveal(who, `for-${access}`)).toBe('FORBIDDEN');
    },
  );

  test('a caller who has only CREATE on a secret cannot see that the secret exists', async () => {
    const who = await w.user('has-create');
    await w.secret('created-by-another');
    await w.grant(who.id, 'CREATE', 'created-by-another');
    const ask = (name: string) =>
      who.ask('query ($name: String!) { secret(name: $name) { id value(reveal: true) } }', { name });
    expect((await ask('created-by-another')).text).toBe((await ask('not-there-at-all')).text);
    expect(await w.sees(who, 'created-by-another')).toBe(false);
  });

  test('READ allows a caller to reveal the value, with or without EXECUTE', async () => {
    const who = await w.user('has-read');
    const { value } = await w.secret('read-me');
    await w.grant(who.id, ['READ', 'EXECUTE'], 'read-me');
    expect(await w.reveal(who, 'read-me')).toBe(value);
  });
});

test('the gateway decides about each reveal in a query separately, and the rest of the answer is complete', async () => {
  const who = await w.user('reads-some');
  const [one, two] = [await w.secret('some-1'), await w.secret('some-2')];
  await w.secret('some-hidden');
  await w.grant(who.id, 'READ', 'some-1');
  await w.grant(who.id, 'EXECUTE', 'some-2');
  const answer = await who.askRevealing(`{
    one: secret(name: "some-1") { name value(reveal: true) masked: value }
    two: secret(name: "some-2") { name value(reveal: true) masked: value }
    three: secret(name: "some-hidden") { name value(reveal: true) }
    four: secret(name: "some-absent") { name value(reveal: true) }
    again: secret(name: "some-1") { value(reveal: true) earlier: value(reveal: true, version: 1) never: value(reveal: true, version: 2) }
  }`);
  expect(answer.status).toBe(200);
  expect(answer.data).toEqual({
    one: { name: 'some-1', value: one.value, masked: '***' },
    two: { name: 'some-2', value: null, masked: '***' },
    three: null,
    four: null,
    again: { value: one.value, earlier: one.value, never: null },
  });
  expect(refusals(answer)).toEqual(
    expect.arrayContaining([
      { code: 'FORBIDDEN', path: 'two.value', field: 'reveal' },
      { code: 'NOT_FOUND', path: 'again.never', field: 'version' },
    ]),
  );
  expect(answer.errors).toHaveLength(2);
  expect(answer.text).not.toContain(two.value);
});

test('a value can be revealed in a list, by id, in a fragment and through a variable', async () => {
  const who = await w.user('reads-anyhow');
  const { id, value } = await w.secret('anyhow', { tags: ['any:how'] });
  const other = await w.secret('anyhow-2', { tags: ['any:how'] });
  await w.grant(who.id, 'READ', 'anyhow');
  await w.grant(who.id, 'UPDATE', 'anyhow-2');
  const listed = await who.askRevealing('{ secrets { nodes { name value(reveal: true) } } }');
  expect(listed.data.secrets.nodes).toEqual([
    { name: 'anyhow', value },
    { name: 'anyhow-2', value: null },
  ]);
  expect(refusals(listed)).toEqual([{ code: 'FORBIDDEN', path: 'secrets.nodes.1.value', field: 'reveal' }]);
  const byId = await who.askRevealing(
    `query ($id: ID!, $reveal: Boolean!) {
      node(id: $id) { ...shown } secret(name: "anyhow") { ...shown }
    } fragment shown on Secret { value(reveal: $reveal) }`,
    { id, reveal: true },
  );
  expect(byId.data).toEqual({ node: { value }, secret: { value } });
  expect(listed.text).not.toContain(other.value);
});

describe('revealing an earlier version', () => {
  test('a caller reveals an earlier version by its number', async () => {
    const first = await w.secret('history');
    const second = sentinel();
    await rotate(w.admin, { name: 'history', value: second });
    expect(await w.reveal(w.admin, 'history')).toBe(second);
    expect(await w.reveal(w.admin, 'history', 1)).toBe(first.value);
    expect(await w.reveal(w.admin, 'history', 2)).toBe(second);
  });

  test('revealing an earlier version requires READ', async () => {
    const who = await w.user('no-history');
    await w.grant(who.id, ['UPDATE', 'DELETE', 'EXECUTE'], 'history');
    expect(await w.reveal(who, 'history', 1)).toBe('FORBIDDEN');
    // The answer does not reveal which versions of the secret exist.
    expect(await w.reveal(who, 'history', 9)).toBe('FORBIDDEN');
  });

  test.each([0, -1, 3, 2_147_483_647, -2_147_483_648])(
    'revealing the missing version %i fails with NOT_FOUND',
    async (number) => {
      expect(await w.reveal(w.admin, 'history', number)).toBe('NOT_FOUND');
    },
  );

  test('revealing a destroyed version fails with CONFLICT', async () => {
    await w.secret('ruins');
    await rotate(w.admin, { name: 'ruins', value: sentinel() });
    await destroyVersion(w.admin, 'ruins', 1);
    expect(await w.reveal(w.admin, 'ruins', 1)).toBe('CONFLICT');
  });
});

test('a deleted secret is visible by its id, and its value cannot be revealed', async () => {
  const { id } = await w.secret('buried');
  await remove(w.admin, 'buried');
  expect(await w.reveal(w.admin, 'buried')).toBeNull();
  const answer = await w.admin.ask(
    'query ($id: ID!) { node(id: $id) { ... on Secret { name deletedAt value(reveal: true) } } }',
    { id },
  );
  expect(answer.data.node).toMatchObject({ name: 'buried', value: null });
  expect(answer.data.node.deletedAt).not.toBeNull();
  expect(refusals(answer)).toEqual([{ code: 'CONFLICT', path: 'node.value', field: 'reveal' }]);
});

test('one request can rotate a secret and reveal its new value', async () => {
  const value = sentinel();
  await w.secret('at-once');
  const { data } = await w.admin.askRevealing(
    'mutation ($v: SecretValue!) { rotateSecret(input: { name: "at-once", value: $v }) { secret { version value(reveal: true) } } }',
    { v: value },
  );
  expect(data.rotateSecret.secret).toEqual({ version: 2, value });
});

test('the gateway reveals no secret value over GET', async () => {
  const { value } = await w.secret('got');
  const get = (query: string) =>
    fetch(`${w.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { authorization: `Bearer ${w.admin.token}`, 'apollo-require-preflight': 'yes' },
    }).then(answerOf);
  const revealed = await get('{ secret(name: "got") { name value(reveal: true) } }');
  expect(revealed.text).not.toContain(value);
  expect(revealed.data.secret).toEqual({ name: 'got', value: null });
  expect(refusals(revealed)).toEqual([{ code: 'BAD_USER_INPUT', path: 'secret.value', field: 'reveal' }]);
  expect((await get('{ secret(name: "got") { value } }')).data.secret.value).toBe('***');
});
