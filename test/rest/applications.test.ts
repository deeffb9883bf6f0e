// Tests the REST operations on applications, and on their access keys and roles.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, toGlobalId } from '../../src/primitives/ids.ts';
import { createKey as createKeyByGraphQL } from '../access/asking.ts';
import { eventsOf } from '../audit/events.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { remember } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let owner: SomeUser;
let asOwner: RestClient;
let other: SomeUser;
let asOther: RestClient;
let asManager: RestClient;
let asAuditor: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  owner = await w.user('owner', { roles: ['USER'] });
  asOwner = restClient(w.url, owner.token);
  other = await w.user('other', { roles: ['USER'] });
  asOther = restClient(w.url, other.token);
  asManager = restClient(w.url, (await w.user('manager', { roles: ['APPLICATION_MANAGER'] })).token);
  asAuditor = restClient(w.url, (await w.user('auditor', { roles: ['AUDITOR'] })).token);
});
afterAll(() => w.close());

const ABSENT = toGlobalId('APPLICATION', newId());
const NO_KEY = toGlobalId('ACCESS_KEY', newId());
const EMPTY_JSON = { headers: { 'content-type': 'application/json' } };
const refusal = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
const expectEmpty = ({ status, text, headers }: RestAnswer) =>
  expect({ status, text, length: headers.get('content-length') }).toEqual({ status: 200, text: '', length: '0' });
const expectAbsent = (answer: RestAnswer, message: string) =>
  expect({ status: answer.status, code: answer.json.code, message: answer.json.message }).toEqual({
    status: 404,
    code: 'NOT_FOUND',
    message,
  });

const create = async (who: RestClient, name = 'made'): Promise<string> =>
  ok(await who.send('POST', '/applications', { name })).id;
const read = (who: RestClient, id: string) => who.send('GET', `/applications/${id}`);
const keys = (who: RestClient, id: string) => who.send('GET', `/applications/${id}/accessKeys`);
/** The answer contains the secret of the access key. */
const createKey = async (who: RestClient, id: string, body?: unknown, options = {}): Promise<RestAnswer> => {
  const answer = await who.send('POST', `/applications/${id}/accessKeys`, body, { ...options, revealing: true });
  if (answer.json.secret !== undefined) remember(answer.json.secret);
  return answer;
};
const toggle = (who: RestClient, id: string, key: string, body?: unknown, options = {}) =>
  who.send('POST', `/applications/${id}/accessKeys/${key}/status`, body, options);
const removeKey = (who: RestClient, id: string, key: string, body?: unknown) =>
  who.send('DELETE', `/applications/${id}/accessKeys/${key}`, body);
const addRole = (who: RestClient, id: string, role: string, body?: unknown, options = {}) =>
  who.send('POST', `/applications/${id}/roles/${encodeURIComponent(role)}`, body, options);
const removeRole = (who: RestClient, id: string, role: string, body?: unknown) =>
  who.send('DELETE', `/applications/${id}/roles/${encodeURIComponent(role)}`, body);
const rolesOf = async (id: string): Promise<string[]> =>
  ok(await admin.send('GET', `/users/app:${id}`)).roles.map(({ name }: { name: string }) => name);
const signIn = async (keyId: string, keySecret: string) =>
  (await restClient(w.url, undefined).send('POST', '/token', { keyId, keySecret }, { revealing: true })).status;

