import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { destroyVersion, refusals, rollback, rotate, versions } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

async function withHistory(name: string): Promise<string[]> {
  const values = [(await w.secret(name)).value, sentinel(), sentinel()];
  for (const value of values.slice(1)) await rotate(w.admin, { name, value });
  return values;
}

test('rolling back to an earlier version stores its value as a new version', async () => {
  const values = await withHistory('back');
  const { data } = await rollback(w.admin, 'back', 1);
  expect(data.rollbackSecret.secret.version).toBe(4);
  expect(await w.reveal(w.admin, 'back')).toBe(values[0]);
  for (const number of [1, 2, 3]) expect(await w.reveal(w.admin, 'back', number)).toBe(values[number - 1]);
});

test('rolling back to the current version changes nothing', async () => {
  await withHistory('current');
  expect(refusals(await rollback(w.admin, 'current', 3))).toEqual([
    { code: 'CONFLICT', path: 'rollbackSecret', field: 'version' },
  ]);
});

test.each([0, -1, 4, 2_147_483_647])('rolling back to the missing version %i fails with NOT_FOUND', async (number) => {
  const name = `never-${number}`;
  await withHistory(name);
  expect(refusals(await rollback(w.admin, name, number))).toEqual([
    { code: 'NOT_FOUND', path: 'rollbackSecret', field: 'version' },
  ]);
  expect(await versions(w.admin, name)).toHaveLength(3);
});

test('rolling back to a destroyed version fails', async () => {
  await withHistory('destroyed');
  await destroyVersion(w.admin, 'destroyed', 2);
  expect(refusals(await rollback(w.admin, 'destroyed', 2))).toEqual([
    { code: 'CONFLICT', path: 'rollbackSecret', field: 'version' },
  ]);
});

test('a caller who has only UPDATE can roll a secret back, and cannot see the secret value', async () => {
  const who = await w.user('rolls-back');
  const values = await withHistory('blind');
  await w.grant(who.id, 'UPDATE', 'blind');
  expect((await rollback(who, 'blind', 1)).data.rollbackSecret.secret.version).toBe(4);
  expect(await w.reveal(who, 'blind')).toBe('FORBIDDEN');
  expect(await w.reveal(w.admin, 'blind')).toBe(values[0]);
});

test('rolling back is refused with only READ, and rolling back a hidden secret fails with NOT_FOUND', async () => {
  const who = await w.user('reads');
  await withHistory('guarded');
  expect(refusals(await rollback(who, 'guarded', 1))).toEqual([
    { code: 'NOT_FOUND', path: 'rollbackSecret', field: 'name' },
  ]);
  await w.grant(who.id, ['READ', 'DELETE'], 'guarded');
  expect(refusals(await rollback(who, 'guarded', 1))).toEqual([
    { code: 'FORBIDDEN', path: 'rollbackSecret', field: 'name' },
  ]);
});

test('the 21st version of a secret destroys the first version, even if the 21st version is a rollback to the first version', async () => {
  const { value } = await w.secret('edge');
  for (let number = 2; number <= 20; number += 1) await rotate(w.admin, { name: 'edge', value: sentinel() });
  expect((await rollback(w.admin, 'edge', 1)).data.rollbackSecret.secret.version).toBe(21);
  expect(await w.reveal(w.admin, 'edge')).toBe(value);
  expect(await w.reveal(w.admin, 'edge', 1)).toBe('CONFLICT');
  expect((await rollback(w.admin, 'edge', 1)).code).toBe('CONFLICT');
});
