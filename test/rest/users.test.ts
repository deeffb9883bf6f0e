// Tests the REST operations on users.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, toGlobalId } from '../../src/primitives/ids.ts';
import { createUser, signIn, updateUser } from '../access/asking.ts';
import { eventsOf } from '../audit/events.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let auditor: SomeUser;
let asAuditor: RestClient;
/** A user who has every role except ADMIN and AUDITOR. None of these roles allows managing users. */
let pia: SomeUser;
let asPia: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  asAuditor = restClient(w.url, auditor.token);
  pia = await w.user('pia', { roles: ['USER', 'METADATA_MANAGER', 'APPLICATION_MANAGER'] });
  asPia = restClient(w.url, pia.token);
});
afterAll(() => w.close());

const path = (id: string) => `/users/${encodeURIComponent(id)}`;
const put = (who: RestClient, id: string, body: unknown) => who.send('PUT', path(id), body);
const read = (who: RestClient, id: string) => who.send('GET', path(id));
const remove = (who: RestClient, id: string, body?: unknown) => who.send('DELETE', path(id), body);
const refusal = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
interface Named {
  id: string;
  name: string;
}
const roleNames = ({ roles }: { roles: Named[] }) => roles.map(({ name }) => name);
const groupIds = ({ groups }: { groups: Named[] }) => groups.map(({ id }) => id).sort();
const WORKER = { name: 'WORKER', permissions: [] };
const find = async (username: string) =>
  (
    await w.admin.get('query ($u: String!) { user(username: $u) { id email active roles groups { name } } }', {
      u: username,
    })
  ).user;

