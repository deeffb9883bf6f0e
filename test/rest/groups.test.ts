// Tests the REST operations on groups and their members.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, toGlobalId } from '../../src/primitives/ids.ts';
import { createGroup } from '../access/asking.ts';
import { eventsOf } from '../audit/events.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let asAuditor: RestClient;
let pia: SomeUser;
let asPia: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  asAuditor = restClient(w.url, (await w.user('auditor', { roles: ['AUDITOR'] })).token);
  pia = await w.user('pia', { roles: ['USER', 'METADATA_MANAGER', 'APPLICATION_MANAGER'] });
  asPia = restClient(w.url, pia.token);
});
afterAll(() => w.close());

const path = (name: string) => `/groups/${encodeURIComponent(name)}`;
const put = (who: RestClient, name: string, body: unknown) => who.send('PUT', path(name), body);
const read = (who: RestClient, name: string) => who.send('GET', path(name));
const remove = (who: RestClient, name: string, body?: unknown) => who.send('DELETE', path(name), body);
const join = (who: RestClient, group: string, users: unknown) => who.send('POST', `${path(group)}/users`, users);
const leave = (who: RestClient, group: string, users: unknown) => who.send('DELETE', `${path(group)}/users`, users);
const one = (group: string, user: string) => `${path(group)}/users/${encodeURIComponent(user)}`;
const refusal = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
/** The empty answer that clients expect: no body and `Content-Length: 0`. */
const expectEmpty = ({ status, text, headers }: RestAnswer) =>
  expect({ status, text, length: headers.get('content-length') }).toEqual({ status: 200, text: '', length: '0' });
const members = async (group: string, who = admin): Promise<string[]> =>
  ok(await who.send('GET', `${path(group)}/users`)).map(({ id }: { id: string }) => id);
const roleNames = ({ roles }: { roles: { name: string }[] }) => roles.map(({ name }) => name);

let serial = 0;
/** Creates a group, and users with these names who are not members of the group. */
async function groupAnd(...users: string[]): Promise<string> {
  const name = `group ${++serial}`;
  ok(await put(admin, name, { description: 'one of many' }));
  for (const user of users) ok(await admin.send('PUT', `/users/${encodeURIComponent(user)}`, { name: user }));
  return name;
}

