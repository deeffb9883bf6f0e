// INVARIANT: At least one active administrator can always sign in.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { deleteGroup, deleteUser, removeMembers, updateGroup, updateUser } from './asking.ts';

let w: World;
let adminId: string;
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  adminId = (await w.admin.get('{ viewer { id } }')).viewer.id;
});
afterAll(() => w.close());

const MAKES_NONE = {
  deactivate: (id: string) => updateUser(w.admin, id, { active: false }),
  delete: (id: string) => deleteUser(w.admin, id),
  'take the role of': (id: string) => updateUser(w.admin, id, { roles: ['USER'] }),
  'take all roles of': (id: string) => updateUser(w.admin, id, { roles: [] }),
  'take the password of': (id: string) => updateUser(w.admin, id, { password: null }),
};

test.each(Object.entries(MAKES_NONE))('no caller can %s if only one administrator exists', async (_, take) => {
  expect((await take(adminId)).code).toBe('LAST_ADMIN');
  const { viewer } = await w.admin.get('{ viewer { roles ... on User { active } } }');
  expect(viewer).toEqual({ roles: ['ADMIN'], active: true });
  await w.signIn('admin', w.adminPassword);
});

test('a caller cannot remove an administrator if all other administrators are inactive, lack a password or are applications', async () => {
  const create = 'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }';
  await w.admin.get(create, { i: { username: 'no-password', name: 'x', roles: ['ADMIN'] } });
  const idle = await w.user('idle', { roles: ['ADMIN'] });
  await updateUser(w.admin, idle.id, { active: false });
  await w.application('robot', { roles: ['ADMIN'] });
  await w.group('robots', [(await w.application('other robot')).id], { roles: ['ADMIN'] });
  await w.group('empty', [], { roles: ['ADMIN'] });
  for (const take of Object.values(MAKES_NONE)) expect((await take(adminId)).code).toBe('LAST_ADMIN');
  await updateUser(w.admin, idle.id, { roles: [] });
});

test('the only administrator can be changed in every way that still leaves one administrator who can sign in', async () => {
  const changed = await updateUser(w.admin, adminId, { name: 'Root', roles: ['ADMIN', 'USER'], active: true });
  expect(changed.data.updateUser.user.roles).toEqual(['ADMIN', 'USER']);
});

describe('administrators that have ADMIN through a group', () => {
  let groupId: string;
  let gwen: SomeUser;
  beforeAll(async () => {
    gwen = await w.user('gwen');
    groupId = await w.group('admins', [gwen.id], { roles: ['ADMIN'] });
  });

  test('an administrator with a direct ADMIN role can be removed if another user has ADMIN through a group', async () => {
    expect((await updateUser(gwen, adminId, { roles: [] })).code).toBeUndefined();
  });

  const waysOut = {
    'be removed from the group': () => removeMembers(gwen, groupId, gwen.id),
    'lose ADMIN when the group loses the role': () => updateGroup(gwen, groupId, { roles: [] }),
    'lose ADMIN when the group is deleted': () => deleteGroup(gwen, groupId),
    'be deactivated': () => updateUser(gwen, gwen.id, { active: false }),
    'be deleted': () => deleteUser(gwen, gwen.id),
    'lose the password': () => updateUser(gwen, gwen.id, { password: null }),
  };
  test.each(Object.entries(waysOut))(
    'if the only administrator has ADMIN through a group, no caller can %s',
    async (_, out) => {
      expect((await out()).code).toBe('LAST_ADMIN');
      expect((await gwen.get('{ viewer { groups { roles } } }')).viewer.groups).toEqual([{ roles: ['ADMIN'] }]);
    },
  );

  test('an administrator who has ADMIN through a group can lose ADMIN after another administrator exists', async () => {
    await updateUser(gwen, adminId, { roles: ['ADMIN'] });
    expect((await updateGroup(gwen, groupId, { roles: [] })).code).toBeUndefined();
  });
});

describe('two administrators who remove each other at the same time', () => {
  let ann: SomeUser;
  let bob: SomeUser;
  const passwords = new Map<string, string>();
  beforeAll(async () => {
    [ann, bob] = [await w.user('ann', { roles: ['ADMIN'] }), await w.user('bob', { roles: ['ADMIN'] })];
    await updateUser(ann, adminId, { active: false });
    passwords.set('ann', ann.password).set('bob', bob.password);
  });
  afterAll(async () => {
    const left = (await ann.ask('{ viewer { id } }')).code ? bob : ann;
    await updateUser(left, adminId, { active: true, roles: ['ADMIN'] });
  });

  /** Both users are administrators, and both have new tokens. */
  beforeEach(async () => {
    for (const [survivor, fallen] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      const { data } = await survivor.ask('{ viewer { roles } }');
      if (!data?.viewer?.roles.includes('ADMIN')) continue;
      const password = sentinel('password');
      await updateUser(survivor, fallen.id, { active: true, roles: ['ADMIN'], password });
      Object.assign(fallen, await w.signIn(fallen.name, password), { password });
      break;
    }
  });

  const ways: Record<string, (who: SomeUser, other: SomeUser) => Promise<{ code: string | undefined }>> = {
    'by the role': (who, other) => updateUser(who, other.id, { roles: [] }),
    'by deactivating': (who, other) => updateUser(who, other.id, { active: false }),
    'by the password': (who, other) => updateUser(who, other.id, { password: null }),
  };
  const rounds = Array.from({ length: 8 }, (_, i) => i + 1).flatMap((round) =>
    Object.keys(ways).map((way) => [way, round] as const),
  );
  test.each(rounds)(
    'if two administrators remove each other at the same time, exactly one remains an administrator, %s (%i)',
    async (way) => {
      const codes = (await Promise.all([ways[way]!(ann, bob), ways[way]!(bob, ann)])).map(({ code }) => code);
      // The second request failed with LAST_ADMIN, or the caller of the second request had already lost ADMIN or the
      // account.
      const done = codes.filter((code) => code === undefined);
      expect(done).toHaveLength(1);
      expect(['LAST_ADMIN', 'FORBIDDEN', 'UNAUTHENTICATED']).toContain(codes.find((code) => code !== undefined));
      const [{ left }] = (await w.database.query<{ left: number }>(
        `SELECT count(*)::int AS left FROM users u WHERE active AND deleted_at IS NULL AND password_hash IS NOT NULL AND EXISTS (
         SELECT 1 FROM role_assignments r WHERE r.subject_id = u.id AND r.role = 'ADMIN' AND r.valid_to IS NULL)`,
      )) as [{ left: number }];
      expect(left).toBe(1);
    },
  );
});