describe('REST: PUT of a user', () => {
  test('PUT creates a user with the requested fields, and returns the user', async () => {
    await w.group('ops', [], { roles: ['WORKER'] });
    const made = ok(await put(admin, 'ann', { name: 'Ann', roles: ['WORKER'], groups: ['ops'] }));
    expect(made).toEqual({
      id: 'ann',
      name: 'Ann',
      roles: [WORKER],
      groups: [{ id: 'ops', description: '', roles: [WORKER], defaultAccess: {}, contactInformation: {} }],
      uuid: (await find('ann')).id,
      contactInformation: {},
      applicationUser: false,
      orkesWorkersApp: false,
      orkesApiGateway: false,
      orkesApp: false,
    });
    expect(ok(await read(admin, 'ann'))).toEqual(made);
  });

  test.each([
    ['left out', {}, ['USER']],
    ['null', { roles: null }, ['USER']],
    ['none', { roles: [] }, []],
    ['one alone', { roles: 'AUDITOR' }, ['AUDITOR']],
    ['twice the same', { roles: ['WORKER', 'WORKER'] }, ['WORKER']],
  ])('PUT of a new user gives the user the roles %s', async (what, body, roles) => {
    expect(roleNames(ok(await put(admin, `new ${what}`, { name: 'x', ...body })))).toEqual(roles);
  });

  test('PUT of an existing user changes only those fields that the request contains', async () => {
    const bob = await w.user('bob', { roles: ['WORKER', 'AUDITOR'] });
    await updateUser(w.admin, bob.id, { email: 'bob@example.org' });
    await w.group('bobs', [bob.id]);
    const changed = ok(await put(admin, 'bob', { name: 'Robert' }));
    expect({ ...changed, roles: roleNames(changed), groups: groupIds(changed) }).toMatchObject({
      uuid: bob.id,
      name: 'Robert',
      roles: ['AUDITOR', 'WORKER'],
      groups: ['bobs'],
    });
    expect(await find('bob')).toMatchObject({ email: 'bob@example.org', active: true });
    expect(roleNames(ok(await put(admin, 'bob', { name: 'Bob', roles: 'USER' })))).toEqual(['USER']);
    expect(groupIds(ok(await read(admin, 'bob')))).toEqual(['bobs']);
    // The earlier token and the earlier password of the user are still valid.
    expect((await bob.get('{ viewer { name roles } }')).viewer).toEqual({ name: 'Bob', roles: ['USER'] });
    expect((await signIn(w.anonymous, 'bob', bob.password)).code).toBeUndefined();
  });

  test('if the id in a PUT is an e-mail address, the user receives this e-mail address, and cannot sign in before the user has a password', async () => {
    const id = 'Ada.L+x@example.org';
    expect(ok(await put(admin, id, { name: 'Ada' })).id).toBe(id);
    const ada = await find(id);
    expect(ada).toMatchObject({ email: id, active: true });
    expect((await find('ann')).email).toBeNull();
    for (const password of ['', 'null']) {
      expect((await restClient(w.url, undefined).send('POST', '/token', { email: id, password })).status).toBe(401);
    }
    const password = sentinel('password');
    await updateUser(w.admin, ada.id, { password });
    const signedIn = await restClient(w.url, undefined).send(
      'POST',
      '/token',
      { email: id, password },
      { revealing: true },
    );
    expect(signedIn.status).toBe(200);
  });

  test('PUT replaces the groups of a user, and the audit log records each joining and each leaving', async () => {
    for (const name of ['g1', 'g2', 'g3']) await w.group(name);
    const cat = ok(await put(admin, 'cat', { name: 'Cat', groups: ['g1', 'g2', 'g1'] }));
    expect(groupIds(cat)).toEqual(['g1', 'g2']);
    expect(groupIds(ok(await put(admin, 'cat', { name: 'Cat', groups: ['g2', 'g3'] })))).toEqual(['g2', 'g3']);
    expect(groupIds(ok(await put(admin, 'cat', { name: 'Cat', groups: null })))).toEqual(['g2', 'g3']);
    expect(groupIds(ok(await put(admin, 'cat', { name: 'Cat', groups: 'g1' })))).toEqual(['g1']);
    expect(groupIds(ok(await put(admin, 'cat', { name: 'Cat', groups: [] })))).toEqual([]);
    const members = [{ kind: 'USER', id: cat.uuid, name: 'cat' }];
    const moves = (await eventsOf(w.admin, { actions: ['GROUP_MEMBER_ADD', 'GROUP_MEMBER_REMOVE'] }))
      .filter(({ subject }) => /^g\d$/.test(subject?.name ?? ''))
      .reverse();
    expect(moves.map(({ action, subject }) => `${action} ${subject?.name}`)).toEqual([
      ...['GROUP_MEMBER_ADD g1', 'GROUP_MEMBER_ADD g2', 'GROUP_MEMBER_ADD g3', 'GROUP_MEMBER_REMOVE g1'],
      ...['GROUP_MEMBER_ADD g1', 'GROUP_MEMBER_REMOVE g2', 'GROUP_MEMBER_REMOVE g3', 'GROUP_MEMBER_REMOVE g1'],
    ]);
    for (const { changes, subject } of moves) {
      expect({ changes, kind: subject?.kind }).toEqual({ changes: { members }, kind: 'GROUP' });
    }
  });

  test('PUT of a user fails with 400 for an unknown role, fails with 404 for an unknown group, and changes nothing in both cases', async () => {
    await w.group('there');
    ok(await put(admin, 'dan', { name: 'Dan', roles: 'WORKER' }));
    for (const id of ['dan', 'not made']) {
      const unknownRole = { name: 'New', roles: ['USER', 'no such role'], groups: ['there'] };
      expect(refusal(await put(admin, id, unknownRole))).toEqual({
        status: 400,
        code: 'BAD_USER_INPUT',
        path: 'roles.1',
      });
      const unknownGroup = await put(admin, id, { name: 'New', roles: ['USER'], groups: ['there', 'no such group'] });
      expect(refusal(unknownGroup)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(unknownGroup.json.message).toBe('No such group: no such group.');
    }
    const dan = ok(await read(admin, 'dan'));
    expect({ name: dan.name, roles: roleNames(dan), groups: groupIds(dan) }).toEqual({
      name: 'Dan',
      roles: ['WORKER'],
      groups: [],
    });
    expect((await read(admin, 'not made')).status).toBe(404);
    expect(ok(await admin.send('GET', '/groups/there/users'))).toEqual([]);
  });

  test('a user with USER_READ_ONLY cannot be in a group, whether the user receives the role or joins the group first', async () => {
    await w.group('closed');
    expect(refusal(await put(admin, 'eve', { name: 'Eve', roles: 'USER_READ_ONLY', groups: 'closed' }))).toEqual({
      status: 409,
      code: 'CONFLICT',
      path: undefined,
    });
    expect((await read(admin, 'eve')).status).toBe(404);
    ok(await put(admin, 'eve', { name: 'Eve', roles: 'USER_READ_ONLY' }));
    expect(refusal(await put(admin, 'eve', { name: 'Eve', groups: ['closed'] })).code).toBe('CONFLICT');
    ok(await put(admin, 'eve', { name: 'Eve', roles: 'USER', groups: ['closed'] }));
    expect(refusal(await put(admin, 'eve', { name: 'Eve', roles: 'USER_READ_ONLY' })).code).toBe('CONFLICT');
    ok(await put(admin, 'eve', { name: 'Eve', roles: 'USER_READ_ONLY', groups: [] }));
  });

  test('neither a PUT of a user nor a GraphQL mutation can remove ADMIN from the last administrator', async () => {
    const answer = await put(admin, 'admin', { name: 'Administrator', roles: ['USER'] });
    expect(refusal(answer)).toMatchObject({ status: 409, code: 'LAST_ADMIN' });
    expect(roleNames(ok(await read(admin, 'admin')))).toEqual(['ADMIN']);
  });

  test('if several PUTs of a user run concurrently, one creates the user and all others change it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => put(admin, 'race', { name: `Name ${i}`, roles: ['WORKER'] })),
    );
    expect(new Set(answers.map((answer) => ok(answer).uuid)).size).toBe(1);
    const events = await eventsOf(w.admin, { actions: ['USER_CREATE', 'USER_UPDATE'] });
    const actions = events.filter(({ subject }) => subject?.name === 'race').map(({ action }) => action);
    expect(actions.reverse()).toEqual(['USER_CREATE', ...Array(4).fill('USER_UPDATE')]);
  });

  test.each([
    ['no body', undefined, 'body'],
    ['an empty object', {}, 'name'],
    ['null for a name', { name: null }, 'name'],
    ['a number for a name', { name: 7 }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a number among the roles', { name: 'x', roles: ['USER', 7] }, 'roles.1'],
    ['an object of roles', { name: 'x', roles: { USER: true } }, 'roles'],
    ['a number for groups', { name: 'x', groups: 7 }, 'groups'],
    ['a list', ['x'], 'body'],
  ])('REST refuses a PUT of a user with %s', async (_, body, at) => {
    expect(refusal(await put(admin, 'wrong', body))).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: at });
    expect((await read(admin, 'wrong')).status).toBe(404);
  });

  test.each(['app:x', `app:${toGlobalId('APPLICATION', newId())}`, 'app:'])(
    'both REST and GraphQL refuse the user id %s, because its form is reserved for applications',
    async (id) => {
      for (const who of [admin, asPia]) {
        const answers = [await put(who, id, { name: 'x' }), await remove(who, id)];
        expect(answers.map(({ status }) => status)).toEqual([400, 400]);
      }
      const answer = await createUser(w.admin, { username: id, name: 'x' });
      expect({ code: answer.code, field: answer.errors[0]?.extensions.field }).toEqual({
        code: 'BAD_USER_INPUT',
        field: 'input.username',
      });
      ok(await put(admin, `apple:${id}`, { name: 'x' }));
    },
  );
});