describe('REST: PUT of a group', () => {
  test('PUT creates a group with the requested roles, or without roles if the request contains no roles', async () => {
    const made = ok(
      await put(admin, 'ops', {
        description: 'Those on duty',
        roles: ['WORKER'],
        defaultAccess: { WORKFLOW_DEF: ['READ', 'EXECUTE'], TASK_DEF: [] },
      }),
    );
    expect(made).toEqual({
      id: 'ops',
      description: 'Those on duty',
      roles: [{ name: 'WORKER', permissions: [] }],
      defaultAccess: { WORKFLOW_DEF: ['READ', 'EXECUTE'], TASK_DEF: [] },
      contactInformation: {},
    });
    expect(ok(await read(admin, 'ops'))).toEqual(made);
    const plain = ok(await put(admin, 'plain', { description: '' }));
    expect(plain).toEqual({ id: 'plain', description: '', roles: [], defaultAccess: {}, contactInformation: {} });
    const [made1, made2] = await eventsOf(w.admin, { actions: ['GROUP_CREATE'] });
    expect([made2, made1]).toMatchObject([
      { subject: { kind: 'GROUP', name: 'ops' }, changes: { roles: ['WORKER'] } },
      { subject: { kind: 'GROUP', name: 'plain' } },
    ]);
  });

  test('PUT changes only those fields of a group that the request contains, and does not change the members', async () => {
    const id = await w.group('kept', [pia.id], { roles: ['WORKER'] });
    ok(await put(admin, 'kept', { description: 'a', defaultAccess: { TASK_DEF: ['READ'] } }));
    const changed = ok(await put(admin, 'kept', { description: 'b' }));
    expect({ ...changed, roles: roleNames(changed) }).toMatchObject({
      description: 'b',
      roles: ['WORKER'],
      defaultAccess: { TASK_DEF: ['READ'] },
    });
    for (const [roles, names] of [
      [null, ['WORKER']],
      ['USER', ['USER']],
      [
        ['WORKER', 'USER'],
        ['USER', 'WORKER'],
      ],
      [[], []],
    ] as const) {
      expect(roleNames(ok(await put(admin, 'kept', { description: 'b', roles })))).toEqual(names);
    }
    expect(ok(await put(admin, 'kept', { description: 'b', defaultAccess: {} })).defaultAccess).toEqual({});
    expect((await w.admin.get('{ group(name: "kept") { id description } }')).group).toEqual({ id, description: 'b' });
    expect(await members('kept')).toEqual(['pia']);
  });

  test('the field for the default access of a group gives its members no access', async () => {
    await w.group('defaulted', [pia.id]);
    ok(await put(admin, 'defaulted', { description: '', defaultAccess: { WORKFLOW_DEF: ['READ', 'UPDATE'] } }));
    const { permissions } = (await w.admin.get('{ group(name: "defaulted") { permissions { nodes { access } } } }'))
      .group;
    expect(permissions.nodes).toEqual([]);
  });

  test.each([
    ['no body', undefined, 'body'],
    ['no description', {}, 'description'],
    ['a number for a description', { description: 7 }, 'description'],
    ['a long description', { description: 'x'.repeat(2_001) }, 'description'],
    ['an unknown role', { description: 'x', roles: ['USER', 'nope'] }, 'roles.1'],
    ['USER_READ_ONLY', { description: 'x', roles: ['USER_READ_ONLY'] }, 'roles'],
    ['a list of default accesses', { description: 'x', defaultAccess: ['READ'] }, 'defaultAccess'],
    ['default access to secrets', { description: 'x', defaultAccess: { SECRET_NAME: ['READ'] } }, 'defaultAccess'],
    ['default access by a tag', { description: 'x', defaultAccess: { TAG: ['READ'] } }, 'defaultAccess'],
    ['an unknown access', { description: 'x', defaultAccess: { TASK_DEF: ['SEE'] } }, 'defaultAccess.TASK_DEF'],
    ['an access alone', { description: 'x', defaultAccess: { TASK_DEF: 'READ' } }, 'defaultAccess.TASK_DEF'],
    ['an access twice', { description: 'x', defaultAccess: { TASK_DEF: ['READ', 'READ'] } }, 'defaultAccess.TASK_DEF'],
  ])('REST refuses a PUT of a group with %s, and the group does not change', async (_, body, at) => {
    expect(refusal(await put(admin, 'wrong', body))).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: at });
    expect((await read(admin, 'wrong')).status).toBe(404);
    ok(await put(admin, 'right', { description: 'right', roles: ['WORKER'] }));
    expect(refusal(await put(admin, 'right', body)).status).toBe(400);
    expect(ok(await read(admin, 'right'))).toMatchObject({ description: 'right', roles: [{ name: 'WORKER' }] });
  });

  test('if several PUTs of a group run concurrently, one creates the group and all others change it; a PUT also succeeds if GraphQL creates the group at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => put(admin, 'race', { description: `${i}`, roles: ['WORKER'] })),
    );
    for (const answer of answers) ok(answer);
    const events = await eventsOf(w.admin, { actions: ['GROUP_CREATE', 'GROUP_UPDATE'] });
    const actions = events.filter(({ subject }) => subject?.name === 'race').map(({ action }) => action);
    expect(actions.reverse()).toEqual(['GROUP_CREATE', ...Array(4).fill('GROUP_UPDATE')]);

    for (let i = 0; i < 5; i += 1) {
      const name = `race ${i}`;
      const [byRest, byGraphQL] = await Promise.all([
        put(admin, name, { description: 'rest' }),
        createGroup(w.admin, { name }),
      ]);
      expect(byRest.status).toBe(200);
      expect([undefined, 'NAME_TAKEN']).toContain(byGraphQL.code);
      expect(ok(await read(admin, name)).description).toBe('rest');
    }
  });

  test('neither a PUT of a group nor a GraphQL mutation can remove ADMIN from the last administrator', async () => {
    const admins = await world();
    try {
      const boss = restClient(admins.url, admins.admin.token);
      const { viewer } = await admins.admin.get('{ viewer { id } }');
      ok(await put(boss, 'admins', { description: '', roles: 'ADMIN' }));
      ok(await join(boss, 'admins', ['admin']));
      ok(await boss.send('PUT', '/users/admin', { name: 'Administrator', roles: [] }));
      const answers = [
        await put(boss, 'admins', { description: '', roles: [] }),
        await leave(boss, 'admins', ['admin']),
        await boss.send('DELETE', '/groups/admins/users/admin'),
        await remove(boss, 'admins'),
        await boss.send('PUT', '/users/admin', { name: 'Administrator', groups: [] }),
      ];
      expect(answers.map(refusal)).toEqual(Array(5).fill({ status: 409, code: 'LAST_ADMIN', path: undefined }));
      expect((await admins.admin.get('{ viewer { id } }')).viewer).toEqual(viewer);
    } finally {
      await admins.close();
    }
  });
});

