// A deleted secret and a later secret with the same name are two separate secrets. Access to one of the two gives no
// access to the other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SomeUser, type World, world } from '../support/world.ts';
import { remove, restore } from './operations.ts';

let w: World;
/** Three users: the creator of the first secret, a user with a grant on it, and the creator of the later secret. */
let ann: SomeUser;
let bob: SomeUser;
let eve: SomeUser;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  bob = await w.user('bob');
  eve = await w.user('eve', { roles: ['USER'] });
});
afterAll(() => w.close());

describe.each([{ purge: false }, { purge: true }])(
  'a later secret with the name of a secret that was deleted with %j',
  ({ purge }) => {
    const name = `again-${purge}`;

    test('the creator and the grantees of a deleted secret do not see a later secret with the same name', async () => {
      const old = await w.secret(name, { by: ann });
      await w.grant(bob.id, ['READ', 'UPDATE'], name, { by: ann });
      expect(await w.reveal(bob, name)).toBe(old.value);
      await remove(ann, name, { purge });
      await w.grant(eve.id, 'CREATE', name);
      const young = await w.secret(name, { by: eve });
      expect(await w.reveal(eve, name)).toBe(young.value);
      for (const who of [ann, bob]) {
        expect(await w.sees(who, name)).toBe(false);
        expect(await w.reveal(who, name)).toBeNull();
        const { secrets, node } = await who.get('query ($id: ID!) { secrets { nodes { id } } node(id: $id) { id } }', {
          id: young.id,
        });
        expect(secrets.nodes).not.toContainEqual({ id: young.id });
        expect(node).toBeNull();
      }
    });
  },
);

test('the creator of a later secret has no access to the deleted secret with the same name, even after the deleted secret is restored', async () => {
  const old = await w.secret('trap', { by: ann });
  await w.grant(bob.id, 'READ', 'trap', { by: ann });
  await remove(ann, 'trap');
  for (const who of [ann, eve]) await w.grant(who.id, 'CREATE', 'trap');
  const young = await w.secret('trap', { by: eve });
  await w.grant(bob.id, 'DELETE', 'trap', { by: eve });
  // While both secrets exist, the creator of the later secret cannot restore the earlier secret.
  expect((await restore(eve, old.id)).code).toBe('NOT_FOUND');
  expect((await restore(ann, old.id)).code).toBe('NAME_TAKEN');
  expect((await eve.get('{ secrets(filter: { deleted: true }) { nodes { id } } }')).secrets.nodes).toEqual([]);
  // After the later secret is deleted, its creator still cannot restore or see the earlier secret.
  await remove(eve, 'trap');
  expect((await restore(eve, old.id)).code).toBe('NOT_FOUND');
  expect((await restore(ann, old.id)).code).toBeUndefined();
  expect(await w.reveal(ann, 'trap')).toBe(old.value);
  expect(await w.sees(eve, 'trap')).toBe(false);
  expect(await w.reveal(eve, 'trap')).toBeNull();
  // A grant on the later secret gives no access to the earlier secret.
  expect(await w.reveal(bob, 'trap')).toBe(old.value);
  expect((await remove(bob, 'trap')).code).toBe('FORBIDDEN');
  // Only the creator of the later secret sees the later secret.
  expect((await eve.get('{ secrets(filter: { deleted: true }) { nodes { id } } }')).secrets.nodes).toEqual([
    { id: young.id },
  ]);
  expect(
    (await ann.get('{ secrets(filter: { deleted: true, nameContains: "trap" }) { nodes { id } } }')).secrets.nodes,
  ).toEqual([]);
});

test('revoking grants on a later secret does not affect grants on an earlier secret with the same name', async () => {
  const old = await w.secret('apart', { by: ann });
  await remove(ann, 'apart');
  await w.grant(eve.id, 'CREATE', 'apart');
  await w.secret('apart', { by: eve });
  await eve.get('mutation ($i: PermissionInput!) { revokePermission(input: $i) { permission { id } } }', {
    i: { subjectId: ann.id, target: { secret: 'apart' }, access: [] },
  });
  await remove(eve, 'apart');
  await w.grant(ann.id, 'CREATE', 'apart');
  expect((await restore(ann, old.id)).code).toBeUndefined();
  expect(await w.reveal(ann, 'apart')).toBe(old.value);
});

test('a grant that an administrator makes on a name applies to every secret with the name', async () => {
  const who = await w.user('by-name');
  await w.grant(who.id, 'READ', 'by-name');
  const first = await w.secret('by-name');
  expect(await w.reveal(who, 'by-name')).toBe(first.value);
  await remove(w.admin, 'by-name');
  const second = await w.secret('by-name');
  expect(await w.reveal(who, 'by-name')).toBe(second.value);
});
