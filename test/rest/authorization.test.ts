// Tests the REST operations on grants, as Conductor clients use them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCESSES } from '../../src/access/policy.ts';
import { RESOURCE_TYPES } from '../../src/access/resource-type.ts';
import type { Access } from '../../src/generated/vocabulary.ts';
import { newId, parseGlobalId } from '../../src/primitives/ids.ts';
import { addMembers, deleteSecret, deleteUser, removeMembers, tag, updateUser } from '../access/asking.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let auditor: SomeUser;
let ann: SomeUser;
let app: SomeApplication;
let asAuditor: RestClient;
let asAnn: RestClient;

const clientOf = (who: { token: string | undefined }) => restClient(w.url, who.token);
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  admin = clientOf(w.admin);
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  ann = await w.user('ann');
  app = await w.application('post');
  [asAuditor, asAnn] = [clientOf(auditor), clientOf(ann)];
});
afterAll(() => w.close());

let count = 0;
const fresh = (label: string) => `${label}_${++count}`;

type Ref = { type: string; id: string };
const user = (id: string): Ref => ({ type: 'USER', id });
const group = (id: string): Ref => ({ type: 'GROUP', id });
const role = (id: string): Ref => ({ type: 'ROLE', id });
const secret = (id: string): Ref => ({ type: 'SECRET_NAME', id });
const tagged = (id: string): Ref => ({ type: 'TAG', id });
const workflow = (id: string): Ref => ({ type: 'WORKFLOW_DEF', id });

const grant = (who: RestClient, subject: Ref, access: unknown, target: Ref) =>
  who.send('POST', '/auth/authorization', { subject, target, access });
const revoke = (who: RestClient, subject: Ref, access: unknown, target: Ref) =>
  who.send('DELETE', '/auth/authorization', { subject, target, access });
const place = ({ type, id }: Ref) => `${type}/${encodeURIComponent(id)}`;
const allOn = async (who: RestClient, target: Ref, groupBy = '') =>
  (await who.send('GET', `/auth/authorization/${place(target)}${groupBy && `?groupBy=${groupBy}`}`)).json;
/** Returns the REST answer about the grants on a target. Omits accesses that no subject has. */
const on = async (who: RestClient, target: Ref, groupBy = '') => {
  const all = Object.entries<unknown[]>(await allOn(who, target, groupBy));
  return Object.fromEntries(all.filter(([, some]) => some.length > 0));
};
const grantsOf = async (who: RestClient, subject: Ref, resourceType = '') =>
  (await who.send('GET', `/auth/subjects/${place(subject)}/grants${resourceType && `?resourceType=${resourceType}`}`))
    .json;
const check = async (who: RestClient, id: string, { type, id: name }: Ref) =>
  who.send('GET', `/users/${encodeURIComponent(id)}/checkPermissions?type=${type}&id=${encodeURIComponent(name)}`);
/** Returns the accesses that `check` reports as true. */
const heldIn = ({ json }: RestAnswer) => ACCESSES.filter((access) => json[access]);
const brief = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });

const OK = { status: 200 };
const GRANTED = { status: 200, json: { message: 'Granted permission' } };
const REMOVED = { status: 200, json: { message: 'Removed permission' } };

