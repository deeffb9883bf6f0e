// Tests the operations on applications and their access keys.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import {
  addMembers,
  createApplication,
  createKey,
  deleteApplication,
  deleteKey,
  deleteUser,
  grant,
  refusal,
  setKeyActive,
  signInApplication,
  updateApplication,
  updateUser,
} from '../access/asking.ts';
import type { Answer, Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let owner: SomeUser;
let other: SomeUser;
let manager: SomeUser;
let auditor: SomeUser;
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  owner = await w.user('owner', { roles: ['USER'] });
  other = await w.user('other', { roles: ['USER'] });
  manager = await w.user('manager', { roles: ['APPLICATION_MANAGER'] });
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
});
afterAll(() => w.close());

const missing = toGlobalId('APPLICATION', newId());
const made = ({ data }: Answer) => data.createApplication.application;
const key = ({ data }: Answer): { secret: string; accessKey: { id: string } & Record<string, unknown> } =>
  data.createAccessKey;
const FIELDS =
  'id name description roles groups { name } accessKeys { id active lastUsedAt expiresAt } permissions { nodes { access } } createdBy { name }';
const find = async (who: Client, id: string) =>
  (await who.get(`query ($i: ID!) { application(id: $i) { ${FIELDS} } }`, { i: id })).application;
const newApplication = async (who: Client, name: string) => made(await createApplication(who, name)).id as string;
const tokenOf = async (keyId: string, keySecret: string): Promise<Client> =>
  w.as((await signInApplication(w.anonymous, keyId, keySecret)).data.signInApplication.token);
const NOT_FOUND = (field: string) => ({ code: 'NOT_FOUND', field });