describe('REST operations on an application', () => {
  test('the creator of an application can create, read, rename and delete it through REST', async () => {
    const before = w.clock.now().getTime();
    const made = ok(await asOwner.send('POST', '/applications', { name: 'post' }));
    expect(made).toEqual({
      id: expect.stringMatching(/^app_[0-9a-f]{32}$/),
      name: 'post',
      createdBy: 'owner',
      updatedBy: 'owner',
      createTime: expect.any(Number),
      updateTime: made.createTime,
      tags: [],
    });
    expect(made.createTime).toBeGreaterThanOrEqual(before);
    expect(ok(await read(asOwner, made.id))).toEqual(made);
    expect(await rolesOf(made.id)).toEqual([]);

    w.clock.advance({ seconds: 5 });
    const renamed = ok(await asManager.send('PUT', `/applications/${made.id}`, { name: 'mail' }));
    expect(renamed).toEqual({
      ...made,
      name: 'mail',
      updatedBy: 'manager',
      updateTime: expect.any(Number),
    });
    expect(renamed.updateTime).toBeGreaterThanOrEqual(made.createTime + 5_000);

    const deleted = ok(await asOwner.send('DELETE', `/applications/${made.id}`, {}));
    expect(deleted).toEqual({ message: `Deleted Application '${made.id}'` });
    for (const answer of [
      await read(asOwner, made.id),
      await asOwner.send('PUT', `/applications/${made.id}`, { name: 'x' }),
      await asOwner.send('DELETE', `/applications/${made.id}`),
    ]) {
      expectAbsent(answer, `No such application: ${made.id}.`);
    }
  });

  test('a REST answer about an application contains the id of its creator, unless the creator was deleted', async () => {
    const maker = await w.application('maker', { roles: ['APPLICATION_CREATOR'] });
    const byMaker = await create(restClient(w.url, maker.token));
    expect(ok(await read(admin, byMaker)).createdBy).toBe(`app:${maker.id}`);
    const passing = await w.user('passing', { roles: ['USER'] });
    const byPassing = await create(restClient(w.url, passing.token));
    ok(await admin.send('DELETE', '/users/passing'));
    expect(ok(await read(admin, byPassing))).toMatchObject({ createdBy: '', updatedBy: '' });
  });

  test('a REST answer about an application contains its tags', async () => {
    const id = await create(asOwner, 'tagged');
    expectEmpty(await asOwner.send('PUT', `/applications/${id}/tags`, [{ key: 'env', value: 'prod' }]));
    expect(ok(await read(asOwner, id)).tags).toEqual([{ key: 'env', value: 'prod' }]);
    const listed = ok(await asOwner.send('GET', '/applications'));
    expect(listed.find((one: { id: string }) => one.id === id).tags).toEqual([{ key: 'env', value: 'prod' }]);
  });

  test.each([
    ['no body', undefined, 'body'],
    ['no name', {}, 'name'],
    ['null for a name', { name: null }, 'name'],
    ['a number for a name', { name: 7 }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a long name', { name: 'x'.repeat(256) }, 'name'],
  ])('REST refuses to create or rename an application with %s', async (_, body, at) => {
    const id = await create(asOwner);
    for (const answer of [
      await asOwner.send('POST', '/applications', body),
      await asOwner.send('PUT', `/applications/${id}`, body),
    ]) {
      expect(refusal(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: at });
    }
  });

  test('callers with one of four roles can create applications through REST', async () => {
    const answer = await asAuditor.send('POST', '/applications', { name: 'x' });
    expect(refusal(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(answer.json).not.toHaveProperty('error');
  });
});

describe('roles and description in the body of a REST request', () => {
  const READ = 'query ($i: ID!) { application(id: $i) { description roles } }';
  const described = async (id: string) => (await w.admin.get(READ, { i: id })).application;

  test('PUT sets the roles and the description of an application, and does not change fields that the body omits', async () => {
    const body = { name: 'whole', description: 'what for', roles: ['WORKER', 'METADATA_API'] };
    const { id } = ok(await asOwner.send('POST', '/applications', body));
    expect(await described(id)).toEqual({ description: 'what for', roles: ['METADATA_API', 'WORKER'] });
    ok(await asOwner.send('PUT', `/applications/${id}`, { name: 'renamed' }));
    expect(await described(id)).toEqual({ description: 'what for', roles: ['METADATA_API', 'WORKER'] });
    ok(await asOwner.send('PUT', `/applications/${id}`, { name: 'renamed', description: 'else', roles: 'WORKER' }));
    expect(await described(id)).toEqual({ description: 'else', roles: ['WORKER'] });
  });

  test('REST refuses the same roles of an application as GraphQL: unknown roles, and without ADMIN the roles that the owner of an application may not give', async () => {
    const made = await create(asOwner);
    const asked = (who: RestClient, roles: string[]) => [
      who.send('POST', '/applications', { name: 'strong', roles }),
      who.send('PUT', `/applications/${made}`, { name: 'strong', roles }),
    ];
    for (const answer of await Promise.all(asked(asOwner, ['WORKER', 'USER'])))
      expect([answer.status, answer.json.code]).toEqual([403, 'ESCALATION']);
    for (const answer of await Promise.all(asked(admin, ['NO_SUCH'])))
      expect([answer.status, answer.json.code]).toEqual([400, 'BAD_USER_INPUT']);
    for (const answer of await Promise.all(asked(admin, ['USER'])))
      expect(await described(ok(answer).id)).toMatchObject({ roles: ['USER'] });
    expect((await asOwner.send('PUT', `/applications/${made}`, { name: 'weak', roles: [] })).json.code).toBe(
      'ESCALATION',
    );
  });
});

test('if a REST request contains fields that only GraphQL can change, REST refuses the request instead of ignoring the fields', async () => {
  const id = await create(asOwner);
  const asked: [string, RestAnswer][] = [
    ['expiresAt', await createKey(asOwner, id, { expiresAt: '2999-01-01T00:00:00Z' })],
    ['email', await admin.send('PUT', '/users/somebody', { name: 'Somebody', email: 'some@body' })],
    ['password', await admin.send('PUT', '/users/somebody', { name: 'Somebody', password: 'a long enough one' })],
    ['active', await admin.send('PUT', '/users/somebody', { name: 'Somebody', active: false })],
  ];
  for (const [path, answer] of asked) expect(refusal(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path });
  expect((await keys(asOwner, id)).json).toEqual([]);
});

describe('the REST list of applications', () => {
  test('through REST, ADMIN, AUDITOR and APPLICATION_MANAGER list all applications, a USER lists only applications that the user created, and an application lists only itself', async () => {
    const mine = await create(asOther, 'only mine');
    const itself = await w.application('itself');
    const ids = async (who: RestClient): Promise<string[]> =>
      ok(await who.send('GET', '/applications')).map(({ id }: { id: string }) => id);
    const all = await ids(admin);
    expect(all).toEqual(expect.arrayContaining([mine, itself.id]));
    for (const who of [asAuditor, asManager]) expect(await ids(who)).toEqual(all);
    expect(await ids(asOther)).toEqual([mine]);
    expect(await ids(restClient(w.url, itself.token))).toEqual([itself.id]);
  });

  test('listing many applications through REST takes the same number of database statements as listing a few applications', async () => {
    const count = async () => {
      // Makes the gateway cache the caller's entitlements.
      await admin.send('GET', '/token/userInfo');
      const before = w.database.statements();
      ok(await admin.send('GET', '/applications'));
      return w.database.statements() - before;
    };
    const few = await count();
    for (let i = 0; i < 8; i += 1) await create(i % 2 === 0 ? asOwner : asOther, `many ${i}`);
    expect(await count()).toBe(few);
  });
});

describe('REST operations on access keys', () => {
  test('REST creates an access key with or without a request body, shows its secret once, and lists the access key', async () => {
    const id = await create(asOwner);
    expect(ok(await keys(asOwner, id))).toEqual([]);
    const made = [
      await createKey(asOwner, id),
      await createKey(asOwner, id, {}),
      await createKey(asOwner, id, '', EMPTY_JSON),
    ].map(ok);
    for (const key of made) {
      expect(key).toEqual({ id: expect.stringMatching(/^key_[0-9a-f]{32}$/), secret: expect.any(String) });
      expect(await signIn(key.id, key.secret)).toBe(200);
    }
    const listed = ok(await keys(asOwner, id));
    expect(listed).toEqual(made.map((key) => ({ id: key.id, createdAt: expect.any(Number), status: 'ACTIVE' })));
    expect(Math.abs(listed[0].createdAt - w.clock.now().getTime())).toBeLessThan(60_000);
    for (const who of [asAuditor, asManager, admin]) expect(ok(await keys(who, id))).toEqual(listed);
  });

  test('a toggle request with or without a body deactivates and activates an access key, and its tokens become invalid', async () => {
    const id = await create(asOwner);
    const key = ok(await createKey(asOwner, id));
    const { json } = await restClient(w.url, undefined).send(
      'POST',
      '/token',
      { keyId: key.id, keySecret: key.secret },
      { revealing: true },
    );
    const itself = restClient(w.url, json.token);
    ok(await itself.send('GET', '/token/userInfo'));
    const off = ok(await toggle(asOwner, id, key.id));
    expect(off).toEqual({ id: key.id, createdAt: expect.any(Number), status: 'INACTIVE' });
    expect((await itself.send('GET', '/token/userInfo')).json.error).toBe('INVALID_TOKEN');
    expect(await signIn(key.id, key.secret)).toBe(401);
    expect(ok(await keys(asOwner, id))).toEqual([off]);
    expect(ok(await toggle(asOwner, id, key.id, {})).status).toBe('ACTIVE');
    expect(await signIn(key.id, key.secret)).toBe(200);
    expect(ok(await toggle(asOwner, id, key.id, '', EMPTY_JSON)).status).toBe('INACTIVE');
  });

  test('two concurrent toggle requests change the status of an access key twice', async () => {
    const id = await create(asOwner);
    const key = ok(await createKey(asOwner, id));
    for (const times of [2, 4, 5]) {
      const before = ok(await keys(asOwner, id))[0].status;
      const answers = await Promise.all(Array.from({ length: times }, () => toggle(asOwner, id, key.id)));
      const statuses = answers.map((answer) => ok(answer).status);
      const off = statuses.filter((status) => status === 'INACTIVE').length;
      expect(Math.abs(off - (times - off))).toBe(times % 2);
      expect(ok(await keys(asOwner, id))[0].status === before).toBe(times % 2 === 0);
    }
    const updates = await eventsOf(w.admin, { actions: ['ACCESS_KEY_UPDATE'], outcome: 'DONE' });
    const own = updates.filter(({ subject }) => subject?.id === key.id).reverse();
    expect(own.map(({ changes }) => changes)).toEqual(
      Array.from({ length: 11 }, (_, i) => ({ active: { from: i % 2 === 0, to: i % 2 === 1 } })),
    );
  });

  test('REST finds an application by the id of its access key until the access key is deleted', async () => {
    const id = await create(asOwner);
    const key = ok(await createKey(asOwner, id));
    for (const who of [asOwner, asAuditor, asManager, admin]) {
      expect(ok(await who.send('GET', `/applications/key/${key.id}`))).toEqual(ok(await read(asOwner, id)));
    }
    expect(ok(await removeKey(asOwner, id, key.id, {}))).toEqual({ message: `Deleted Access key '${key.id}'` });
    expect(await signIn(key.id, key.secret)).toBe(401);
    expect(ok(await keys(asOwner, id))).toEqual([]);
    expectAbsent(await asOwner.send('GET', `/applications/key/${key.id}`), `No such access key: ${key.id}.`);
    expectAbsent(await removeKey(asOwner, id, key.id), `No such access key: ${key.id}.`);
    expectAbsent(await toggle(asOwner, id, key.id), `No such access key: ${key.id}.`);
  });

  test('for every caller, REST does not find an access key below the path of a different application', async () => {
    const [mine, also] = [await create(asOwner), await create(asOwner)];
    const key = ok(await createKey(asOwner, mine));
    for (const who of [asOwner, admin]) {
      for (const id of [also, ABSENT]) {
        expectAbsent(await toggle(who, id, key.id), `No such access key: ${key.id}.`);
        expectAbsent(await removeKey(who, id, key.id), `No such access key: ${key.id}.`);
      }
    }
    expect(ok(await keys(asOwner, mine))).toMatchObject([{ id: key.id, status: 'ACTIVE' }]);
  });

  test('through REST, an application can have at most 20 access keys', async () => {
    const id = await create(asOwner);
    for (let i = 0; i < 20; i += 1) await createKeyByGraphQL(w.admin, id);
    expect(refusal(await createKey(asOwner, id))).toMatchObject({ status: 409, code: 'CONFLICT' });
  });
});

describe('REST operations on the roles of an application', () => {
  test('REST adds and removes roles of an application with or without a request body, and a repeated request succeeds', async () => {
    const id = await create(asOwner);
    expectEmpty(await addRole(asOwner, id, 'WORKER'));
    expectEmpty(await addRole(asOwner, id, 'WORKER', {}));
    expectEmpty(await addRole(asOwner, id, 'METADATA_API', '', EMPTY_JSON));
    expect(await rolesOf(id)).toEqual(['METADATA_API', 'WORKER']);
    expectEmpty(await removeRole(asOwner, id, 'WORKER', {}));
    expectEmpty(await removeRole(asOwner, id, 'WORKER'));
    expectEmpty(await removeRole(asOwner, id, 'APPLICATION_CREATOR'));
    expect(await rolesOf(id)).toEqual(['METADATA_API']);
    expect(ok(await read(asOwner, id)).updatedBy).toBe('owner');
    const events = await eventsOf(w.admin, { actions: ['APPLICATION_UPDATE'], outcome: 'DONE' });
    expect(events.filter(({ subject }) => subject?.id === id).map(({ changes }) => changes)).toEqual(
      [
        { roles: { added: ['WORKER'], removed: [] } },
        { roles: { added: [], removed: [] } },
        { roles: { added: ['METADATA_API'], removed: [] } },
        { roles: { added: [], removed: ['WORKER'] } },
        { roles: { added: [], removed: [] } },
        { roles: { added: [], removed: [] } },
      ].reverse(),
    );
  });

  test('a caller without ADMIN can add and remove only three roles of an application, and no custom roles', async () => {
    ok(await admin.send('POST', '/roles', { name: 'engineer', permissions: ['READ_WORKFLOW_DEF'] }));
    const id = await create(asOwner);
    for (const role of ['ADMIN', 'UNRESTRICTED_WORKER', 'USER', 'PROMPT_MANAGER', 'engineer']) {
      for (const who of [asOwner, asManager]) {
        const answer = await addRole(who, id, role);
        expect(refusal(answer)).toMatchObject({ status: 403, code: 'ESCALATION' });
        expect(answer.json).not.toHaveProperty('error');
      }
      expectEmpty(await addRole(admin, id, role));
      expect(refusal(await removeRole(asOwner, id, role))).toMatchObject({ status: 403, code: 'ESCALATION' });
      const again = await addRole(asOwner, id, role);
      // A request without effect succeeds. The exception is an application with ADMIN, which only a caller with ADMIN
      // may change.
      if ((await rolesOf(id)).includes('ADMIN'))
        expect(refusal(again)).toMatchObject({ status: 403, code: 'ESCALATION' });
      else expectEmpty(again);
    }
    expect(await rolesOf(id)).toEqual(['ADMIN', 'PROMPT_MANAGER', 'UNRESTRICTED_WORKER', 'USER', 'engineer']);
    for (const role of await rolesOf(id)) expectEmpty(await removeRole(admin, id, role));
    expect(await rolesOf(id)).toEqual([]);
  });

  test('REST responds with 400 to a request that adds an unknown role to an existing application', async () => {
    const id = await create(asOwner);
    for (const role of ['nope', 'worker', 'a b', 'a/b']) {
      for (const answer of [await addRole(admin, id, role), await removeRole(asOwner, id, role)]) {
        expect(refusal(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: 'role' });
      }
      expectAbsent(await addRole(admin, ABSENT, role), `No such application: ${ABSENT}.`);
    }
  });

  test('if several requests concurrently add roles to an application, the database contains all of the roles', async () => {
    const id = await create(asOwner);
    const roles = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR', 'USER', 'PROMPT_MANAGER'];
    for (const answer of await Promise.all([...roles, ...roles].map((role) => addRole(admin, id, role)))) {
      expectEmpty(answer);
    }
    expect(await rolesOf(id)).toEqual([...roles].sort());
  });

  test('REST cannot add USER_READ_ONLY to an application that is in a group', async () => {
    const id = await create(asOwner);
    await w.group('inside', [id]);
    expect(refusal(await addRole(admin, id, 'USER_READ_ONLY'))).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(await rolesOf(id)).toEqual([]);
  });
});

describe('an application that is hidden from the caller', () => {
  test('REST gives the same answer to every request for a hidden application as for a missing application', async () => {
    const id = await create(asOwner, 'hidden');
    const key = ok(await createKey(asOwner, id));
    for (const [what, keyId] of [
      [id, key.id],
      [ABSENT, NO_KEY],
      ['x', 'y'],
    ] as const) {
      const no = `No such application: ${what}.`;
      expectAbsent(await read(asOther, what), no);
      expectAbsent(await asOther.send('PUT', `/applications/${what}`, { name: 'x' }), no);
      expectAbsent(await asOther.send('DELETE', `/applications/${what}`), no);
      expectAbsent(await keys(asOther, what), no);
      expectAbsent(await createKey(asOther, what), no);
      expectAbsent(await addRole(asOther, what, 'WORKER'), no);
      expectAbsent(await removeRole(asOther, what, 'WORKER'), no);
      expectAbsent(await asOther.send('GET', `/applications/key/${keyId}`), `No such access key: ${keyId}.`);
      for (const answer of [await toggle(asOther, what, keyId), await removeKey(asOther, what, keyId)]) {
        expect(answer.status).toBe(404);
        expect([`No such access key: ${keyId}.`, no]).toContain(answer.json.message);
      }
    }
  });

  test('if a caller sees an application but cannot manage it, the caller can only read it', async () => {
    const id = await create(asOwner, 'looked at');
    const key = ok(await createKey(asOwner, id));
    for (const answer of [
      await asAuditor.send('PUT', `/applications/${id}`, { name: 'x' }),
      await asAuditor.send('DELETE', `/applications/${id}`),
      await createKey(asAuditor, id),
      await toggle(asAuditor, id, key.id),
      await removeKey(asAuditor, id, key.id),
      await addRole(asAuditor, id, 'WORKER'),
      await removeRole(asAuditor, id, 'WORKER'),
    ]) {
      expect(refusal(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect(answer.json).not.toHaveProperty('error');
    }
    expect(ok(await read(asAuditor, id)).name).toBe('looked at');
  });
});

test('if an application has a custom role that its manager lacks, only a caller with ADMIN can create an access key for the application', async () => {
  const id = await create(asOwner);
  ok(await admin.send('POST', '/roles', { name: 'ENGINE_OPERATOR', permissions: ['EXECUTE_WORKFLOW_DEF'] }));
  expect((await createKey(asOwner, id)).status).toBe(200);
  ok(await admin.send('POST', `/applications/${id}/roles/ENGINE_OPERATOR`));
  expect(refusal(await createKey(asOwner, id))).toMatchObject({ status: 403, code: 'ESCALATION' });
  expect((await createKey(admin, id)).status).toBe(200);
  await admin.send('PUT', `/users/${owner.name}`, { name: owner.name, roles: ['USER', 'ENGINE_OPERATOR'] });
  expect((await createKey(asOwner, id)).status).toBe(200);
});