describe('granting and revoking access through REST', () => {
  test('an administrator can grant access on a name, a tag and a resource to a user, a group and an application by their REST ids', async () => {
    const groupName = 'ops & people';
    await w.group(groupName);
    const application = user(`app:${app.id}`);
    for (const target of [secret(fresh('db')), tagged('env:what:ever'), workflow('order / ünïcode')]) {
      for (const subject of [user('ann'), group(groupName), application]) {
        expect(await grant(admin, subject, ['READ', 'EXECUTE'], target)).toMatchObject(GRANTED);
      }
      expect(await on(admin, target, 'subject')).toEqual({
        'USER:ann': ['READ', 'EXECUTE'],
        [`GROUP:${groupName}`]: ['READ', 'EXECUTE'],
        [`USER:app:${app.id}`]: ['READ', 'EXECUTE'],
      });
      for (const subject of [user('ann'), group(groupName), application]) {
        expect(await revoke(admin, subject, ['READ'], target)).toMatchObject(REMOVED);
      }
      const left = await on(admin, target);
      expect(left).toEqual({ EXECUTE: expect.arrayContaining([user('ann'), group(groupName), application]) });
      expect(left.EXECUTE).toHaveLength(3);
      for (const subject of [user('ann'), group(groupName), application])
        await revoke(admin, subject, ['EXECUTE'], target);
      expect(await on(admin, target)).toEqual({});
    }
  });

  test('REST treats the type SECRET as SECRET_NAME, accepts types and accesses in upper or lower case, and accepts a single access', async () => {
    const name = fresh('db');
    expect(await grant(admin, { type: 'user', id: 'ann' }, 'read', { type: 'secret', id: name })).toMatchObject(OK);
    expect(
      await grant(admin, { type: 'User', id: 'ann' }, ['Update'], { type: 'Secret_Name', id: name }),
    ).toMatchObject(OK);
    for (const type of ['SECRET', 'SECRET_NAME', 'secret', 'secret_name'])
      expect(await on(admin, { type, id: name }, 'subject')).toEqual({ 'USER:ann': ['READ', 'UPDATE'] });
    const { grantedAccess } = (await admin.send('GET', '/users/ann/permissions')).json;
    expect(grantedAccess).toContainEqual({ target: secret(name), access: ['READ', 'UPDATE'] });
    expect(await grantsOf(admin, user('ann'), 'secret')).toContainEqual({
      target: secret(name),
      access: ['READ', 'UPDATE'],
    });
    await admin.send('DELETE', `/auth/subjects/${place(user('ann'))}/grants`);
  });

  test('a grant on a name or tag that no secret has takes effect after a secret receives the name or tag', async () => {
    const bob = await w.user(fresh('bob'));
    const [byName, byTag, key] = [fresh('later'), fresh('later'), fresh('key')];
    await grant(admin, user(bob.name), ['READ'], secret(byName));
    await grant(admin, user(bob.name), ['READ'], tagged(`${key}:later`));
    const asBob = clientOf(bob);
    expect((await asBob.send('GET', `/secrets/${byName}`)).status).toBe(404);
    const [named, carrying] = [await w.secret(byName), await w.secret(byTag, { tags: [`${key}:later`] })];
    expect((await asBob.send('GET', `/secrets/${byName}`, undefined, { revealing: true })).text).toBe(named.value);
    expect((await asBob.send('GET', `/secrets/${byTag}`, undefined, { revealing: true })).text).toBe(carrying.value);
    await revoke(admin, user(bob.name), ['READ'], tagged(`${key}:later`));
    expect((await asBob.send('GET', `/secrets/${byTag}`)).status).toBe(404);
  });

  test('through REST, a role can receive grants on resources, but no grants on a secret or a tag', async () => {
    const target = workflow(fresh('flow'));
    expect(await grant(admin, role('WORKER'), ['EXECUTE'], target)).toMatchObject(GRANTED);
    expect(await on(admin, target)).toEqual({ EXECUTE: [role('WORKER')] });
    expect(await grantsOf(admin, role('WORKER'))).toEqual([{ target, access: ['EXECUTE'] }]);
    for (const refused of [secret(fresh('db')), tagged('env:prod')]) {
      for (const send of [grant, revoke]) {
        const answer = await send(admin, role('WORKER'), ['READ'], refused);
        expect(brief(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: 'subject' });
      }
    }
    expect(await revoke(admin, role('WORKER'), ['EXECUTE'], target)).toMatchObject(REMOVED);
    expect(await on(admin, target)).toEqual({});
  });

  test('the gateway stores a grant on a resource with the type of the resource, for every type', async () => {
    const name = fresh('of every type');
    for (const [i, type] of RESOURCE_TYPES.entries()) {
      const access = [ACCESSES[i % 5]!];
      expect(await grant(admin, user('ann'), access, { type: type.toLowerCase(), id: name })).toMatchObject(GRANTED);
    }
    for (const [i, type] of RESOURCE_TYPES.entries()) {
      expect(await on(admin, { type, id: name })).toEqual({ [ACCESSES[i % 5]!]: [user('ann')] });
      expect(await grantsOf(admin, user('ann'), type)).toEqual([
        { target: { type, id: name }, access: [ACCESSES[i % 5]] },
      ]);
    }
    expect(await grantsOf(admin, user('ann'))).toHaveLength(RESOURCE_TYPES.length);
    for (const [i, type] of RESOURCE_TYPES.entries())
      expect(await revoke(admin, user('ann'), [ACCESSES[i % 5]], { type, id: name })).toMatchObject(REMOVED);
    expect(await grantsOf(admin, user('ann'))).toEqual([]);
  });

  test('the gateway accepts resource names of the maximum length, and rejects longer resource names', async () => {
    const long = ['a'.repeat(1_000), Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x1f000 + i)).join('')];
    for (const id of long) {
      expect(await grant(admin, user('ann'), ['READ'], workflow(id))).toMatchObject(GRANTED);
      expect(await on(admin, workflow(id))).toEqual({ READ: [user('ann')] });
      const answer = await grant(admin, user('ann'), ['READ'], workflow(`${id}${id[0] === 'a' ? 'a' : 'é'}`));
      expect(brief(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: 'target.id' });
    }
    await admin.send('DELETE', `/auth/subjects/${place(user('ann'))}/grants`);
  });

  const WRONG: [string, Record<string, unknown>, string][] = [
    ['no access', { access: [] }, 'access'],
    ['accesses left out', { access: undefined }, 'access'],
    ['an unknown access', { access: ['READ', 'OWN'] }, 'access.1'],
    ['an access that is no text', { access: [1] }, 'access.0'],
    ['an unknown type of target', { target: { type: 'WORKFLOWS', id: 'x' } }, 'target.type'],
    ['a type that every object has', { target: { type: 'constructor', id: 'x' } }, 'target.type'],
    ['a target without an id', { target: { type: 'SECRET_NAME' } }, 'target.id'],
    ['a name that no secret can have', { target: { type: 'SECRET_NAME', id: 'not a name' } }, 'target.id'],
    ['a resource with an empty name', { target: { type: 'TASK_DEF', id: '' } }, 'target.id'],
    ['a resource whose name has a NUL', { target: { type: 'TASK_DEF', id: 'a\0' } }, 'target.id'],
    ['a tag that is no key:value', { target: { type: 'TAG', id: 'prod' } }, 'target.id'],
    ['a tag without a key', { target: { type: 'TAG', id: ':prod' } }, 'target.id.key'],
    ['a tag without a value', { target: { type: 'TAG', id: 'env:' } }, 'target.id.value'],
    ['no target', { target: undefined }, 'target'],
    ['TAG as a subject', { subject: { type: 'TAG', id: 'env:prod' } }, 'subject.type'],
    ['APPLICATION as a subject', { subject: { type: 'APPLICATION', id: 'app_1' } }, 'subject.type'],
    ['a subject without an id', { subject: { type: 'USER' } }, 'subject.id'],
    ['no subject', { subject: null }, 'subject'],
  ];
  test.each(WRONG)('a REST grant with %s fails with BAD_USER_INPUT', async (_, wrong, path) => {
    const body = { subject: user('ann'), target: secret('db'), access: ['READ'], ...wrong };
    for (const method of ['POST', 'DELETE'])
      expect(brief(await admin.send(method, '/auth/authorization', body))).toEqual({
        status: 400,
        code: 'BAD_USER_INPUT',
        path,
      });
  });

  test('a REST grant with a malformed body fails with BAD_USER_INPUT', async () => {
    for (const body of [undefined, '[]', '"x"', '{'])
      expect((await admin.send('POST', '/auth/authorization', body)).status).toBe(400);
  });

  test('if the subject of a REST grant does not exist, the error contains the id of the subject', async () => {
    const gone = await w.user(fresh('gone'));
    await deleteUser(w.admin, gone.id);
    const missing = [
      ...[user(gone.name), user('nobody'), user('no\0body'), group('nobody'), role('NOBODY')],
      ...[user('app:nobody'), user(`app:${gone.id}`), user(`app:${app.id.slice(0, -4)}0000`), user(ann.id)],
    ];
    for (const subject of missing) {
      for (const answer of [
        await grant(admin, subject, ['READ'], workflow('x')),
        await revoke(admin, subject, ['READ'], workflow('x')),
        await admin.send('GET', `/auth/subjects/${place(subject)}/grants`),
        await admin.send('DELETE', `/auth/subjects/${place(subject)}/grants`),
      ]) {
        expect(brief(answer)).toEqual({ status: 404, code: 'NOT_FOUND', path: undefined });
        expect(answer.json.message).toContain(subject.id);
      }
    }
    for (const path of ['/users/nobody/permissions', '/users/nobody/checkPermissions?type=TAG&id=a:b']) {
      const answer = await admin.send('GET', path);
      expect([answer.status, answer.json.message]).toEqual([404, expect.stringContaining('nobody')]);
    }
    const answer = await admin.send('GET', '/groups/nobody/permissions');
    expect([answer.status, answer.json.message]).toEqual([404, expect.stringContaining('nobody')]);
  });
});