describe('REST: reading groups', () => {
  test('members see their groups, ADMIN and AUDITOR see all groups, and REST gives the same answer for a hidden group as for a missing group', async () => {
    const kim = await w.user('kim');
    await w.group('seen', [kim.id], { roles: ['WORKER'] });
    const asKim = restClient(w.url, kim.token);
    for (const who of [admin, asAuditor, asKim]) {
      expect(ok(await read(who, 'seen'))).toMatchObject({ id: 'seen', roles: [{ name: 'WORKER' }] });
      expect(await members('seen', who)).toEqual(['kim']);
    }
    expect(ok(await asKim.send('GET', '/groups')).map(({ id }: { id: string }) => id)).toEqual(['seen']);
    const all = ok(await admin.send('GET', '/groups'));
    expect(ok(await asAuditor.send('GET', '/groups'))).toEqual(all);
    expect(all.map(({ id }: { id: string }) => id)).toEqual(all.map(({ id }: { id: string }) => id).sort());
    for (const [who, id] of [
      [asPia, 'seen'],
      [asPia, 'no such group'],
      [admin, 'no such group'],
    ] as const) {
      for (const answer of [await read(who, id), await who.send('GET', `${path(id)}/users`)]) {
        expect({ ...refusal(answer), message: answer.json.message }).toMatchObject({
          status: 404,
          code: 'NOT_FOUND',
          message: `No such group: ${id}.`,
        });
      }
    }
  });

  test('REST lists the members of a group in joining order, as users and applications, with their groups if the caller may see these groups', async () => {
    const [lea, mia] = [await w.user('lea', { roles: ['WORKER'] }), await w.user('mia', { roles: ['WORKER'] })];
    const app = await w.application('led');
    await w.group('mixed', [mia.id, app.id, lea.id]);
    const shown = ok(await admin.send('GET', '/groups/mixed/users'));
    expect(shown.map(({ id }: { id: string }) => id)).toEqual(['mia', `app:${app.id}`, 'lea']);
    expect(shown[1]).toMatchObject({ applicationUser: true, uuid: app.id, groups: [{ id: 'mixed' }] });
    const byLea = ok(await restClient(w.url, lea.token).send('GET', '/groups/mixed/users'));
    expect(byLea.map(roleNames)).toEqual([[], [], ['WORKER']]);
    expect(byLea.map(({ groups }: { groups: object[] }) => groups.length)).toEqual([0, 0, 1]);
  });

  test('listing many groups and members takes the same number of database statements as listing a few groups and members', async () => {
    const count = async (what: string) => {
      // Makes the gateway cache the caller's entitlements.
      await admin.send('GET', '/token/userInfo');
      const before = w.database.statements();
      ok(await admin.send('GET', what));
      return w.database.statements() - before;
    };
    const group = await groupAnd('few 1');
    ok(await join(admin, group, ['few 1']));
    const few = [await count('/groups'), await count(`${path(group)}/users`)];
    await groupAnd('few 2', 'few 3');
    await groupAnd('few 4');
    ok(await join(admin, group, ['few 2', 'few 3', 'few 4']));
    expect([await count('/groups'), await count(`${path(group)}/users`)]).toEqual(few);
  });

  test.each(['a/b', 'per cent %', 'ünï ☃', 'users'])(
    'REST finds a group named %s by the name with which it was created',
    async (name) => {
      expect(ok(await put(admin, name, { description: 'x' })).id).toBe(name);
      expect(ok(await read(admin, name)).id).toBe(name);
      expect(await members(name)).toEqual([]);
      expect(ok(await remove(admin, name))).toEqual({ message: `Deleted group '${name}'` });
    },
  );
});

