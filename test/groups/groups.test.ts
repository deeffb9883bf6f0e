// Tests the operations on groups.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import {
  addMembers,
  createGroup,
  deleteGroup,
  deleteUser,
  refusal,
  removeMembers,
  updateGroup,
  updateUser,
} from '../access/asking.ts';
import type { Answer, Client } from '../support/app.ts';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const missing = toGlobalId('GROUP', newId());
const made = ({ data }: Answer) => data.createGroup.group;
const MEMBERS = 'members { nodes { __typename name } pageInfo { hasNextPage endCursor } }';
const group = async (who: Client, name: string) =>
  (
    await who.get(
      `query ($n: String!) { group(name: $n) { id name description roles ${MEMBERS} permissions { nodes { access } } } }`,
      { n: name },
    )
  ).group;
const memberNames = async (name: string) =>
  (await group(w.admin, name)).members.nodes.map((one: { name: string }) => one.name);

describe('creating a group', () => {
  test('createGroup creates a group with the requested fields, and queries by name, by id and in the list find the group', async () => {
    const answer = await createGroup(w.admin, {
      name: 'ops',
      description: 'on call',
      roles: ['USER', 'AUDITOR', 'USER'],
    });
    expect(made(answer)).toMatchObject({ name: 'ops', description: 'on call', roles: ['AUDITOR', 'USER'] });
    expect(await group(w.admin, 'ops')).toMatchObject({ id: made(answer).id, members: { nodes: [] } });
    const { node } = await w.admin.get('query ($i: ID!) { node(id: $i) { __typename id } }', { i: made(answer).id });
    expect(node).toEqual({ __typename: 'Group', id: made(answer).id });
  });

  test('creating a group with a taken name fails with NAME_TAKEN, even if the names differ in upper and lower case', async () => {
    await createGroup(w.admin, { name: 'pay' });
    expect(refusal(await createGroup(w.admin, { name: 'pay' }))).toEqual({ code: 'NAME_TAKEN', field: 'input.name' });
    expect((await createGroup(w.admin, { name: 'Pay' })).code).toBe('NAME_TAKEN');
  });

  test('many concurrent requests to create a group with one name create one group', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => createGroup(w.admin, { name: 'race' })));
    expect(answers.map(({ code }) => code).sort()).toEqual([...Array(5).fill('NAME_TAKEN'), undefined]);
  });

  const WRONG: [string, Record<string, unknown>, string][] = [
    ['an empty name', { name: '' }, 'input.name'],
    ['a name with spaces around it', { name: ' x' }, 'input.name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'input.name'],
    ['a name with a line break', { name: 'a\nb' }, 'input.name'],
    ['a name with a NUL', { name: 'a\0b' }, 'input.name'],
    ['a description of 2,001 characters', { name: 'fine', description: 'x'.repeat(2_001) }, 'input.description'],
    ['the role USER_READ_ONLY', { name: 'fine', roles: ['USER', 'USER_READ_ONLY'] }, 'input.roles'],
  ];
  test.each(WRONG)('creating or changing a group with %s fails with BAD_USER_INPUT', async (_, wrong, field) => {
    expect(refusal(await createGroup(w.admin, wrong))).toEqual({ code: 'BAD_USER_INPUT', field });
    const { id } = (await group(w.admin, 'ops')) ?? {};
    expect(refusal(await updateGroup(w.admin, id, wrong))).toEqual({ code: 'BAD_USER_INPUT', field });
    expect(await group(w.admin, 'fine')).toBeNull();
  });
});

