import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { refusals, remove } from './operations.ts';

let w: World;
let ann: SomeUser;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann');
  await w.secret('one', { tags: ['env:prod', 'env:test', 'team:a'] });
  await w.secret('two', { tags: ['env:prod', 'team:b'] });
  await w.secret('three', { tags: ['env:prod', 'environment:prod', 'hidden:yes'] });
  await w.secret('four', { tags: ['env:prod', 'deleted:yes'] });
  await remove(w.admin, 'four');
  await w.grant(ann.id, 'EXECUTE', 'one');
  await w.grant(ann.id, 'READ', 'team:b');
  await w.grant(ann.id, 'CREATE', 'hidden:yes');
});
afterAll(() => w.close());

const counted = async (who: Client, key?: string) => {
  const { tags } = await who.get('query ($key: String) { tags(key: $key) { nodes { id key value secretCount } } }', {
    key,
  });
  return Object.fromEntries(tags.nodes.map((tag: { id: string; secretCount: number }) => [tag.id, tag.secretCount]));
};

test('the list of tags shows the tags of existing secrets in order, with the number of secrets for each tag', async () => {
  expect(await counted(w.admin)).toEqual({
    'env:prod': 3,
    'env:test': 1,
    'environment:prod': 1,
    'hidden:yes': 1,
    'team:a': 1,
    'team:b': 1,
  });
  expect(Object.keys(await counted(w.admin))).toEqual(Object.keys(await counted(w.admin)).sort());
});

test('the list of tags omits tags of hidden secrets, and the counts omit hidden secrets', async () => {
  expect(await counted(ann)).toEqual({ 'env:prod': 2, 'env:test': 1, 'team:a': 1, 'team:b': 1 });
  expect(await counted(await w.user('nobody'))).toEqual({});
});

test('the count of a tag omits hidden secrets, both on a secret and in a grant', async () => {
  const { secret, permissions } = await ann.get(
    '{ secret(name: "one") { tags { id secretCount } } permissions { nodes { target { ... on Tag { id secretCount } } } } }',
  );
  expect(secret.tags[0]).toEqual({ id: 'env:prod', secretCount: 2 });
  const targets = permissions.nodes.map((node: { target: object }) => node.target);
  expect(targets).toContainEqual({ id: 'hidden:yes', secretCount: 0 });
  expect(targets).toContainEqual({ id: 'team:b', secretCount: 1 });
});

test('the filter by key finds tags with exactly this tag key', async () => {
  expect(await counted(w.admin, 'env')).toEqual({ 'env:prod': 3, 'env:test': 1 });
  expect(await counted(w.admin, 'en')).toEqual({});
  expect(await counted(w.admin, '%')).toEqual({});
});

test('the count of a tag omits secrets that the caller sees only through an expired grant', async () => {
  const who = await w.user('for-a-while');
  await w.grant(who.id, 'READ', 'env:prod', { expiresAt: w.clock.in({ minutes: 5 }) });
  expect(await counted(who, 'env')).toEqual({ 'env:prod': 3, 'env:test': 1 });
  w.clock.advance({ minutes: 6 });
  expect(await counted(who)).toEqual({});
});

test('the count of a tag is up to date, even after a change in the same request', async () => {
  await w.secret('moment', { tags: ['moment:now'] });
  await w.secret('moment-2');
  const { a, b, c } = await w.admin.get(`mutation {
    a: tagSecret(name: "moment", tags: [{ key: "moment", value: "now" }]) { secret { tags { secretCount } } }
    b: tagSecret(name: "moment-2", tags: [{ key: "moment", value: "now" }]) { secret { tags { secretCount } } }
    c: untagSecret(name: "moment", tags: [{ key: "x", value: "y" }]) { secret { tags { secretCount } } }
  }`);
  expect([a, b, c].map((done) => done.secret.tags[0].secretCount)).toEqual([1, 2, 2]);
});

describe('pages of the list of tags', () => {
  test.each([1, 2, 5])('pages of %i tags together equal one large page', async (first) => {
    const whole = Object.keys(await counted(ann));
    const paged: string[] = [];
    for (let after: string | null = null; ; ) {
      const { tags } = await ann.get(
        'query ($first: Int!, $after: String) { tags(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }',
        { first, after },
      );
      paged.push(...tags.nodes.map((tag: { id: string }) => tag.id));
      if (!tags.pageInfo.hasNextPage) break;
      after = tags.pageInfo.endCursor;
    }
    expect(paged).toEqual(whole);
  });

  test.each([0, 201, -1])('the field tags rejects the page size %i', async (first) => {
    const answer = await ann.ask('query ($first: Int!) { tags(first: $first) { nodes { id } } }', { first });
    expect(refusals(answer)).toMatchObject([{ code: 'BAD_USER_INPUT', field: 'first' }]);
  });

  test.each(['', 'x', 'W10', 'WyJhIl0'])('the field tags rejects the forged cursor %j', async (after) => {
    const answer = await ann.ask('query ($after: String) { tags(after: $after) { nodes { id } } }', { after });
    expect(refusals(answer)).toEqual([{ code: 'BAD_USER_INPUT', path: 'tags', field: 'after' }]);
  });
});
