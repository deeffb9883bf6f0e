import { afterAll, beforeAll, expect, test } from 'vitest';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

test('a secret whose tag was removed is gone for the group the moment after', async () => {
  const ann = await w.user('ann');
  const ops = await w.group('ops', [ann.id]);
  const db = await w.secret('db', { tags: ['env:prod'] });
  await w.grant(ops, 'READ', 'env:prod');
  expect(await w.reveal(ann, 'db')).toBe(db.value);
  await w.admin.get('mutation { untagSecret(name: "db", tags: [{ key: "env", value: "prod" }]) { secret { id } } }');
  expect(await w.sees(ann, 'db')).toBe(false);
  expect(await w.reveal(ann, 'db')).toBeNull();
});
