import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type World, world } from '../support/world.ts';
import { manyTags, read, refusals, remove, tag, untag } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const A = { key: 'a', value: '1' };
const B = { key: 'b', value: '2' };
const tagsOf = async (name: string) =>
  (await read(w.admin, name)).data.secret.tags.map((one: { id: string }) => one.id);

test('a caller can add and remove tags of a secret, and the secret lists its tags in order', async () => {
  await w.secret('plain');
  expect((await tag(w.admin, 'plain', [B, A])).data.tagSecret.secret.tags).toEqual([{ id: 'a:1' }, { id: 'b:2' }]);
  expect((await untag(w.admin, 'plain', [A])).data.untagSecret.secret.tags).toEqual([{ id: 'b:2' }]);
  expect(await tagsOf('plain')).toEqual(['b:2']);
});

test('adding an existing tag or removing a missing tag succeeds without an error', async () => {
  await w.secret('idempotent', { tags: ['a:1'] });
  for (let i = 0; i < 2; i += 1) expect((await tag(w.admin, 'idempotent', [A, A, B])).code).toBeUndefined();
  expect(await tagsOf('idempotent')).toEqual(['a:1', 'b:2']);
  for (let i = 0; i < 2; i += 1) expect((await untag(w.admin, 'idempotent', [A, A])).code).toBeUndefined();
  expect(await tagsOf('idempotent')).toEqual(['b:2']);
});

test('tags with equal values and different keys are different tags, and so are tags whose values differ in case', async () => {
  await w.secret('different');
  const tags = [
    { key: 'env', value: 'prod' },
    { key: 'Env', value: 'prod' },
    { key: 'env', value: 'Prod' },
  ];
  await tag(w.admin, 'different', tags);
  expect(await tagsOf('different')).toEqual(['Env:prod', 'env:Prod', 'env:prod']);
});

test('a tag may be removed and added again, and the database records each period in which the secret had the tag', async () => {
  await w.secret('again', { tags: ['a:1'] });
  await untag(w.admin, 'again', [A]);
  await tag(w.admin, 'again', [A]);
  const rows = await w.database.query<{ ended: boolean }>(
    `SELECT t.valid_to IS NOT NULL AS ended FROM secret_tags t JOIN secrets s ON s.id = t.secret_id WHERE s.name = 'again' ORDER BY t.valid_from`,
  );
  expect(rows).toEqual([{ ended: true }, { ended: false }]);
});

describe('limits of tags on a secret', () => {
  test.each([
    ['zero', []],
    ['51', manyTags(51)],
  ])('the gateway refuses a request with %s tags', async (_, tags) => {
    await w.secret(`bounded-${_}`, { tags: ['n:0'] });
    expect(refusals(await tag(w.admin, `bounded-${_}`, tags))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'tagSecret', field: 'tags' },
    ]);
    expect(refusals(await untag(w.admin, `bounded-${_}`, tags))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'untagSecret', field: 'tags' },
    ]);
    expect(await tagsOf(`bounded-${_}`)).toEqual(['n:0']);
  });

  test('a secret can have at most 50 tags, and adding a tag that the secret already has does not exceed the limit', async () => {
    await w.secret('full');
    expect((await tag(w.admin, 'full', manyTags(50))).code).toBeUndefined();
    expect(refusals(await tag(w.admin, 'full', [A]))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'tagSecret', field: 'tags' },
    ]);
    expect((await tag(w.admin, 'full', manyTags(50))).code).toBeUndefined();
    await untag(w.admin, 'full', manyTags(1));
    expect((await tag(w.admin, 'full', [A])).code).toBeUndefined();
    expect(await tagsOf('full')).toHaveLength(50);
  });

  test('if one of several tags is faulty, the error contains its path', async () => {
    await w.secret('faulty');
    expect(refusals(await tag(w.admin, 'faulty', [A, { key: 'c:d', value: 'e' }]))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'tagSecret', field: 'tags.1.key' },
    ]);
    expect(await tagsOf('faulty')).toEqual([]);
  });
});

describe('permission to add tags', () => {
  test('adding a tag requires UPDATE, and adding a tag to a hidden, deleted or missing secret fails with NOT_FOUND', async () => {
    const who = await w.user('cannot');
    await w.secret('guarded', { tags: ['a:1'] });
    await w.secret('deleted', { tags: ['a:1'] });
    await remove(w.admin, 'deleted');
    for (const change of [tag, untag]) {
      const answers = await Promise.all(['guarded', 'deleted', 'absent'].map((name) => change(who, name, [A])));
      expect(answers[0]?.code).toBe('NOT_FOUND');
      expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    }
    await w.grant(who.id, ['READ', 'DELETE', 'EXECUTE'], 'guarded');
    expect((await tag(who, 'guarded', [B])).code).toBe('FORBIDDEN');
    expect((await untag(who, 'guarded', [A])).code).toBe('FORBIDDEN');
    expect(await tagsOf('guarded')).toEqual(['a:1']);
  });

  test('a caller cannot gain access by adding a tag to a secret', async () => {
    const who = await w.user('climbs');
    await w.secret('wall');
    await w.grant(who.id, 'UPDATE', 'wall');
    await w.grant(who.id, 'READ', 'ladder:long');
    expect(refusals(await tag(who, 'wall', [{ key: 'ladder', value: 'long' }]))).toEqual([
      { code: 'ESCALATION', path: 'tagSecret', field: 'tags' },
    ]);
    expect(await w.reveal(who, 'wall')).toBe('FORBIDDEN');
    expect(await tagsOf('wall')).toEqual([]);
    expect((await tag(w.admin, 'wall', [{ key: 'ladder', value: 'long' }])).code).toBeUndefined();
  });

  test('a caller may add a tag that gives the caller only access that the caller already has', async () => {
    const who = await w.user('walks');
    const { value } = await w.secret('floor');
    await w.grant(who.id, ['READ', 'UPDATE'], 'floor');
    await w.grant(who.id, 'READ', 'carpet:red');
    expect((await tag(who, 'floor', [{ key: 'carpet', value: 'red' }])).code).toBeUndefined();
    expect(await w.reveal(who, 'floor')).toBe(value);
  });

  test('if a caller sees a secret only through a tag and removes this tag, the caller no longer sees the secret', async () => {
    const who = await w.user('saws');
    await w.secret('branch', { tags: ['tree:oak'], by: await w.user('plants', { roles: ['USER'] }) });
    await w.grant(who.id, ['READ', 'UPDATE'], 'tree:oak');
    expect((await untag(who, 'branch', [{ key: 'tree', value: 'oak' }])).code).toBeUndefined();
    expect(await w.sees(who, 'branch')).toBe(false);
  });
});
