import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { create, read, refusals, remove, restore, rotate, tag, update } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const T = '2199-01-31T09:30:00Z';
const shown = async (name: string) => {
  const { description, expiresAt } = (await read(w.admin, name)).data.secret;
  return { description, expiresAt };
};
const described = (name: string) => create(w.admin, { name, value: sentinel(), description: 'first', expiresAt: T });

describe('changing fields of a secret', () => {
  test('updateSecret does not change an omitted field', async () => {
    await described('kept');
    await update(w.admin, { name: 'kept', description: 'second' });
    expect(await shown('kept')).toEqual({ description: 'second', expiresAt: T });
    await update(w.admin, { name: 'kept', expiresAt: '2200-01-01T00:00:00.123Z' });
    expect(await shown('kept')).toEqual({ description: 'second', expiresAt: '2200-01-01T00:00:00.123Z' });
    await update(w.admin, { name: 'kept' });
    expect(await shown('kept')).toEqual({ description: 'second', expiresAt: '2200-01-01T00:00:00.123Z' });
  });

  test('updateSecret clears a field that is null', async () => {
    await described('cleared');
    await update(w.admin, { name: 'cleared', description: null });
    expect(await shown('cleared')).toEqual({ description: null, expiresAt: T });
    await update(w.admin, { name: 'cleared', expiresAt: null });
    expect(await shown('cleared')).toEqual({ description: null, expiresAt: null });
  });
});

test('updateSecret changes neither the value nor the version of a secret', async () => {
  const { value } = await w.secret('untouched');
  const { data } = await update(w.admin, { name: 'untouched', description: 'new' });
  expect(data.updateSecret.secret).toMatchObject({ version: 1, description: 'new' });
  expect(await w.reveal(w.admin, 'untouched')).toBe(value);
});

test('updateSecret accepts an expiry in the past, and the secret expires immediately', async () => {
  await w.secret('over');
  await update(w.admin, { name: 'over', expiresAt: w.clock.in({ seconds: -1 }) });
  expect(await w.reveal(w.admin, 'over')).toBe('EXPIRED');
});

test.each([
  ['of 2,001 characters', 'd'.repeat(2_001)],
  ['with NUL', 'a\u0000b'],
  ['with half of a surrogate pair', 'a\ud83d'],
])('updateSecret rejects a description %s', async (label, description) => {
  const name = `described-${label.length}`;
  await w.secret(name);
  expect(refusals(await update(w.admin, { name, description }))).toEqual([
    { code: 'BAD_USER_INPUT', path: 'updateSecret', field: 'input.description' },
  ]);
});

test('updateSecret requires UPDATE, and fails with NOT_FOUND for a hidden secret', async () => {
  const who = await w.user('cannot');
  await w.secret('guarded');
  expect(refusals(await update(who, { name: 'guarded', description: 'x' }))).toEqual([
    { code: 'NOT_FOUND', path: 'updateSecret', field: 'input.name' },
  ]);
  await w.grant(who.id, ['READ', 'DELETE', 'EXECUTE'], 'guarded');
  expect(refusals(await update(who, { name: 'guarded', description: 'x' }))).toEqual([
    { code: 'FORBIDDEN', path: 'updateSecret', field: 'input.name' },
  ]);
  await w.grant(who.id, 'UPDATE', 'guarded');
  expect((await update(who, { name: 'guarded', description: 'x' })).code).toBeUndefined();
});

describe('the fields updatedAt and updatedBy of a secret', () => {
  const stamp = async (name: string) =>
    (
      await w.admin.get(
        'query ($name: String!) { secret(name: $name) { updatedAt updatedBy { ...by } createdBy { ...by } } } fragment by on User { username }',
        { name },
      )
    ).secret;

  test('updatedAt and updatedBy change with value, description, expiry and tags', async () => {
    const ann = await w.user('ann');
    await w.secret('stamped');
    await w.grant(ann.id, 'UPDATE', 'stamped');
    let last = await stamp('stamped');
    expect(last).toMatchObject({ updatedBy: { username: 'admin' }, createdBy: { username: 'admin' } });
    for (const change of [
      () => rotate(ann, { name: 'stamped', value: sentinel() }),
      () => update(ann, { name: 'stamped', description: 'x' }),
      () => update(ann, { name: 'stamped', expiresAt: T }),
      () => tag(ann, 'stamped', [{ key: 'a', value: 'b' }]),
    ]) {
      w.clock.advance({ seconds: 5 });
      expect((await change()).code).toBeUndefined();
      const next = await stamp('stamped');
      expect(new Date(next.updatedAt).getTime()).toBeGreaterThan(new Date(last.updatedAt).getTime());
      expect(next).toMatchObject({ updatedBy: { username: 'ann' }, createdBy: { username: 'admin' } });
      last = next;
    }
  });

  test('updatedAt and updatedBy do not change if a request has no effect, or if the secret is deleted and restored', async () => {
    const { id, value } = await w.secret('still', { tags: ['a:b'] });
    const before = await stamp('still');
    w.clock.advance({ seconds: 5 });
    await rotate(w.admin, { name: 'still', value });
    await update(w.admin, { name: 'still' });
    await tag(w.admin, 'still', [{ key: 'a', value: 'b' }]);
    await w.reveal(w.admin, 'still');
    await remove(w.admin, 'still');
    await restore(w.admin, id);
    expect(await stamp('still')).toEqual(before);
  });
});