describe('REST: members of groups', () => {
  test('REST adds and removes single members of a group, with or without a request body, and a repeated request succeeds', async () => {
    const app = await w.application('joiner');
    const group = await groupAnd('nia');
    const empty = { headers: { 'content-type': 'application/json' } };
    expectEmpty(await admin.send('POST', one(group, 'nia')));
    expectEmpty(await admin.send('POST', one(group, 'nia'), {}));
    expectEmpty(await admin.send('POST', one(group, `app:${app.id}`), '', empty));
    expect(await members(group)).toEqual(['nia', `app:${app.id}`]);
    expectEmpty(await admin.send('DELETE', one(group, 'nia'), {}));
    expectEmpty(await admin.send('DELETE', one(group, 'nia')));
    expectEmpty(await admin.send('DELETE', one(group, `app:${app.id}`), '', empty));
    expect(await members(group)).toEqual([]);
  });

  test('a REST request that adds or removes group members changes the group completely or not at all', async () => {
    const app = await w.application('lister');
    const group = await groupAnd('ona', 'pam@example.org');
    expectEmpty(await join(admin, group, ['ona', `app:${app.id}`, 'ona']));
    expectEmpty(await join(admin, group, ['ona', 'pam@example.org']));
    expectEmpty(await join(admin, group, []));
    expect(await members(group)).toEqual(['ona', `app:${app.id}`, 'pam@example.org']);
    const unknown = await leave(admin, group, ['ona', 'nobody']);
    expect({ ...refusal(unknown), message: unknown.json.message }).toMatchObject({
      status: 404,
      message: 'No such user: nobody.',
    });
    expect(await members(group)).toHaveLength(3);
    expectEmpty(await leave(admin, group, ['ona', `app:${app.id}`, 'kim']));
    expectEmpty(await leave(admin, group, JSON.stringify('pam@example.org')));
    expect(await members(group)).toEqual([]);
    const events = await eventsOf(w.admin, { actions: ['GROUP_MEMBER_ADD'] });
    const described = events.filter(({ subject }) => subject?.name === group).map(({ changes }) => changes?.members);
    expect(described.reverse()).toMatchObject([
      [{ name: 'ona' }, { name: 'lister' }],
      [{ name: 'pam@example.org' }],
      [],
    ]);
  });

  test('a REST request that adds or removes group members accepts at most 1,000 members', async () => {
    const group = await groupAnd('quy');
    const many = Array.from({ length: 1_000 }, () => 'quy');
    expectEmpty(await join(admin, group, many));
    expect(refusal(await join(admin, group, [...many, 'quy']))).toEqual({
      status: 400,
      code: 'BAD_USER_INPUT',
      path: 'members',
    });
  });

  test('one REST request can add several hundred users to a group', async () => {
    const group = await groupAnd();
    await w.database.query(
      `INSERT INTO users (id, username, name_key, name, created_at)
       SELECT gen_random_uuid(), 'crowd ' || n, 'crowd ' || n, 'x', now() FROM generate_series(1, 300) n`,
    );
    const crowd = Array.from({ length: 300 }, (_, i) => `crowd ${i + 1}`);
    expectEmpty(await join(admin, group, crowd));
    expect((await members(group)).sort()).toEqual([...crowd].sort());
    expect((await join(admin, group, [...crowd, 'nobody'])).status).toBe(404);
    expectEmpty(await leave(admin, group, crowd));
    expect(await members(group)).toEqual([]);
  });

  test('if a principal or a group is missing, adding the principal to the group fails with 404, and the error contains the missing id', async () => {
    const group = await groupAnd('rae');
    const gone = `app:${toGlobalId('APPLICATION', newId())}`;
    for (const [answer, message] of [
      [await admin.send('POST', one(group, 'nobody')), 'No such user: nobody.'],
      [await admin.send('DELETE', one(group, 'nobody')), 'No such user: nobody.'],
      [await admin.send('POST', one(group, gone)), `No such application: ${gone}.`],
      [await admin.send('POST', one(group, 'app:x')), 'No such user: app:x.'],
      [await admin.send('POST', one('no such group', 'rae')), 'No such group: no such group.'],
      [await admin.send('DELETE', one('no such group', 'rae')), 'No such group: no such group.'],
      [await join(admin, 'no such group', ['rae']), 'No such group: no such group.'],
      [await leave(admin, 'no such group', []), 'No such group: no such group.'],
      [await join(admin, group, ['rae', 'nobody']), 'No such user: nobody.'],
    ] as const) {
      expect({ status: answer.status, code: answer.json.code, message: answer.json.message }).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message,
      });
    }
    expect(await members(group)).toEqual([]);
  });

  test('a request that adds a user with USER_READ_ONLY to a group fails, and adds none of the remaining users', async () => {
    const group = await groupAnd('sam');
    await w.user('reader', { roles: ['USER_READ_ONLY'] });
    for (const answer of [
      await admin.send('POST', one(group, 'reader')),
      await join(admin, group, ['sam', 'reader']),
    ]) {
      expect(refusal(answer)).toMatchObject({ status: 409, code: 'CONFLICT' });
    }
    expect(await members(group)).toEqual([]);
  });

  test.each([
    ['missing', undefined],
    ['an object', { users: ['ona'] }],
    ['a list with a number', [7]],
    ['a list with null', [null]],
  ])('REST refuses a list of group members that is %s', async (_, body) => {
    const group = await groupAnd();
    for (const answer of [await join(admin, group, body), await leave(admin, group, body)]) {
      expect(refusal(answer)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    }
  });
});