describe('REST: reading users', () => {
  test('ADMIN and AUDITOR see every user, all other users see only themselves, and REST gives the same answer for a hidden user as for a missing user', async () => {
    const kim = await w.user('kim', { roles: ['WORKER'] });
    const asKim = restClient(w.url, kim.token);
    for (const who of [admin, asAuditor, asKim]) expect(roleNames(ok(await read(who, 'kim')))).toEqual(['WORKER']);
    const hidden = await read(asPia, 'kim');
    const missing = await read(asPia, 'nobody');
    for (const [answer, id] of [
      [hidden, 'kim'],
      [missing, 'nobody'],
      [await read(admin, 'nobody'), 'nobody'],
    ] as const) {
      const { instance, ...rest } = answer.json;
      expect(rest).toEqual({ status: 404, code: 'NOT_FOUND', message: `No such user: ${id}.`, retryable: false });
      expect(instance).toEqual(expect.any(String));
    }
  });

  test('a caller who sees an application can read it at the path of a user, with app: and the id of the application', async () => {
    const app = await w.application('robot', { roles: ['WORKER'] });
    await w.group('robots', [app.id]);
    const id = `app:${app.id}`;
    const shown = ok(await read(admin, id));
    expect({ ...shown, groups: groupIds(shown) }).toEqual({
      id,
      name: 'robot',
      roles: [WORKER],
      groups: ['robots'],
      uuid: app.id,
      contactInformation: {},
      applicationUser: true,
      orkesWorkersApp: false,
      orkesApiGateway: false,
      orkesApp: false,
    });
    expect(ok(await admin.send('GET', `/users/${id}`))).toEqual(shown);
    expect(ok(await read(restClient(w.url, app.token), id))).toEqual(shown);
    // An application manager sees the applications, but cannot see their groups.
    const managed = ok(await read(asPia, id));
    expect(managed.groups).toEqual([
      { id: 'robots', description: '', roles: [], defaultAccess: {}, contactInformation: {} },
    ]);
    const nobody = restClient(w.url, (await w.user('stranger')).token);
    for (const unseen of [id, `app:${toGlobalId('APPLICATION', newId())}`, 'app:x']) {
      const answer = await read(nobody, unseen);
      expect({ status: answer.status, message: answer.json.message }).toEqual({
        status: 404,
        message: `No such user: ${unseen}.`,
      });
    }
  });

  test.each(['a/b', 'per cent %', 'ünï ö', 'a?b#c', 'system'])(
    'REST finds a user with the id %s by the id with which the user was created',
    async (id) => {
      expect(ok(await put(admin, id, { name: 'x' })).id).toBe(id);
      expect(ok(await read(admin, id)).id).toBe(id);
      expect(ok(await remove(admin, id))).toEqual({ message: `Deleted user '${id}'` });
    },
  );

  test('reading a user with an invalid id fails with 404', async () => {
    for (const id of ['x'.repeat(3_000), 'a\0b']) expect((await read(admin, id)).status).toBe(404);
  });
});

