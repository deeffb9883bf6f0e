// When an administrator gives ADMIN to an application, no principal who knows an existing access key of the
// application may receive ADMIN.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addMembers,
  createApplication,
  createKey,
  deleteKey,
  refusal,
  setKeyActive,
  signInApplication,
  updateApplication,
  updateGroup,
  updateUser,
} from '../access/asking.ts';
import type { Answer, Client } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let manager: SomeUser;
let count = 0;
const fresh = (what: string) => {
  count += 1;
  return `${what} ${count}`;
};

beforeAll(async () => {
  w = await world();
  manager = await w.user('manager', { roles: ['APPLICATION_MANAGER'] });
});
afterAll(() => w.close());

const applicationBy = async (who: Client): Promise<string> =>
  (await createApplication(who, fresh('application'))).data.createApplication.application.id;
const keyBy = async (who: Client, application: string): Promise<{ id: string; secret: string }> => {
  const { accessKey, secret } = (await createKey(who, application)).data.createAccessKey;
  return { id: accessKey.id, secret };
};
const rolesOf = async (id: string): Promise<string[]> =>
  (await w.admin.get('query ($i: ID!) { node(id: $i) { ... on Application { roles } } }', { i: id })).node.roles;
const conflict = (field: string, ...accessKeys: string[]) => ({ code: 'CONFLICT', field, accessKeys });
const described = (answer: Answer) => ({ ...refusal(answer), accessKeys: answer.errors[0]?.extensions.accessKeys });

/** All mutations that can give ADMIN to an application, and the field that each error names. */
const WAYS: [string, string, (id: string) => Promise<() => Promise<Answer>>][] = [
  ['directly', 'input.roles', async (id) => () => updateApplication(w.admin, id, { roles: ['ADMIN'] })],
  [
    'by adding it to a group with ADMIN',
    'principalIds.1',
    async (id) => {
      const [group, other] = [await w.group(fresh('group'), [], { roles: ['ADMIN'] }), await applicationBy(w.admin)];
      return () => addMembers(w.admin, group, other, id);
    },
  ],
  [
    'by giving ADMIN to its group',
    'input.roles',
    async (id) => {
      const group = await w.group(fresh('group'), [id]);
      return () => updateGroup(w.admin, group, { roles: ['ADMIN'] });
    },
  ],
];

describe.each(WAYS)('giving ADMIN to an application %s', (_, field, way) => {
  test('an application can receive ADMIN only after every active access key that a caller without ADMIN created is deleted or deactivated', async () => {
    const id = await applicationBy(manager);
    const give = await way(id);
    const [deleted, stopped, left] = [await keyBy(manager, id), await keyBy(manager, id), await keyBy(w.admin, id)];
    expect(described(await give())).toEqual(conflict(field, deleted.id, stopped.id));
    expect(await rolesOf(id)).toEqual([]);
    await deleteKey(w.admin, deleted.id);
    expect(described(await give())).toEqual(conflict(field, stopped.id));
    await setKeyActive(w.admin, stopped.id, false);
    expect((await give()).code).toBeUndefined();
    expect((await signInApplication(w.anonymous, stopped.id, stopped.secret)).code).toBe('UNAUTHENTICATED');
    expect((await signInApplication(w.anonymous, left.id, left.secret)).code).toBeUndefined();
    expect(refusal(await setKeyActive(manager, stopped.id, true))).toEqual({ code: 'ESCALATION', field: 'keyId' });
  });

  test('if one request gives ADMIN to an application while another request creates an access key for the application, exactly one of the two requests succeeds', async () => {
    for (let round = 1; round <= 6; round += 1) {
      const id = await applicationBy(manager);
      const give = await way(id);
      const [given, made] = await Promise.all([give(), createKey(manager, id)]);
      expect([
        ['CONFLICT', undefined],
        [undefined, 'ESCALATION'],
      ]).toContainEqual([given.code, made.code]);
    }
  });
});

test('REST gives ADMIN to an application only after every active access key that a caller without ADMIN created is deleted or deactivated', async () => {
  const id = await applicationBy(manager);
  const key = await keyBy(manager, id);
  const [strong, weak] = [fresh('strong'), fresh('weak')];
  await w.group(strong, [], { roles: ['ADMIN'] });
  await w.group(weak, [id]);
  const rest = restClient(w.url, w.admin.token);
  const ways = [
    () => rest.send('POST', `/applications/${id}/roles/ADMIN`),
    () => rest.send('POST', `/groups/${encodeURIComponent(strong)}/users/app:${id}`),
    () => rest.send('PUT', `/groups/${encodeURIComponent(weak)}`, { description: 'd', roles: ['ADMIN'] }),
  ];
  for (const way of ways) {
    const { status, json } = await way();
    expect([status, json.code, json.accessKeys]).toEqual([409, 'CONFLICT', [key.id]]);
  }
  await deleteKey(manager, key.id);
  for (const way of ways) expect((await way()).status).toBe(200);
});

test('an access key counts as an administrator’s key while its creator is active and has ADMIN', async () => {
  const former = await w.user(fresh('former'), { roles: ['ADMIN'] });
  const id = await applicationBy(w.admin);
  const key = await keyBy(former, id);
  const give = () => updateApplication(w.admin, id, { roles: ['ADMIN'] });
  await updateUser(w.admin, former.id, { active: false });
  expect(described(await give())).toEqual(conflict('input.roles', key.id));
  await updateUser(w.admin, former.id, { active: true, roles: ['AUDITOR'] });
  expect(described(await give())).toEqual(conflict('input.roles', key.id));
  await w.group(fresh('admins'), [former.id], { roles: ['ADMIN'] });
  expect((await give()).code).toBeUndefined();
});

test("an access key that an application created counts as an administrator's key only if this application already had ADMIN", async () => {
  const maker = await applicationBy(manager);
  await updateApplication(w.admin, maker, { roles: ['APPLICATION_MANAGER'] });
  const mine = await keyBy(w.admin, maker);
  const asMaker = async () =>
    w.as((await signInApplication(w.anonymous, mine.id, mine.secret)).data.signInApplication.token);
  const id = await applicationBy(w.admin);
  const before = await keyBy(await asMaker(), id);
  await updateApplication(w.admin, maker, { roles: ['ADMIN'] });
  w.clock.advance({ seconds: 1 });
  const after = await keyBy(await asMaker(), id);
  const give = () => updateApplication(w.admin, id, { roles: ['ADMIN'] });
  expect(described(await give())).toEqual(conflict('input.roles', before.id));
  await deleteKey(w.admin, before.id);
  expect((await give()).code).toBeUndefined();
  expect((await signInApplication(w.anonymous, after.id, after.secret)).code).toBeUndefined();
});

test('an expired access key does not prevent an administrator from giving ADMIN to the application of the access key', async () => {
  const id = await applicationBy(manager);
  await createKey(manager, id, w.clock.in({ minutes: 1 }));
  const give = () => updateApplication(w.admin, id, { roles: ['ADMIN'] });
  expect((await give()).code).toBe('CONFLICT');
  w.clock.advance({ minutes: 2 });
  expect((await give()).code).toBeUndefined();
});