test('DELETE of a group ends its memberships and roles, returns a message and ignores a request body', async () => {
  const tia = await w.user('tia');
  await w.group('tias', [tia.id], { roles: ['AUDITOR'] });
  expect((await restClient(w.url, tia.token).send('GET', '/users')).status).toBe(200);
  expect(ok(await remove(admin, 'tias', {}))).toEqual({ message: "Deleted group 'tias'" });
  expect((await restClient(w.url, tia.token).send('GET', '/users')).status).toBe(403);
  expect(ok(await admin.send('GET', '/users/tia')).groups).toEqual([]);
  const answer = await remove(admin, 'tias');
  expect({ status: answer.status, message: answer.json.message }).toEqual({
    status: 404,
    message: 'No such group: tias.',
  });
});

test('only callers with ADMIN can change groups through REST, and other callers do not learn which groups exist', async () => {
  await w.group('guarded', [pia.id]);
  for (const who of [asPia, asAuditor]) {
    for (const group of ['guarded', 'no such group']) {
      for (const answer of [
        await put(who, group, { description: 'x', roles: ['no such role'] }),
        await remove(who, group),
        await who.send('POST', one(group, 'pia')),
        await who.send('DELETE', one(group, 'pia')),
        await join(who, group, ['pia', 'nobody']),
        await leave(who, group, ['pia', 'nobody']),
      ]) {
        expect(refusal(answer)).toEqual({ status: 403, code: 'FORBIDDEN', path: undefined });
        expect(answer.json).not.toHaveProperty('error');
      }
    }
  }
  expect(await members('guarded')).toEqual(['pia']);
});

test('the audit event of a PUT of a group contains only changes of the description and of the fields for workflow engines', async () => {
  const [before, after] = [{ WORKFLOW_DEF: ['READ'] }, { WORKFLOW_DEF: ['READ', 'EXECUTE'] }];
  ok(await put(admin, 'recorded', { description: 'one', defaultAccess: before }));
  ok(await put(admin, 'recorded', { description: 'two', defaultAccess: after }));
  ok(await put(admin, 'recorded', { description: 'two', defaultAccess: after }));
  const events = await eventsOf(w.admin, { actions: ['GROUP_CREATE', 'GROUP_UPDATE'] });
  const ours = events.filter(({ subject }) => subject?.name === 'recorded').reverse();
  expect(ours.map(({ changes }) => changes)).toEqual([
    { defaultAccess: before },
    { fields: ['description'], defaultAccess: { from: before, to: after } },
    { fields: [] },
  ]);
});