describe('creating an application', () => {
  test('to create an application, a caller needs one of four roles, directly or through a group', async () => {
    for (const role of ['USER', 'APPLICATION_CREATOR', 'APPLICATION_MANAGER', 'ADMIN'] as const) {
      const who = await w.user(`creates as ${role}`, { roles: [role] });
      expect(made(await createApplication(who, 'made', ['WORKER']))).toMatchObject({
        roles: ['WORKER'],
        createdBy: { id: who.id },
      });
    }
    const grouped = await w.user('grouped');
    await w.group('creators', [grouped.id], { roles: ['APPLICATION_CREATOR'] });
    expect((await createApplication(grouped, 'made')).code).toBeUndefined();
    for (const role of [
      'AUDITOR',
      'METADATA_MANAGER',
      'WORKFLOW_MANAGER',
      'USER_READ_ONLY',
      'WORKER',
      'METADATA_API',
    ] as const) {
      const who = await w.user(`cannot as ${role}`, { roles: [role] });
      expect((await createApplication(who, 'not made')).code).toBe('FORBIDDEN');
    }
  });

  test('two applications may have the same name', async () => {
    const ids = [await newApplication(owner, 'twin'), await newApplication(other, 'twin')];
    expect(new Set(ids).size).toBe(2);
  });

  const WRONG: [string, Record<string, unknown>, string][] = [
    ['an empty name', { name: '' }, 'input.name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'input.name'],
    ['a name with a NUL', { name: 'a\0' }, 'input.name'],
    ['a description of 2,001 characters', { name: 'x', description: 'x'.repeat(2_001) }, 'input.description'],
  ];
  test.each(WRONG)('creating or changing an application with %s fails with BAD_USER_INPUT', async (_, wrong, field) => {
    const create = 'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }';
    expect(refusal(await owner.ask(create, { i: wrong }))).toEqual({ code: 'BAD_USER_INPUT', field });
    const id = await newApplication(owner, 'to be changed');
    expect(refusal(await updateApplication(owner, id, wrong))).toEqual({ code: 'BAD_USER_INPUT', field });
  });
});

describe('managing an application', () => {
  test('the creator of an application and callers with ADMIN or APPLICATION_MANAGER can manage the application, and it is hidden from all other callers', async () => {
    const id = await newApplication(owner, 'managed');
    for (const who of [owner, manager, w.admin]) {
      expect((await updateApplication(who, id, { description: `by ${who.token?.length}` })).code).toBeUndefined();
      const { accessKey } = key(await createKey(who, id));
      expect((await setKeyActive(who, accessKey.id, false)).code).toBeUndefined();
      expect((await deleteKey(who, accessKey.id)).code).toBeUndefined();
    }
    const { accessKey } = key(await createKey(owner, id));
    for (const [what, keyId] of [
      [id, accessKey.id],
      [missing, toGlobalId('ACCESS_KEY', newId())],
      ['x', 'x'],
    ] as const) {
      expect(refusal(await updateApplication(other, what, { name: 'x' }))).toEqual(NOT_FOUND('input.id'));
      expect(refusal(await deleteApplication(other, what))).toEqual(NOT_FOUND('id'));
      expect(refusal(await createKey(other, what))).toEqual(NOT_FOUND('applicationId'));
      expect(refusal(await setKeyActive(other, keyId, false))).toEqual(NOT_FOUND('keyId'));
      expect(refusal(await deleteKey(other, keyId))).toEqual(NOT_FOUND('keyId'));
      expect(await find(other, what)).toBeNull();
    }
    expect(
      (
        await other.ask('mutation ($k: ID!) { setAccessKeyActive(keyId: $k, active: false) { accessKey { id } } }', {
          k: accessKey.id,
        })
      ).text,
    ).toBe(
      (
        await other.ask('mutation ($k: ID!) { setAccessKeyActive(keyId: $k, active: false) { accessKey { id } } }', {
          k: toGlobalId('ACCESS_KEY', newId()),
        })
      ).text,
    );
  });

  test('a caller with AUDITOR and the application itself can read the application, but cannot change it', async () => {
    const id = await newApplication(owner, 'looked at');
    const { accessKey, secret } = key(await createKey(owner, id));
    const itself = await tokenOf(accessKey.id, secret);
    for (const who of [auditor, itself]) {
      expect(await find(who, id)).toMatchObject({ id, accessKeys: [{ id: accessKey.id }] });
      const answers = [
        await updateApplication(who, id, { roles: ['WORKER'] }),
        await deleteApplication(who, id),
        await createKey(who, id),
        await setKeyActive(who, accessKey.id, true),
        await deleteKey(who, accessKey.id),
      ];
      expect(answers.map(({ code }) => code)).toEqual(Array(5).fill('FORBIDDEN'));
    }
  });

  test('updateApplication leaves omitted fields unchanged, and clears fields that are null', async () => {
    const id = await newApplication(owner, 'kept');
    const change = async (what: Record<string, unknown>) =>
      (await updateApplication(owner, id, what)).data.updateApplication.application;
    expect(await change({ description: 'text', roles: ['WORKER', 'METADATA_API'] })).toEqual({
      id,
      name: 'kept',
      description: 'text',
      roles: ['METADATA_API', 'WORKER'],
    });
    expect(await change({ name: 'renamed' })).toMatchObject({
      name: 'renamed',
      description: 'text',
      roles: ['METADATA_API', 'WORKER'],
    });
    expect(await change({ description: null, roles: [] })).toMatchObject({ description: null, roles: [] });
    for (const field of ['name', 'roles']) {
      expect(refusal(await updateApplication(owner, id, { [field]: null }))).toEqual({
        code: 'BAD_USER_INPUT',
        field: `input.${field}`,
      });
    }
  });

  test('if the creator of an application is deleted, other managers can still manage the application, and the field for its creator is null', async () => {
    const leaver = await w.user('leaver', { roles: ['USER'] });
    const id = await newApplication(leaver, 'left behind');
    await deleteUser(w.admin, leaver.id);
    expect(await find(w.admin, id)).toMatchObject({ createdBy: null });
    expect((await createKey(manager, id)).code).toBeUndefined();
    const again = await w.user('leaver', { roles: ['USER'] });
    expect(await find(again, id)).toBeNull();
  });

  test('a creator who lost the role to create applications can still manage the applications that the creator created', async () => {
    const demoted = await w.user('demoted', { roles: ['USER'] });
    const id = await newApplication(demoted, 'mine');
    await updateUser(w.admin, demoted.id, { roles: [] });
    expect((await createKey(demoted, id)).code).toBeUndefined();
    expect((await createApplication(demoted, 'another')).code).toBe('FORBIDDEN');
  });

  test('an application in a group cannot receive USER_READ_ONLY, and an application with USER_READ_ONLY cannot join a group', async () => {
    const [inside, outside] = [await newApplication(w.admin, 'inside'), await newApplication(w.admin, 'outside')];
    const group = await w.group('apps', [inside]);
    expect(refusal(await updateApplication(w.admin, inside, { roles: ['USER_READ_ONLY'] }))).toEqual({
      code: 'CONFLICT',
      field: 'input.roles',
    });
    expect((await find(w.admin, inside)).roles).toEqual([]);
    await updateApplication(w.admin, outside, { roles: ['USER_READ_ONLY'] });
    expect(refusal(await addMembers(w.admin, group, outside))).toEqual({ code: 'CONFLICT', field: 'principalIds.0' });
  });
});

describe('access keys of an application', () => {
  test('an application can sign in with each of its access keys, and deactivating one access key does not affect its other access keys', async () => {
    const id = await newApplication(owner, 'several');
    const [one, two] = [key(await createKey(owner, id)), key(await createKey(owner, id))];
    expect(one.secret).not.toBe(two.secret);
    expect(one.accessKey).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{32}$/),
      active: true,
      createdAt: expect.any(String),
      lastUsedAt: null,
      expiresAt: null,
    });
    const [first, second] = [await tokenOf(one.accessKey.id, one.secret), await tokenOf(two.accessKey.id, two.secret)];
    for (const client of [first, second]) expect((await client.get('{ viewer { id } }')).viewer.id).toBe(id);
    expect((await signInApplication(w.anonymous, one.accessKey.id, two.secret)).code).toBe('UNAUTHENTICATED');
    await setKeyActive(owner, one.accessKey.id, false);
    expect((await first.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect((await second.get('{ viewer { id } }')).viewer.id).toBe(id);
    expect(
      (await find(owner, id)).accessKeys.map(({ id, active }: { id: string; active: boolean }) => [id, active]),
    ).toEqual([
      [one.accessKey.id, false],
      [two.accessKey.id, true],
    ]);
  });

  test('an application can sign in again with a reactivated access key, but the gateway refuses tokens that it issued before the deactivation', async () => {
    const id = await newApplication(owner, 'reactivated');
    const { accessKey, secret } = key(await createKey(owner, id));
    const old = await tokenOf(accessKey.id, secret);
    expect((await setKeyActive(owner, accessKey.id, true)).code).toBeUndefined();
    expect((await old.ask('{ viewer { id } }')).code).toBeUndefined();
    await setKeyActive(owner, accessKey.id, false);
    await setKeyActive(owner, accessKey.id, false);
    expect((await signInApplication(w.anonymous, accessKey.id, secret)).code).toBe('UNAUTHENTICATED');
    await setKeyActive(owner, accessKey.id, true);
    expect((await old.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect((await (await tokenOf(accessKey.id, secret)).get('{ viewer { id } }')).viewer.id).toBe(id);
  });

  test('neither the list of access keys nor a query by id shows a deleted access key', async () => {
    const id = await newApplication(owner, 'deleted key');
    const { accessKey, secret } = key(await createKey(owner, id));
    expect((await deleteKey(owner, accessKey.id)).data.deleteAccessKey).toEqual({ id: accessKey.id });
    expect((await find(owner, id)).accessKeys).toEqual([]);
    expect((await signInApplication(w.anonymous, accessKey.id, secret)).code).toBe('UNAUTHENTICATED');
    expect(refusal(await deleteKey(owner, accessKey.id))).toEqual(NOT_FOUND('keyId'));
    expect(refusal(await setKeyActive(owner, accessKey.id, true))).toEqual(NOT_FOUND('keyId'));
  });

  test('an access key shows the time when an application last signed in with the key', async () => {
    const id = await newApplication(owner, 'used');
    const { accessKey, secret } = key(await createKey(owner, id));
    const before = w.clock.now();
    await tokenOf(accessKey.id, secret);
    const [{ lastUsedAt }] = (await find(owner, id)).accessKeys;
    expect(new Date(lastUsedAt).getTime()).toBeGreaterThanOrEqual(before.getTime());
    await signInApplication(w.anonymous, accessKey.id, 'wrong');
    expect((await find(owner, id)).accessKeys[0].lastUsedAt).toBe(lastUsedAt);
  });

  test('an access key and its tokens become invalid exactly at the expiry of the access key', async () => {
    const id = await newApplication(owner, 'ending');
    const expiresAt = w.clock.in({ minutes: 10 });
    const { accessKey, secret } = key(await createKey(owner, id, expiresAt));
    expect(accessKey.expiresAt).toBe(expiresAt);
    w.clock.advance({ minutes: 9 });
    const client = await tokenOf(accessKey.id, secret);
    w.clock.advance({ minutes: 1 });
    expect((await client.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect((await signInApplication(w.anonymous, accessKey.id, secret)).code).toBe('UNAUTHENTICATED');
    const over = key(await createKey(owner, id, w.clock.in({ seconds: -1 })));
    expect((await signInApplication(w.anonymous, over.accessKey.id, over.secret)).code).toBe('UNAUTHENTICATED');
  });

  test('an application has at most 20 access keys, even if requests create keys concurrently, and can receive a new access key after one is deleted', async () => {
    const id = await newApplication(owner, 'many');
    for (let i = 0; i < 17; i += 1) await createKey(owner, id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => createKey(owner, id)));
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(3);
    expect(answers.filter(({ code }) => code === 'CONFLICT')).toHaveLength(3);
    const { accessKeys } = await find(owner, id);
    expect(accessKeys).toHaveLength(20);
    expect(refusal(await createKey(owner, id))).toEqual({ code: 'CONFLICT', field: 'applicationId' });
    await deleteKey(owner, accessKeys[0].id);
    expect((await createKey(owner, id)).code).toBeUndefined();
  });
});

describe('deleting an application', () => {
  test('deleting an application ends its access keys, memberships, roles and grants, and the database preserves their rows', async () => {
    const id = await newApplication(owner, 'doomed');
    const { accessKey, secret } = key(await createKey(owner, id));
    await updateApplication(w.admin, id, { roles: ['WORKER'] });
    await w.group('dooms', [id]);
    await w.grant(id, 'READ', 'doom:tag');
    expect((await deleteApplication(owner, id)).data.deleteApplication).toEqual({ id });
    for (const who of [owner, w.admin, auditor]) expect(await find(who, id)).toBeNull();
    expect((await signInApplication(w.anonymous, accessKey.id, secret)).code).toBe('UNAUTHENTICATED');
    expect(refusal(await setKeyActive(w.admin, accessKey.id, true))).toEqual(NOT_FOUND('keyId'));
    expect(refusal(await createKey(w.admin, id))).toEqual(NOT_FOUND('applicationId'));
    expect(refusal(await grant(w.admin, id, ['READ'], 'doom:tag'))).toEqual(NOT_FOUND('input.subjectId'));
    const rows = await w.database.query(
      `SELECT count(*) FILTER (WHERE valid_to IS NULL)::int AS current, count(*)::int AS all FROM (
         SELECT valid_to FROM permissions WHERE subject_id = $1::uuid UNION ALL SELECT valid_to FROM role_assignments WHERE subject_id = $1::uuid
         UNION ALL SELECT valid_to FROM group_members WHERE member_id = $1::uuid) ended`,
      [parseGlobalId(id)!.uuid],
    );
    expect(rows).toEqual([{ current: 0, all: 3 }]);
    expect(refusal(await deleteApplication(owner, id))).toEqual(NOT_FOUND('id'));
  });

  test('objects that a deleted application created still exist, and have no creator', async () => {
    const maker = await w.application('maker', { roles: ['USER'] });
    await w.secret('of_maker', { by: maker });
    await deleteApplication(w.admin, maker.id);
    const { secret } = await w.admin.get('{ secret(name: "of_maker") { createdBy { name } } }');
    expect(secret).toEqual({ createdBy: null });
  });
});

describe('reading applications', () => {
  test('callers with ADMIN, AUDITOR or APPLICATION_MANAGER list all applications, a USER lists only applications that the user created, and an application lists only itself', async () => {
    const who = await w.user('lister', { roles: ['USER'] });
    const ids = [await newApplication(who, 'list-b'), await newApplication(who, 'list-a')];
    await newApplication(other, 'list-c');
    const names = async (client: Client) =>
      (await client.get('{ applications(nameContains: "LIST-") { nodes { name } } }')).applications.nodes.map(
        ({ name }: { name: string }) => name,
      );
    for (const client of [w.admin, auditor, manager])
      expect(await names(client)).toEqual(['list-a', 'list-b', 'list-c']);
    expect(await names(who)).toEqual(['list-a', 'list-b']);
    const { accessKey, secret } = key(await createKey(who, ids[0]!));
    expect(await names(await tokenOf(accessKey.id, secret))).toEqual(['list-b']);
  });

  test('the pages of the list of applications contain every application once, even if several applications have equal names', async () => {
    for (let i = 0; i < 5; i += 1) await newApplication(owner, 'paged-same');
    const ids: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const {
        applications,
      }: { applications: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
        await w.admin.get(
          'query ($a: String) { applications(nameContains: "paged-", first: 2, after: $a) { nodes { id } pageInfo { hasNextPage endCursor } } }',
          { a: after },
        );
      ids.push(...applications.nodes.map(({ id }) => id));
      [after, more] = [applications.pageInfo.endCursor, applications.pageInfo.hasNextPage];
    }
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
  });

  test('a caller who cannot see the application that created a secret sees only the name of the application', async () => {
    const maker = await w.application('veiled maker', { roles: ['USER'] });
    await w.secret('of_veiled', { by: maker });
    await w.grant(other.id, 'READ', 'of_veiled');
    const { secret } = await other.get(
      `{ secret(name: "of_veiled") { createdBy { ... on Application { name roles groups { name } accessKeys { id } permissions { nodes { access } } } } } }`,
    );
    expect(secret.createdBy).toEqual({
      name: 'veiled maker',
      roles: [],
      groups: [],
      accessKeys: [],
      permissions: { nodes: [] },
    });
    expect((await other.get('query ($i: ID!) { node(id: $i) { id } }', { i: maker.id })).node).toBeNull();
  });

  test('for the id of an access key and for an invalid id, the field node returns null', async () => {
    const id = await newApplication(owner, 'noded');
    const { accessKey } = key(await createKey(owner, id));
    for (const what of [accessKey.id, 'x', '', missing]) {
      expect((await owner.get('query ($i: ID!) { node(id: $i) { id } }', { i: what })).node).toBeNull();
      expect(await find(owner, what)).toBeNull();
    }
    const { applications } = await w.admin.get(
      'query ($n: String!) { applications(nameContains: $n) { nodes { id } } }',
      { n: 'a\0b' },
    );
    expect(applications.nodes).toEqual([]);
  });
});