describe('changing a group', () => {
  test('updateGroup leaves omitted fields unchanged, clears fields that are null, and replaces all roles', async () => {
    const { id } = made(await createGroup(w.admin, { name: 'change', description: 'old', roles: ['USER'] }));
    const change = async (what: Record<string, unknown>) =>
      (await updateGroup(w.admin, id, what)).data.updateGroup.group;
    expect(await change({ name: 'changed' })).toEqual({ id, name: 'changed', description: 'old', roles: ['USER'] });
    expect(await change({ roles: ['WORKER', 'AUDITOR'] })).toMatchObject({
      description: 'old',
      roles: ['AUDITOR', 'WORKER'],
    });
    expect(await change({ description: null, roles: [] })).toEqual({
      id,
      name: 'changed',
      description: null,
      roles: [],
    });
    expect(await change({})).toEqual({ id, name: 'changed', description: null, roles: [] });
    expect(await change({ name: 'changed' })).toMatchObject({ name: 'changed' });
  });

  test('the gateway refuses to change the name of a group to null or to a taken name, and to change its roles to null', async () => {
    const { id } = made(await createGroup(w.admin, { name: 'stays' }));
    expect(refusal(await updateGroup(w.admin, id, { name: null }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.name',
    });
    expect(refusal(await updateGroup(w.admin, id, { roles: null }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.roles',
    });
    expect(refusal(await updateGroup(w.admin, id, { name: 'ops' }))).toEqual({
      code: 'NAME_TAKEN',
      field: 'input.name',
    });
  });

  test('members have the roles of their group, and the database preserves removed roles as ended rows', async () => {
    const ann = await w.user('ann');
    const id = await w.group('creators', [ann.id]);
    const create = (n: string) =>
      ann.ask('mutation ($n: String!) { createSecret(input: { name: $n, value: "x" }) { secret { id } } }', { n });
    expect((await create('one')).code).toBe('FORBIDDEN');
    await updateGroup(w.admin, id, { roles: ['METADATA_MANAGER'] });
    expect((await create('one')).code).toBeUndefined();
    expect((await ann.get('{ viewer { roles groups { roles } } }')).viewer).toEqual({
      roles: [],
      groups: [{ roles: ['METADATA_MANAGER'] }],
    });
    await updateGroup(w.admin, id, { roles: [] });
    expect((await create('two')).code).toBe('FORBIDDEN');
    const rows = await w.database.query('SELECT role, valid_to FROM role_assignments WHERE subject_id = $1::uuid', [
      parseGlobalId(id)!.uuid,
    ]);
    expect(rows).toEqual([{ role: 'METADATA_MANAGER', valid_to: expect.any(Date) }]);
  });
});

describe('members of groups', () => {
  test('the pages of members list users and applications in the order in which they were added', async () => {
    const [bob, bot, cat] = [await w.user('bob'), await w.application('bot'), await w.user('cat')];
    const id = await w.group('mixed');
    for (const one of [cat, bot, bob]) await addMembers(w.admin, id, one.id);
    expect((await group(w.admin, 'mixed')).members.nodes).toEqual([
      { __typename: 'User', name: 'cat' },
      { __typename: 'Application', name: 'bot' },
      { __typename: 'User', name: 'bob' },
    ]);
    const page = (after: string | null) =>
      w.admin.get(
        'query ($a: String) { group(name: "mixed") { members(first: 2, after: $a) { nodes { name } pageInfo { hasNextPage endCursor } } } }',
        { a: after },
      );
    const first = (await page(null)).group.members;
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = (await page(first.pageInfo.endCursor)).group.members;
    expect([...first.nodes, ...second.nodes].map(({ name }: { name: string }) => name)).toEqual(['cat', 'bot', 'bob']);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  test('adding a member to a group twice succeeds, and the list of members contains the member once', async () => {
    const dan = await w.user('dan');
    const id = await w.group('once', [dan.id]);
    await addMembers(w.admin, id, dan.id, dan.id);
    expect(await memberNames('once')).toEqual(['dan']);
    await Promise.all(Array.from({ length: 5 }, () => addMembers(w.admin, id, dan.id)));
    expect(await memberNames('once')).toEqual(['dan']);
  });

  test('if a member is removed and added again, the member is last in the list, and the row of the earlier membership keeps its end time', async () => {
    const [eve, fay] = [await w.user('eve'), await w.user('fay')];
    const id = await w.group('again', [eve.id, fay.id]);
    for (let time = 1; time <= 2; time += 1) {
      expect((await removeMembers(w.admin, id, eve.id)).code).toBeUndefined();
      expect(await memberNames('again')).toEqual(['fay']);
    }
    await addMembers(w.admin, id, eve.id);
    expect(await memberNames('again')).toEqual(['fay', 'eve']);
    const rows = await w.database.query(
      'SELECT valid_to FROM group_members WHERE group_id = $1::uuid AND member_id = $2::uuid ORDER BY valid_from',
      [parseGlobalId(id)!.uuid, parseGlobalId(eve.id)!.uuid],
    );
    expect(rows).toEqual([{ valid_to: expect.any(Date) }, { valid_to: null }]);
  });

  test('if the first mutation of a request changes a membership, the second mutation of the request already sees the changed membership', async () => {
    const gus = await w.user('gus');
    const id = await w.group('twice');
    const data = await w.admin.get(
      `mutation ($g: ID!, $p: [ID!]!) {
        a: addGroupMembers(groupId: $g, principalIds: $p) { group { ${MEMBERS} } }
        b: removeGroupMembers(groupId: $g, principalIds: $p) { group { ${MEMBERS} } } }`,
      { g: id, p: [gus.id] },
    );
    expect([data.a.group.members.nodes.length, data.b.group.members.nodes.length]).toEqual([1, 0]);
  });

  test('a request that adds members to a group adds none of them if one does not exist, is a group or is a deleted user', async () => {
    const [hal, gone] = [await w.user('hal'), await w.user('gone')];
    await deleteUser(w.admin, gone.id);
    const id = await w.group('strict');
    for (const wrong of [toGlobalId('USER', newId()), id, gone.id, 'nonsense', '']) {
      expect(refusal(await addMembers(w.admin, id, hal.id, wrong))).toEqual({
        code: 'NOT_FOUND',
        field: 'principalIds.1',
      });
    }
    expect(await memberNames('strict')).toEqual([]);
  });

  test('adding or removing no members, or more than 200 members, fails with BAD_USER_INPUT', async () => {
    const id = await w.group('bounded');
    for (const ids of [[], Array.from({ length: 201 }, () => 'usr_x')]) {
      for (const change of [addMembers, removeMembers]) {
        expect(refusal(await change(w.admin, id, ...ids))).toEqual({ code: 'BAD_USER_INPUT', field: 'principalIds' });
      }
    }
  });

  test('a user with USER_READ_ONLY cannot join a group, and a member of a group cannot receive USER_READ_ONLY', async () => {
    const [ina, ivo] = [await w.user('ina', { roles: ['USER_READ_ONLY'] }), await w.user('ivo')];
    const id = await w.group('writers', [ivo.id]);
    expect(refusal(await addMembers(w.admin, id, ivo.id, ina.id))).toEqual({
      code: 'CONFLICT',
      field: 'principalIds.1',
    });
    expect(refusal(await updateUser(w.admin, ivo.id, { roles: ['USER', 'USER_READ_ONLY'] }))).toEqual({
      code: 'CONFLICT',
      field: 'input.roles',
    });
    expect((await w.admin.get('{ user(username: "ivo") { roles } }')).user.roles).toEqual([]);
    await updateUser(w.admin, ina.id, { roles: [] });
    expect((await addMembers(w.admin, id, ina.id)).code).toBeUndefined();
    await removeMembers(w.admin, id, ivo.id);
    expect((await updateUser(w.admin, ivo.id, { roles: ['USER_READ_ONLY'] })).code).toBeUndefined();
  });

  test('if a user joins a group and receives USER_READ_ONLY at the same moment, exactly one of the two changes succeeds', async () => {
    const id = await w.group('contested');
    for (let round = 1; round <= 6; round += 1) {
      const who = await w.user(`contested_${round}`);
      const codes = (
        await Promise.all([addMembers(w.admin, id, who.id), updateUser(w.admin, who.id, { roles: ['USER_READ_ONLY'] })])
      ).map(({ code }) => code);
      expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(1);
    }
  });
});

describe('deleting a group', () => {
  test('deleting a group ends its memberships, roles and grants, preserves their rows in the database, and makes the name available again', async () => {
    const jan = await w.user('jan');
    const id = await w.group('doomed', [jan.id], { roles: ['USER'] });
    await w.grant(id, 'READ', 'some:tag');
    expect((await deleteGroup(w.admin, id)).data.deleteGroup).toEqual({ id });
    expect(await group(w.admin, 'doomed')).toBeNull();
    expect((await w.admin.get('query ($i: ID!) { node(id: $i) { id } }', { i: id })).node).toBeNull();
    expect((await w.admin.get('{ user(username: "jan") { groups { name } } }')).user.groups).toEqual([]);
    const open = await w.database.query<{ current: number; all: number }>(
      `SELECT count(*) FILTER (WHERE valid_to IS NULL)::int AS current, count(*)::int AS all FROM (
         SELECT valid_to FROM permissions WHERE subject_id = $1::uuid UNION ALL SELECT valid_to FROM role_assignments WHERE subject_id = $1::uuid
         UNION ALL SELECT valid_to FROM group_members WHERE group_id = $1::uuid) ended`,
      [parseGlobalId(id)!.uuid],
    );
    expect(open).toEqual([{ current: 0, all: 3 }]);
    expect((await createGroup(w.admin, { name: 'doomed' })).code).toBeUndefined();
    expect(await memberNames('doomed')).toEqual([]);
    for (const answer of [await deleteGroup(w.admin, id), await deleteGroup(w.admin, 'nonsense')]) {
      expect(refusal(answer)).toEqual({ code: 'NOT_FOUND', field: 'id' });
    }
  });
});

describe('reading groups', () => {
  test('members see all data of their groups, callers with ADMIN or AUDITOR see all groups, and all other users see no group', async () => {
    const [kim, lea] = [await w.user('kim'), await w.user('lea')];
    const auditor = await w.user('auditor', { roles: ['AUDITOR'] });
    const id = await w.group('seen', [kim.id], { roles: ['WORKER'] });
    await w.grant(id, 'READ', 'seen:tag');
    const whole = {
      id,
      name: 'seen',
      roles: ['WORKER'],
      members: { nodes: [{ name: 'kim' }] },
      permissions: { nodes: [{ access: ['READ'] }] },
    };
    for (const who of [kim, auditor, w.admin]) expect(await group(who, 'seen')).toMatchObject(whole);
    expect(await group(lea, 'seen')).toBeNull();
    expect((await lea.get('query ($i: ID!) { node(id: $i) { id } }', { i: id })).node).toBeNull();
    const names = async (who: Client) =>
      (await who.get('{ groups(first: 200) { nodes { name } } }')).groups.nodes.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names(kim)).toEqual(['seen']);
    expect(await names(lea)).toEqual([]);
    expect(await names(auditor)).toEqual(await names(w.admin));
    expect(await names(w.admin)).toEqual([...(await names(w.admin))].sort());
  });

  test('a grant to a hidden group shows the id of the group and omits its name', async () => {
    const olga = await w.user('olga', { roles: ['USER'] });
    const id = await w.group('veiled', [(await w.user('mia')).id], { roles: ['WORKER'] });
    await w.secret('of_olga', { by: olga });
    await w.grant(id, 'READ', 'of_olga', { by: olga });
    const { permissions } = await olga.get(
      '{ permissions(target: { secret: "of_olga" }, first: 1) { nodes { subject { ... on Group { name roles members { nodes { name } } permissions { nodes { access } } } } } } }',
    );
    expect(permissions.nodes[0].subject).toEqual({
      name: id,
      roles: [],
      members: { nodes: [] },
      permissions: { nodes: [] },
    });
  });

  test('the list of groups has pages, and filters groups by a part of the name in upper or lower case', async () => {
    for (const name of ['page-C', 'page-a', 'PAGE-b']) await createGroup(w.admin, { name });
    const all: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const {
        groups,
      }: { groups: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
        await w.admin.get(
          'query ($a: String) { groups(nameContains: "Page-", first: 2, after: $a) { nodes { name } pageInfo { hasNextPage endCursor } } }',
          { a: after },
        );
      all.push(...groups.nodes.map(({ name }) => name));
      [after, more] = [groups.pageInfo.endCursor, groups.pageInfo.hasNextPage];
    }
    expect(all).toEqual(['PAGE-b', 'page-C', 'page-a']);
    expect((await w.admin.get('{ groups(nameContains: "%") { nodes { name } } }')).groups.nodes).toEqual([]);
  });

  test('a filter by an invalid group name finds no group', async () => {
    for (const name of ['', 'a\0b', '\ud800', 'x'.repeat(3_000)]) {
      expect(await group(w.admin, name)).toBeNull();
      if (name === '') continue;
      const { groups } = await w.admin.get('query ($n: String!) { groups(nameContains: $n) { nodes { name } } }', {
        n: name.slice(0, 1_000),
      });
      expect(groups.nodes).toEqual([]);
    }
  });

  test('the query groups rejects an out-of-range page size and a malformed cursor', async () => {
    for (const [args, field] of [
      ['first: 0', 'first'],
      ['first: 201', 'first'],
      ['after: "x"', 'after'],
    ]) {
      expect(refusal(await w.admin.ask(`{ groups(${args}) { nodes { id } } }`))).toEqual({
        code: 'BAD_USER_INPUT',
        field,
      });
    }
  });
});

test('only callers with ADMIN can change groups, and other callers do not learn which groups exist', async () => {
  const [nia, auditor] = [
    await w.user('nia', { roles: ['USER', 'APPLICATION_MANAGER'] }),
    await w.user('aud', { roles: ['AUDITOR'] }),
  ];
  const id = await w.group('guarded', [nia.id]);
  for (const who of [nia, auditor]) {
    for (const groupId of [id, missing]) {
      const answers = [
        await updateGroup(who, groupId, { name: 'x' }),
        await deleteGroup(who, groupId),
        await addMembers(who, groupId, nia.id),
        await removeMembers(who, groupId, nia.id),
      ];
      expect(answers.map(({ code }) => code)).toEqual(Array(4).fill('FORBIDDEN'));
    }
    expect((await createGroup(who, { name: 'guarded' })).code).toBe('FORBIDDEN');
  }
  for (const answer of [await updateGroup(w.admin, missing, {}), await addMembers(w.admin, missing, nia.id)]) {
    expect(answer.code).toBe('NOT_FOUND');
  }
});
