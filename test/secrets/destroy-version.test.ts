import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { destroyVersion, refusals, rotate, versions } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

async function twoVersions(name: string) {
  const first = await w.secret(name);
  const second = sentinel();
  await rotate(w.admin, { name, value: second });
  return { ...first, second };
}

test('destroying an earlier version permanently removes its secret value, and the list still contains the version', async () => {
  const { second } = await twoVersions('one');
  expect((await destroyVersion(w.admin, 'one', 1)).data.destroySecretVersion.secret.version).toBe(2);
  expect(await w.reveal(w.admin, 'one', 1)).toBe('CONFLICT');
  expect(await w.reveal(w.admin, 'one')).toBe(second);
  const [current, destroyed] = await versions(w.admin, 'one');
  expect(current).toEqual({ number: 2, destroyedAt: null });
  expect(destroyed?.number).toBe(1);
  expect(destroyed?.destroyedAt).toEqual(expect.any(String));
  const rows = await w.database.query(
    `SELECT ciphertext, wrapped_key, key_id FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE s.name = 'one' AND number = 1`,
  );
  expect(rows).toEqual([{ ciphertext: null, wrapped_key: null, key_id: null }]);
});

test('the current version cannot be destroyed', async () => {
  const { second } = await twoVersions('current');
  expect(refusals(await destroyVersion(w.admin, 'current', 2))).toEqual([
    { code: 'CONFLICT', path: 'destroySecretVersion', field: 'version' },
  ]);
  expect(await w.reveal(w.admin, 'current')).toBe(second);
});

test.each([0, -1, 3, 2_147_483_647])('destroying the missing version %i fails with NOT_FOUND', async (number) => {
  await twoVersions(`never-${number}`);
  expect(refusals(await destroyVersion(w.admin, `never-${number}`, number))).toEqual([
    { code: 'NOT_FOUND', path: 'destroySecretVersion', field: 'version' },
  ]);
});

test('destroying a version twice succeeds, and the second request does not change the recorded time of destruction', async () => {
  await twoVersions('twice');
  await destroyVersion(w.admin, 'twice', 1);
  const before = await versions(w.admin, 'twice');
  w.clock.advance({ minutes: 1 });
  expect((await destroyVersion(w.admin, 'twice', 1)).code).toBeUndefined();
  expect(await versions(w.admin, 'twice')).toEqual(before);
});

test('destroying a version requires DELETE, and destroying a version of a hidden secret fails with NOT_FOUND', async () => {
  const who = await w.user('cannot');
  const { value } = await twoVersions('guarded');
  expect(refusals(await destroyVersion(who, 'guarded', 1))).toEqual([
    { code: 'NOT_FOUND', path: 'destroySecretVersion', field: 'name' },
  ]);
  await w.grant(who.id, ['READ', 'UPDATE', 'EXECUTE'], 'guarded');
  expect(refusals(await destroyVersion(who, 'guarded', 1))).toEqual([
    { code: 'FORBIDDEN', path: 'destroySecretVersion', field: 'name' },
  ]);
  expect(await w.reveal(who, 'guarded', 1)).toBe(value);
  await w.grant(who.id, 'DELETE', 'guarded');
  expect((await destroyVersion(who, 'guarded', 1)).code).toBeUndefined();
});