describe('permissions of REST callers without ADMIN', () => {
  test('a caller with UPDATE on a secret can share only access that the caller has, with any principal by its name', async () => {
    const [owner, friend] = [await w.user(fresh('owner'), { roles: ['USER'] }), await w.user(fresh('friend'))];
    const { name, value } = await w.secret(fresh('db'), { by: owner });
    const asOwner = clientOf(owner);
    expect(await grant(asOwner, user(friend.name), ['READ', 'UPDATE'], secret(name))).toMatchObject(GRANTED);
    const asFriend = clientOf(friend);
    expect((await asFriend.send('GET', `/secrets/${name}`, undefined, { revealing: true })).text).toBe(value);
    expect(await grant(asFriend, user('ann'), ['READ'], secret(name))).toMatchObject(GRANTED);
    expect(brief(await grant(asFriend, user('ann'), ['DELETE'], secret(name)))).toMatchObject({
      status: 403,
      code: 'ESCALATION',
    });
    expect(await on(asFriend, secret(name), 'subject')).toEqual({
      [`USER:${owner.name}`]: [...ACCESSES],
      [`USER:${friend.name}`]: ['READ', 'UPDATE'],
      'USER:ann': ['READ'],
    });
    expect(await revoke(asFriend, user('ann'), ['READ'], secret(name))).toMatchObject(REMOVED);
    expect(await revoke(asOwner, user(friend.name), ['READ', 'UPDATE'], secret(name))).toMatchObject(REMOVED);
    expect((await asFriend.send('GET', `/secrets/${name}`)).status).toBe(404);
  });

  test('a caller with READ cannot share a secret, and does not learn which principals exist', async () => {
    const { name } = await w.secret(fresh('db'));
    await grant(admin, user('ann'), ['READ'], secret(name));
    for (const subject of [user('auditor'), user('nobody'), group('nobody'), role('nobody')]) {
      if (subject.type !== 'ROLE')
        expect(brief(await grant(asAnn, subject, ['READ'], secret(name)))).toMatchObject({
          status: 403,
          code: 'FORBIDDEN',
        });
      for (const target of [tagged('env:prod'), workflow('x'), { type: 'GROUP', id: 'x' }]) {
        if (subject.type === 'ROLE' && target.type === 'TAG') continue;
        for (const send of [grant, revoke])
          expect(brief(await send(asAnn, subject, ['READ'], target))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      }
    }
    // The caller sees only the caller's own grant.
    await grant(admin, user('auditor'), ['READ'], secret(name));
    expect(await on(asAnn, secret(name))).toEqual({ READ: [user('ann')] });
    expect(await on(asAuditor, secret(name), 'subject')).toEqual({
      'USER:admin': [...ACCESSES],
      'USER:ann': ['READ'],
      'USER:auditor': ['READ'],
    });
  });

  test('the REST answer about grants on a target lists all five accesses, also after a revocation, and is equal for hidden and missing secrets', async () => {
    const { name } = await w.secret(fresh('five'));
    const none = { CREATE: [], READ: [], UPDATE: [], DELETE: [], EXECUTE: [] };
    await grant(admin, user('ann'), ['READ'], secret(name));
    expect(await allOn(asAnn, secret(name))).toEqual({ ...none, READ: [user('ann')] });
    await revoke(admin, user('ann'), ['READ'], secret(name));
    const answers = [secret(name), secret(fresh('absent')), tagged('absent:yes'), workflow('absent')].map(
      async (target) => {
        const { status, text } = await asAnn.send('GET', `/auth/authorization/${place(target)}`);
        return [status, text];
      },
    );
    expect(new Set((await Promise.all(answers)).map(String))).toEqual(new Set([`200,${JSON.stringify(none)}`]));
    expect(await allOn(asAnn, secret(name), 'subject')).toEqual({});
  });

  test('both REST paths for the permissions of a user return the same answer', async () => {
    const { name } = await w.secret(fresh('both'));
    await grant(admin, user('ann'), ['READ', 'UPDATE'], secret(name));
    await grant(admin, user('ann'), ['EXECUTE'], tagged('both:x/y'));
    for (const target of [secret(name), { type: 'secret', id: name }, tagged('both:x/y'), secret(fresh('absent'))]) {
      for (const who of [asAnn, admin, asAuditor]) {
        const [byQuery, byPath] = [
          await check(who, 'ann', target),
          await who.send('GET', `/users/ann/permissions/${place(target)}`),
        ];
        expect([byPath.status, byPath.text]).toEqual([200, byQuery.text]);
      }
    }
    const refusals: [path: string, status: number, field: string | undefined][] = [
      [`/users/auditor/permissions/SECRET_NAME/${name}`, 403, undefined],
      ['/users/ann/permissions/SECRETS/x', 400, 'type'],
      ['/users/ann/permissions/TAG/env', 400, 'target'],
    ];
    for (const [path, status, field] of refusals) {
      const answer = await asAnn.send('GET', path);
      expect([answer.status, answer.json.validationErrors?.[0].path]).toEqual([status, field]);
    }
  });

  test('REST gives the same answer to every authorization request about a hidden secret as about a missing secret', async () => {
    const { name: hidden } = await w.secret(fresh('hidden'), { tags: ['hidden:yes'] });
    await grant(admin, user('auditor'), ['READ'], secret(hidden));
    // A caller who has only CREATE on a secret does not see the secret.
    await grant(admin, user('ann'), ['CREATE'], tagged('hidden:yes'));
    const missing = fresh('missing');
    const ask = async (method: string, path: (name: string) => string, body?: (name: string) => unknown) => {
      const described = async (name: string) => {
        // Makes the gateway cache the caller's entitlements.
        await asAnn.send('GET', '/token/userInfo');
        const start = w.database.statements();
        const { status, json } = await asAnn.send(method, path(name), body?.(name));
        const words = JSON.stringify({ ...json, instance: undefined }).replaceAll(name, 'NAME');
        return { status, words, statements: w.database.statements() - start };
      };
      expect(await described(hidden)).toEqual(await described(missing));
    };
    await ask('GET', (name) => `/auth/authorization/SECRET_NAME/${name}`);
    await ask('GET', (name) => `/auth/authorization/SECRET_NAME/${name}?groupBy=subject`);
    await ask('GET', (name) => `/users/ann/checkPermissions?type=SECRET_NAME&id=${name}`);
    await ask('GET', (name) => `/users/ann/permissions/SECRET_NAME/${name}`);
    for (const method of ['POST', 'DELETE'])
      await ask(
        method,
        () => '/auth/authorization',
        (name) => ({ subject: user('ann'), target: secret(name), access: ['READ'] }),
      );
    await revoke(admin, user('ann'), ['CREATE'], tagged('hidden:yes'));
  });

  test('a REST caller learns nothing about the permissions of other principals, not even whether these principals exist', async () => {
    const [inside, outside] = [fresh('inside'), fresh('outside')];
    const groupId = await w.group(inside, [ann.id]);
    await w.group(outside);
    await grant(admin, group(inside), ['READ'], workflow('flow'));
    expect(await grantsOf(asAnn, group(inside))).toEqual([{ target: workflow('flow'), access: ['READ'] }]);
    expect(await grantsOf(asAnn, user('ann'))).toEqual(await grantsOf(admin, user('ann')));
    for (const subject of [
      group(outside),
      group('nobody'),
      user('auditor'),
      user('nobody'),
      role('USER'),
      role('NONE'),
    ]) {
      const answer = await asAnn.send('GET', `/auth/subjects/${place(subject)}/grants`);
      expect(brief(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    }
    for (const id of ['auditor', 'nobody', `app:${app.id}`]) {
      expect((await check(asAnn, id, tagged('env:prod'))).status).toBe(403);
      expect((await asAnn.send('GET', `/users/${id}/permissions`)).status).toBe(404);
    }
    for (const id of [outside, 'nobody'])
      expect((await asAnn.send('GET', `/groups/${id}/permissions`)).status).toBe(404);
    await removeMembers(w.admin, groupId, ann.id);
    expect((await asAnn.send('GET', `/auth/subjects/${place(group(inside))}/grants`)).status).toBe(403);
    expect((await asAnn.send('GET', `/groups/${inside}/permissions`)).status).toBe(404);
  });

  test('only a caller with ADMIN may revoke all grants of a subject with one request, even if the caller is the subject', async () => {
    await grant(admin, user('ann'), ['READ'], workflow('kept'));
    for (const who of [asAnn, asAuditor]) {
      for (const subject of [user('ann'), user('nobody')]) {
        const answer = await who.send('DELETE', `/auth/subjects/${place(subject)}/grants`);
        expect(brief(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      }
    }
    expect(await grantsOf(admin, user('ann'), 'WORKFLOW_DEF')).toEqual([
      { target: workflow('kept'), access: ['READ'] },
    ]);
    const refused = await w.database.query(
      `SELECT DISTINCT actor_name AS actor, outcome FROM audit_events
       WHERE subject_id IS NULL AND action = 'PERMISSION_REVOKE' AND changes->>'code' = 'FORBIDDEN' ORDER BY actor_name`,
    );
    expect(refused).toEqual([
      { actor: 'ann', outcome: 'REFUSED' },
      { actor: 'auditor', outcome: 'REFUSED' },
    ]);
  });

  test('REST refuses every authorization request without a token', async () => {
    const nobody = restClient(w.url, undefined);
    for (const [method, path] of [
      ['POST', '/auth/authorization'],
      ['DELETE', '/auth/authorization'],
      ['GET', '/auth/authorization/TAG/a:b'],
      ['GET', '/auth/subjects/USER/ann/grants'],
      ['DELETE', '/auth/subjects/USER/ann/grants'],
      ['GET', '/users/ann/permissions'],
      ['GET', '/users/ann/checkPermissions'],
      ['GET', '/groups/ops/permissions'],
    ] as const)
      expect((await nobody.send(method, path)).status).toBe(401);
  });
});

describe('grants that a REST list contains', () => {
  test('a REST list shows grants on one target with different expiries as one entry, and omits ended grants', async () => {
    const bob = await w.user(fresh('bob'));
    const [name, over] = [fresh('db'), fresh('db')];
    await w.grant(bob.id, ['READ', 'UPDATE'], name);
    await w.grant(bob.id, ['EXECUTE', 'READ'], name, { expiresAt: w.clock.in({ hours: 1 }) });
    await w.grant(bob.id, 'DELETE', name, { expiresAt: w.clock.in({ hours: -1 }) });
    await w.grant(bob.id, 'READ', over, { expiresAt: w.clock.in({ hours: -1 }) });
    const entry = [{ target: secret(name), access: ['READ', 'UPDATE', 'EXECUTE'] }];
    expect(await grantsOf(admin, user(bob.name))).toEqual(entry);
    expect((await admin.send('GET', `/users/${bob.name}/permissions`)).json).toEqual({ grantedAccess: entry });
    expect(await on(admin, secret(name))).toEqual(
      Object.fromEntries(['READ', 'UPDATE', 'EXECUTE'].map((access) => [access, [user(bob.name)]])),
    );
    expect(await on(admin, secret(over))).toEqual({});
    w.clock.advance({ hours: 2 });
    expect(await on(admin, secret(name), 'subject')).toEqual({ [`USER:${bob.name}`]: ['READ', 'UPDATE'] });
  });

  test('if a grant applied to a deleted secret, REST does not list the grant for a later secret with the same name', async () => {
    const [one, other] = [
      await w.user(fresh('one'), { roles: ['USER'] }),
      await w.user(fresh('other'), { roles: ['USER'] }),
    ];
    const { name } = await w.secret(fresh('db'), { by: one });
    await deleteSecret(one, name);
    // The user still has the permission of its role to create a secret with this name.
    expect(heldIn(await check(admin, one.name, secret(name)))).toEqual(['CREATE']);
    await w.grant(other.id, 'CREATE', name);
    await w.secret(name, { by: other });
    expect(await on(admin, secret(name), 'subject')).toEqual({ [`USER:${other.name}`]: [...ACCESSES] });
    expect(await grantsOf(admin, user(one.name))).toEqual([]);
  });

  test('REST does not list a grant to a group as a grant of its members', async () => {
    const bob = await w.user(fresh('bob'));
    const name = fresh('group');
    await w.group(name, [bob.id]);
    await grant(admin, group(name), ['READ'], workflow('flow'));
    expect((await admin.send('GET', `/users/${bob.name}/permissions`)).json).toEqual({ grantedAccess: [] });
    const asBob = clientOf(bob);
    expect((await asBob.send('GET', `/groups/${name}/permissions`)).json).toEqual({
      grantedAccess: [{ target: workflow('flow'), access: ['READ'] }],
    });
  });

  test('an application manager sees the grants of its applications in REST lists', async () => {
    const manager = await w.user(fresh('manager'), { roles: ['APPLICATION_MANAGER'] });
    await grant(admin, user(`app:${app.id}`), ['READ'], tagged('of:app'));
    const expected = { grantedAccess: [{ target: tagged('of:app'), access: ['READ'] }] };
    for (const who of [admin, asAuditor, clientOf(manager), clientOf(app)])
      expect((await who.send('GET', `/users/app:${app.id}/permissions`)).json).toEqual(expected);
    expect(await grantsOf(clientOf(app), user(`app:${app.id}`))).toEqual(expected.grantedAccess);
    await revoke(admin, user(`app:${app.id}`), ['READ'], tagged('of:app'));
  });

  test('unknown values of groupBy and resourceType, and unknown types in the path, fail with BAD_USER_INPUT', async () => {
    for (const [path, at] of [
      ['/auth/authorization/TAG/a:b?groupBy=target', 'groupBy'],
      ['/auth/authorization/SECRETS/x', 'type'],
      ['/auth/authorization/SECRET_NAME/not%20a%20name', 'id'],
      ['/auth/authorization/TAG/env', 'id'],
      ['/auth/subjects/TAG/a:b/grants', 'type'],
      ['/auth/subjects/USER/ann/grants?resourceType=FLOW', 'resourceType'],
      ['/users/ann/checkPermissions', 'type'],
      ['/users/ann/checkPermissions?type=TAG', 'id'],
      ['/users/ann/checkPermissions?type=FLOW&id=x', 'type'],
    ] as const)
      expect(brief(await admin.send('GET', path))).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: at });
    const answer = await admin.send('DELETE', '/auth/subjects/USER/ann/grants?resourceType=FLOW');
    expect(brief(answer)).toEqual({ status: 400, code: 'BAD_USER_INPUT', path: 'resourceType' });
  });

  test('a REST list of grants is complete even if the grants do not fit into one database page', async () => {
    const [many, name] = [await w.user(fresh('many')), fresh('popular')];
    const now = w.clock.now();
    const row = (subjectKind: string, subjectId: string, target: string) => ({
      ...{ id: newId(), subjectKind, subjectId, targetKind: 'TASK_DEF', target, access: ['EXECUTE'], validFrom: now },
    });
    const groups = Array.from({ length: 230 }, (_, i) => ({
      id: newId(),
      name: `${name}-${i}`,
      nameKey: `${name}-${i}`,
      createdAt: now,
    }));
    await w.database.prisma.group.createMany({ data: groups });
    await w.database.prisma.permission.createMany({
      data: [
        ...groups.map((one) => row('GROUP', one.id, name)),
        ...groups.map((one) => row('USER', parseGlobalId(many.id)!.uuid, one.name)),
      ],
    });
    const task = { type: 'TASK_DEF', id: name };
    expect((await on(admin, task)).EXECUTE).toHaveLength(230);
    expect(Object.keys(await on(admin, task, 'subject'))).toHaveLength(230);
    expect(await grantsOf(admin, user(many.name))).toHaveLength(230);
    expect(await admin.send('DELETE', `/auth/subjects/${place(user(many.name))}/grants`)).toMatchObject(OK);
    expect(await grantsOf(admin, user(many.name))).toEqual([]);
  });
});

describe('revoking all grants of a subject through REST', () => {
  const eventsAbout = (id: string) =>
    w.database.query<{ name: string; access: Access[] }>(
      `SELECT subject_name AS name, changes->'access' AS access FROM audit_events
       WHERE action = 'PERMISSION_REVOKE' AND outcome = 'DONE' AND changes->'subject'->>'id' = $1 ORDER BY subject_name COLLATE "C"`,
      [id],
    );

  test('revoking all grants of a subject ends each of these grants with an audit event, and ends no grant of a different subject', async () => {
    const [bob, bystander] = [await w.user(fresh('bob')), await w.user(fresh('bystander'))];
    const name = fresh('db');
    const { value } = await w.secret(name, { tags: ['all:of-it'] });
    for (const who of [bob, bystander]) {
      await grant(admin, user(who.name), ['READ'], secret(name));
      await grant(admin, user(who.name), ['READ'], tagged('all:of-it'));
      await grant(admin, user(who.name), ['READ', 'DELETE'], workflow(name));
    }
    const answer = await admin.send('DELETE', `/auth/subjects/${place(user(bob.name))}/grants`);
    expect(answer).toMatchObject({ status: 200, json: { message: 'Revoked grants' } });
    expect(await grantsOf(admin, user(bob.name))).toEqual([]);
    expect(await w.sees(bob, name)).toBe(false);
    expect(await w.reveal(bystander, name)).toBe(value);
    expect(await grantsOf(admin, user(bystander.name))).toHaveLength(3);
    expect(await eventsAbout(bob.id)).toEqual([
      { name: `WORKFLOW_DEF/${name}`, access: ['READ', 'DELETE'] },
      { name: 'all:of-it', access: ['READ'] },
      { name, access: ['READ'] },
    ]);
    // The audit events of a secret include grants on the secret. They do not include grants on other objects with the
    // same name.
    const { auditEvents } = await w.admin.get(
      'query ($s: String!) { auditEvents(filter: { secret: $s, actions: [PERMISSION_REVOKE] }) { nodes { subject { name } } } }',
      { s: name },
    );
    expect(auditEvents.nodes).toEqual([{ subject: { name } }]);
  });

  test('revoking all grants of a subject on a type of target ends only grants on targets of this type', async () => {
    const bob = await w.user(fresh('bob'));
    const targets = [secret('x'), tagged('x:y'), workflow('x'), { type: 'TASK_DEF', id: 'x' }];
    for (const target of targets) await grant(admin, user(bob.name), ['READ'], target);
    for (const [i, { type }] of targets.entries()) {
      const answer = await admin.send('DELETE', `/auth/subjects/${place(user(bob.name))}/grants?resourceType=${type}`);
      expect(answer.status).toBe(200);
      const left = (await grantsOf(admin, user(bob.name))).map(({ target }: { target: Ref }) => target.type);
      expect(left.sort()).toEqual(
        targets
          .slice(i + 1)
          .map((target) => target.type)
          .sort(),
      );
    }
  });

  test('revoking all grants succeeds for a subject without grants, for a role and for a group', async () => {
    const name = fresh('group');
    await w.group(name);
    for (const subject of [group(name), role('PROMPT_MANAGER'), user(`app:${app.id}`)]) {
      for (const there of [false, true]) {
        if (there) await grant(admin, subject, ['READ'], workflow('x'));
        const answer = await admin.send('DELETE', `/auth/subjects/${place(subject)}/grants`);
        expect(answer.status).toBe(200);
        expect(await grantsOf(admin, subject)).toEqual([]);
      }
    }
  });

  test('if a caller revokes all grants of a subject while other callers create grants, each grant is afterwards either revoked or listed', async () => {
    const bob = await w.user(fresh('bob'));
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 4 === 3
          ? admin.send('DELETE', `/auth/subjects/${place(user(bob.name))}/grants`)
          : grant(admin, user(bob.name), [ACCESSES[i % 3]], i % 2 ? tagged('at:once') : workflow('at once')),
      ),
    ).then((answers) => expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200)));
    const rows = await w.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM permissions WHERE subject_id = $1::uuid AND valid_to IS NULL GROUP BY target`,
      [parseGlobalId(bob.id)!.uuid],
    );
    expect(rows.every(({ count: current }) => current === 1)).toBe(true);
    expect(await grantsOf(admin, user(bob.name))).toHaveLength(rows.length);
  });
});

test('a grant of CREATE on the name of a hidden secret does not reveal that the secret was deleted', async () => {
  const [name, holder] = [fresh('db'), await w.user(fresh('holder'))];
  const owner = await w.user(fresh('owner'), { roles: ['USER'] });
  await w.secret(name, { by: owner });
  await grant(clientOf(owner), user(holder.name), ['CREATE'], secret(name));
  const shown = async () => [
    await on(clientOf(holder), secret(name)),
    (await clientOf(holder).send('GET', `/users/${holder.name}/permissions`)).json.grantedAccess,
  ];
  const before = await shown();
  expect(before).toEqual([{ CREATE: [user(holder.name)] }, [{ target: secret(name), access: ['CREATE'] }]]);
  await deleteSecret(owner, name);
  expect(await shown()).toEqual(before);
  expect(await on(admin, secret(name))).toEqual({});
});

describe('the access that a group has through tags', () => {
  const permissions = async (who: RestClient, name: string) =>
    (await who.send('GET', `/groups/${encodeURIComponent(name)}/permissions`)).json.grantedAccess;
  const resourceTag = (kind: string, resource: string, text: string) =>
    w.database.prisma.resourceTag.create({
      data: { id: newId(), kind, resource, tag: text, validFrom: w.clock.now() },
    });

  test('REST lists the access of a group through tags by resource, with the tag', async () => {
    const [name, key] = [fresh('group'), fresh('key')];
    await w.group(name, [ann.id]);
    const [one, two] = [fresh('db'), fresh('db')];
    await w.secret(one, { tags: [`${key}:a`, `${key}:b`] });
    await w.secret(two, { tags: [`${key}:a`] });
    await w.secret(fresh('db'), { tags: [`${key}:c`] });
    await resourceTag('TASK_DEF', 'charge', `${key}:a`);
    await w.grant(await idOf(name), ['READ', 'EXECUTE'], `${key}:a`);
    await w.grant(await idOf(name), ['UPDATE'], `${key}:a`, { expiresAt: w.clock.in({ hours: 1 }) });
    await w.grant(await idOf(name), ['DELETE'], `${key}:a`, { expiresAt: w.clock.in({ hours: -1 }) });
    await grant(admin, group(name), ['DELETE'], tagged(`${key}:b`));
    await grant(admin, group(name), ['READ'], secret(two));
    const byA = ['READ', 'UPDATE', 'EXECUTE'];
    const expected = [
      { target: secret(two), access: ['READ'] },
      { target: tagged(`${key}:b`), access: ['DELETE'] },
      { target: tagged(`${key}:a`), access: byA },
      { target: secret(one), access: byA, tag: `${key}:a` },
      { target: secret(two), access: byA, tag: `${key}:a` },
      { target: { type: 'TASK_DEF', id: 'charge' }, access: byA, tag: `${key}:a` },
      { target: secret(one), access: ['DELETE'], tag: `${key}:b` },
    ];
    for (const who of [admin, asAnn]) {
      const shown = await permissions(who, name);
      expect(shown).toEqual(expect.arrayContaining(expected));
      expect(shown).toHaveLength(expected.length);
    }
    await deleteSecret(w.admin, one);
    expect((await permissions(admin, name)).filter(({ target }: { target: Ref }) => target.id === one)).toEqual([]);
  });

  test('the REST list of the access of a group does not show secrets that are hidden from the caller', async () => {
    const [name, key] = [fresh('group'), fresh('key')];
    await w.group(name, [ann.id]);
    const hidden = fresh('hidden');
    await w.secret(hidden, { tags: [`${key}:x`] });
    await resourceTag('TASK_DEF', hidden, `${key}:x`);
    // CREATE on a tag does not make objects with the tag visible.
    await grant(admin, group(name), ['CREATE'], tagged(`${key}:x`));
    const direct = { target: tagged(`${key}:x`), access: ['CREATE'] };
    const bySecret = { target: secret(hidden), access: ['CREATE'], tag: `${key}:x` };
    const byTask = { target: { type: 'TASK_DEF', id: hidden }, access: ['CREATE'], tag: `${key}:x` };
    expect(await permissions(admin, name)).toEqual([direct, bySecret, byTask]);
    expect(await permissions(asAnn, name)).toEqual([direct]);
    // A caller with AUDITOR can read grants, and sees no secret without a grant.
    expect(await permissions(asAuditor, name)).toEqual([direct, byTask]);
    await grant(admin, user('ann'), ['EXECUTE'], secret(hidden));
    expect(await permissions(asAnn, name)).toEqual([direct, bySecret]);
    await revoke(admin, user('ann'), ['EXECUTE'], secret(hidden));
  });

  test('the REST list of the access of a group does not show environment variables that the caller cannot read', async () => {
    const [groupName, key, name] = [fresh('ops'), fresh('key'), fresh('region')];
    const member = await w.user(fresh('member'));
    await w.group(groupName, [member.id]);
    await admin.send('PUT', `/environment/${name}`, 'eu');
    await admin.send('PUT', `/environment/${name}/tags`, [{ key, value: 'x' }]);
    const shown = async () =>
      (await clientOf(member).send('GET', `/groups/${groupName}/permissions`)).json.grantedAccess.filter(
        ({ target }: { target: Ref }) => target.type === 'ENV_VARIABLE',
      );
    await grant(admin, group(groupName), ['UPDATE'], tagged(`${key}:x`));
    expect(await shown()).toEqual([]);
    await grant(admin, group(groupName), ['READ'], tagged(`${key}:x`));
    expect(await shown()).toEqual([
      { target: { type: 'ENV_VARIABLE', id: name }, access: ['READ', 'UPDATE'], tag: `${key}:x` },
    ]);
  });

  test('the REST list of the access of a group does not show applications that are hidden from the caller', async () => {
    const [groupName, key] = [fresh('ops'), fresh('key')];
    const member = await w.user(fresh('member'));
    await w.group(groupName, [member.id]);
    const { id } = (await admin.send('POST', '/applications', { name: 'tagged' })).json;
    await admin.send('PUT', `/applications/${id}/tags`, [{ key, value: 'x' }]);
    await grant(admin, group(groupName), ['READ'], tagged(`${key}:x`));
    const shown = async (who: RestClient) =>
      (await who.send('GET', `/groups/${groupName}/permissions`)).json.grantedAccess;
    const direct = { target: tagged(`${key}:x`), access: ['READ'] };
    expect(await shown(clientOf(member))).toEqual([direct]);
    const reached = { target: { type: 'APPLICATION', id }, access: ['READ'], tag: `${key}:x` };
    expect(await shown(admin)).toEqual([direct, reached]);
  });

  test('the pages of the REST list of the access of a group show each entry once, with a fixed number of database statements', async () => {
    const [name, key] = [fresh('group'), fresh('key')];
    const id = await w.group(name);
    await w.grant(id, 'READ', `${key}:many`);
    await w.grant(id, 'UPDATE', `${key}:too`);
    const now = w.clock.now();
    await w.database.prisma.resourceTag.createMany({
      data: Array.from({ length: 450 }, (_, i) => ({
        ...{
          id: newId(),
          kind: 'TASK_DEF',
          resource: `task ${i}`,
          tag: `${key}:${i % 2 ? 'many' : 'too'}`,
          validFrom: now,
        },
      })),
    });
    const start = w.database.statements();
    const shown: { target: Ref; tag?: string }[] = await permissions(admin, name);
    expect(w.database.statements() - start).toBeLessThanOrEqual(8);
    const reached = shown.flatMap(({ target, tag: by }) => (by === undefined ? [] : target.id));
    expect(reached).toHaveLength(450);
    expect(new Set(reached).size).toBe(450);
  });

  async function idOf(name: string): Promise<string> {
    return (await w.admin.get('query ($n: String!) { group(name: $n) { id } }', { n: name })).group.id;
  }
});

describe('permission checks through REST', () => {
  test('a permission check considers the tags and the name of an existing secret, and only the name of a missing secret', async () => {
    const bob = await w.user(fresh('bob'));
    const [name, later] = [fresh('db'), fresh('later')];
    await w.secret(name, { tags: ['check:it'] });
    await w.group(fresh('group'), [bob.id]).then((id) => w.grant(id, 'EXECUTE', 'check:it'));
    await w.grant(bob.id, 'READ', name);
    await w.grant(bob.id, 'UPDATE', later);
    await w.grant(bob.id, 'DELETE', name, { expiresAt: w.clock.in({ hours: -1 }) });
    const asBob = clientOf(bob);
    for (const who of [admin, asAuditor, asBob]) {
      const answer = await check(who, bob.name, secret(name));
      expect(answer).toMatchObject({
        status: 200,
        json: { CREATE: false, READ: true, UPDATE: false, DELETE: false, EXECUTE: true },
      });
      expect(heldIn(await check(who, bob.name, secret(later)))).toEqual(['UPDATE']);
      expect(heldIn(await check(who, bob.name, tagged('check:it')))).toEqual(['EXECUTE']);
      expect(heldIn(await check(who, bob.name, tagged('check:other')))).toEqual([]);
    }
  });

  test('a permission check agrees with the visible secrets and the successful actions of the caller', async () => {
    const who = await w.user(fresh('user'), { roles: ['USER'] });
    const plain = await w.user(fresh('plain'));
    const { name } = await w.secret(fresh('db'), { tags: ['agree:yes'] });
    const free = fresh('free');
    for (const access of ACCESSES) {
      await w.grant(plain.id, access, 'agree:yes');
      const shown = await plain.get('query ($n: String!) { secret(name: $n) { viewerAccess } }', { n: name });
      expect(heldIn(await check(admin, plain.name, secret(name)))).toEqual(shown.secret?.viewerAccess ?? ['CREATE']);
    }
    // The name is unused. Callers may create a secret with this name by a role or by a grant.
    expect(heldIn(await check(admin, who.name, secret(free)))).toEqual(['CREATE']);
    expect(heldIn(await check(admin, plain.name, secret(free)))).toEqual([]);
    await w.grant(plain.id, 'CREATE', free);
    expect(heldIn(await check(admin, plain.name, secret(free)))).toEqual(['CREATE']);
    await w.secret(free, { by: plain });
    expect(heldIn(await check(admin, plain.name, secret(free)))).toEqual([...ACCESSES]);
    expect(heldIn(await check(admin, who.name, secret(free)))).toEqual([]);
  });

  test("a permission check on a resource considers grants to the principal and to its groups on the resource and on the resource's tags", async () => {
    const bob = await w.user(fresh('bob'));
    const groupName = fresh('group');
    const groupId = await w.group(groupName);
    const target = workflow(fresh('flow'));
    await grant(admin, user(bob.name), ['READ'], target);
    await grant(admin, group(groupName), ['EXECUTE'], target);
    await grant(admin, user(bob.name), ['UPDATE'], tagged('flow:tag'));
    expect(heldIn(await check(admin, bob.name, target))).toEqual(['READ']);
    await addMembers(w.admin, groupId, bob.id);
    expect(heldIn(await check(admin, bob.name, target))).toEqual(['READ', 'EXECUTE']);
    await w.database.prisma.resourceTag.create({
      data: { id: newId(), kind: target.type, resource: target.id, tag: 'flow:tag', validFrom: w.clock.now() },
    });
    expect(heldIn(await check(admin, bob.name, target))).toEqual(['READ', 'UPDATE', 'EXECUTE']);
    expect(heldIn(await check(admin, bob.name, { ...target, type: 'TASK_DEF' }))).toEqual([]);
    expect(heldIn(await check(admin, bob.name, secret(target.id)))).toEqual([]);
  });

  test('a permission check on a resource considers grants to roles of the principal and its groups, and a permission check on a secret ignores these grants', async () => {
    const [name, defined] = [fresh('flow'), fresh('runner')];
    const [holder, member] = [await w.user(fresh('holder')), await w.user(fresh('member'))];
    await admin.send('POST', '/roles', { name: defined, permissions: ['READ_WORKFLOW_DEF'] });
    await admin.send('PUT', `/users/${holder.name}`, { name: holder.name, roles: [defined] });
    await w.group(fresh('workers'), [member.id], { roles: ['WORKER'] });
    await w.secret(name);
    await grant(admin, role(defined), ['EXECUTE'], workflow(name));
    await grant(admin, role('WORKER'), ['READ'], workflow(name));
    expect(heldIn(await check(admin, holder.name, workflow(name)))).toEqual(['EXECUTE']);
    expect(heldIn(await check(admin, member.name, workflow(name)))).toEqual(['READ']);
    expect(heldIn(await check(admin, holder.name, secret(name)))).toEqual([]);
    expect(heldIn(await check(admin, member.name, secret(name)))).toEqual([]);
  });

  test('a permission check on an environment variable considers grants to read the variable, and the roles that manage variables', async () => {
    const [bob, manager] = [
      await w.user(fresh('bob')),
      await w.user(fresh('manager'), { roles: ['METADATA_MANAGER'] }),
    ];
    const target = { type: 'ENV_VARIABLE', id: fresh('region') };
    await grant(admin, user(bob.name), ['UPDATE', 'DELETE'], target);
    expect(heldIn(await check(admin, bob.name, target))).toEqual([]);
    await grant(admin, user(bob.name), ['EXECUTE'], target);
    expect(heldIn(await check(admin, bob.name, target))).toEqual(['READ', 'EXECUTE']);
    expect(heldIn(await check(admin, manager.name, target))).toEqual([...ACCESSES]);
  });

  test('a permission check reports all access for ADMIN and no access for an inactive principal, and shows the id of an application in the form app:…', async () => {
    const targets = [secret(fresh('db')), tagged('a:b'), workflow('x')];
    const root = await w.user(fresh('root'), { roles: ['ADMIN'] });
    for (const target of targets) {
      await grant(admin, user(`app:${app.id}`), ['READ'], target);
      expect(heldIn(await check(admin, root.name, target))).toEqual([...ACCESSES]);
      expect(heldIn(await check(admin, `app:${app.id}`, target))).toEqual(['READ']);
      expect(heldIn(await check(clientOf(app), `app:${app.id}`, target))).toEqual(['READ']);
    }
    await updateUser(w.admin, root.id, { active: false });
    for (const target of targets) expect(heldIn(await check(admin, root.name, target))).toEqual([]);
    await deleteUser(w.admin, root.id);
    expect((await check(admin, root.name, targets[0]!)).status).toBe(404);
  });

  test('if a caller has only CREATE on a name, a permission check does not reveal whether a secret with this name exists', async () => {
    const bob = await w.user(fresh('bob'));
    const { name } = await w.secret(fresh('db'));
    await w.grant(bob.id, 'CREATE', 'bear:on');
    expect(heldIn(await check(clientOf(bob), bob.name, secret(name)))).toEqual([]);
    await tag(w.admin, name, 'bear:on');
    expect(heldIn(await check(clientOf(bob), bob.name, secret(name)))).toEqual([]);
    expect(heldIn(await check(admin, bob.name, secret(name)))).toEqual(['CREATE']);
  });
});