describe('REST: the list of users', () => {
  test('the list of users is ordered by name, and contains applications if the request includes applications', async () => {
    const app = await w.application('listed');
    const list = async (query: string, who = admin): Promise<{ id: string; applicationUser: boolean }[]> =>
      ok(await who.send('GET', `/users${query}`));
    for (const query of ['', '?apps=false', '?apps=False']) {
      const users = await list(query);
      expect(users.filter((user) => user.applicationUser)).toEqual([]);
      expect(users.map(({ id }) => id)).toEqual([...users.map(({ id }) => id)].sort());
      expect(users.map(({ id }) => id)).toEqual(expect.arrayContaining(['admin', 'pia', 'auditor']));
    }
    for (const query of ['?apps=true', '?apps=True']) {
      expect(await list(query, asAuditor)).toEqual([
        ...(await list('')),
        ...(await list(query)).filter((user) => user.applicationUser),
      ]);
      expect((await list(query)).map(({ id }) => id)).toContain(`app:${app.id}`);
    }
    expect(refusal(await admin.send('GET', '/users?apps=yes'))).toMatchObject({ status: 400, path: 'apps' });
  });

  test('listing many users takes the same number of database statements as listing a few users', async () => {
    const count = async () => {
      // Makes the gateway cache the caller's entitlements.
      await admin.send('GET', '/token/userInfo');
      const before = w.database.statements();
      ok(await admin.send('GET', '/users?apps=true'));
      return w.database.statements() - before;
    };
    await w.group('many', [], { roles: ['WORKER'] });
    const few = await count();
    for (let i = 0; i < 12; i += 1) ok(await put(admin, `many ${i}`, { name: 'x', groups: ['many'] }));
    expect(await count()).toBe(few);
  });

  test('only callers with ADMIN or AUDITOR can list users', async () => {
    for (const query of ['', '?apps=true']) {
      const answer = await asPia.send('GET', `/users${query}`);
      expect(refusal(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect(answer.json).not.toHaveProperty('error');
    }
  });
});

describe('REST: DELETE of a user', () => {
  test("DELETE of a user ends the user's tokens, roles, groups and grants, and returns a message", async () => {
    const gus = await w.user('gus', { roles: ['USER'] });
    await w.group('guses', [gus.id]);
    await w.grant(gus.id, 'READ', 'gus:tag');
    expect(ok(await remove(admin, 'gus'))).toEqual({ message: "Deleted user 'gus'" });
    expect((await restClient(w.url, gus.token).send('GET', '/token/userInfo')).json.error).toBe('INVALID_TOKEN');
    expect(ok(await admin.send('GET', '/groups/guses/users'))).toEqual([]);
    const [event] = await eventsOf(w.admin, { actions: ['USER_DELETE'] });
    expect(event).toMatchObject({ outcome: 'DONE', subject: { kind: 'USER', id: gus.id, name: 'gus' } });
    for (const id of ['gus', 'never there']) {
      const answer = await remove(admin, id);
      expect(refusal(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(answer.json.message).toBe(`No such user: ${id}.`);
    }
    // A second PUT creates a new user.
    expect(ok(await put(admin, 'gus', { name: 'Gus' })).uuid).not.toBe(gus.id);
  });

  test('DELETE of a user ignores a request body, and cannot delete the last administrator', async () => {
    ok(await put(admin, 'hal', { name: 'Hal' }));
    expect(ok(await remove(admin, 'hal', {}))).toEqual({ message: "Deleted user 'hal'" });
    expect(refusal(await remove(admin, 'admin'))).toMatchObject({ status: 409, code: 'LAST_ADMIN' });
  });
});

test('a request to send an invitation to an existing user fails with 501', async () => {
  ok(await put(admin, 'ina@example.org', { name: 'Ina' }));
  const invite = (who: RestClient, id: string, body?: unknown) => who.send('POST', `${path(id)}/sendInviteEmail`, body);
  for (const body of [undefined, {}]) {
    expect(refusal(await invite(admin, 'ina@example.org', body))).toMatchObject({
      status: 501,
      code: 'NOT_IMPLEMENTED',
    });
  }
  expect(refusal(await invite(admin, 'nobody'))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  for (const id of ['ina@example.org', 'nobody']) {
    expect(refusal(await invite(asPia, id))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  }
});

test('callers without ADMIN cannot change any user, not even themselves, and do not learn which users exist', async () => {
  ok(await put(admin, 'target', { name: 'Target' }));
  for (const who of [asPia, asAuditor]) {
    for (const id of ['pia', 'target', 'nobody at all']) {
      for (const answer of [
        await put(who, id, { name: 'x', roles: ['ADMIN'], groups: ['no such group'] }),
        await put(who, id, { name: 'x', roles: ['no such role'] }),
        await remove(who, id),
      ]) {
        expect(refusal(answer)).toEqual({ status: 403, code: 'FORBIDDEN', path: undefined });
        expect(answer.json).not.toHaveProperty('error');
      }
    }
  }
  const refused = await eventsOf(w.admin, { actorId: pia.id, outcome: 'REFUSED' });
  expect(refused.map(({ action, subject }) => `${action} ${subject?.name}`).slice(0, 3)).toEqual([
    ...['USER_DELETE nobody at all', 'USER_UPDATE nobody at all', 'USER_UPDATE nobody at all'],
  ]);
  expect(roleNames(ok(await read(asPia, 'pia')))).not.toContain('ADMIN');
});
