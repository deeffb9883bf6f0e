// Tests how callers grant, revoke and list grants.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '../../src/generated/vocabulary.ts';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import type { Answer, Client } from '../support/app.ts';
import { type SomeUser, targetInput, type World, world } from '../support/world.ts';
import { createApplication, deleteSecret, deleteUser, grant, refusal, revoke, tag } from './asking.ts';

let w: World;
let count = 0;
const fresh = (label: string) => {
  count += 1;
  return `${label}_${count}`;
};
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
});
afterAll(() => w.close());

interface Row {
  access: Access[];
  valid_to: Date | null;
  secret_id: string | null;
}
/** Returns all rows of the grants to a subject on a target, oldest row first. */
const rowsOf = (subjectId: string, target: string) =>
  w.database.query<Row>(
    'SELECT access, valid_to, secret_id FROM permissions WHERE subject_id = $1::uuid AND target = $2 ORDER BY valid_from, valid_to NULLS LAST, id',
    [parseGlobalId(subjectId)!.uuid, target],
  );
const granted = ({ data }: Answer) => data.grantPermission.permission;
const left = ({ data }: Answer) => data.revokePermission.permission;

describe('grantPermission: creating grants', () => {
  test('a grant shows its subject, target, access, grantor, start time and end time', async () => {
    const [ann, name] = [await w.user('ann'), fresh('db')];
    await w.secret(name);
    const expiresAt = w.clock.in({ days: 1 });
    const before = w.clock.now();
    const permission = granted(await grant(w.admin, ann.id, ['EXECUTE', 'READ', 'READ'], name, { expiresAt }));
    expect(permission).toEqual({
      id: expect.stringMatching(/^per_[0-9a-f]{32}$/),
      access: ['READ', 'EXECUTE'],
      expiresAt,
      grantedAt: expect.any(String),
      subject: { __typename: 'User', username: 'ann' },
      target: { __typename: 'SecretName', name, secret: { name } },
      grantedBy: { name: 'Administrator' },
    });
    expect(new Date(permission.grantedAt).getTime()).toBeGreaterThanOrEqual(before.getTime());
    const { node } = await w.admin.get('query ($i: ID!) { node(id: $i) { ... on Permission { id access } } }', {
      i: permission.id,
    });
    expect(node).toEqual({ id: permission.id, access: ['READ', 'EXECUTE'] });
  });

  test('users, groups and applications can receive grants on tags and names', async () => {
    const application = await w.application(fresh('app'));
    const group = await w.group(fresh('group'));
    const onTag = granted(await grant(w.admin, group, ['UPDATE'], 'env:what:ever'));
    expect(onTag).toMatchObject({
      subject: { __typename: 'Group' },
      target: { __typename: 'Tag', id: 'env:what:ever' },
    });
    const toApplication = granted(await grant(w.admin, application.id, ['CREATE'], fresh('nothing')));
    expect(toApplication).toMatchObject({ subject: { __typename: 'Application' }, target: { secret: null } });
  });

  test('an administrator can grant access on a name or a tag that does not exist yet, and the grant is valid immediately', async () => {
    const ben = await w.user('ben');
    const [byName, byTag] = [fresh('later'), fresh('later')];
    await w.grant(ben.id, 'READ', byName);
    await w.grant(ben.id, 'READ', 'later:tag');
    expect(await w.sees(ben, byName)).toBe(false);
    const [named, tagged] = [await w.secret(byName), await w.secret(byTag)];
    expect(await w.reveal(ben, byName)).toBe(named.value);
    expect(await w.sees(ben, byTag)).toBe(false);
    await tag(w.admin, byTag, 'later:tag');
    expect(await w.reveal(ben, byTag)).toBe(tagged.value);
    // An administrator's grant on a name applies to every secret that has the name.
    await deleteSecret(w.admin, byName, true);
    const again = await w.secret(byName);
    expect(await w.reveal(ben, byName)).toBe(again.value);
  });

  test('if a subject with a grant receives more access, the gateway ends the current grant and creates one grant with the old and the new accesses', async () => {
    const [cat, name] = [await w.user(fresh('cat')), fresh('db')];
    const first = granted(await grant(w.admin, cat.id, ['READ'], name));
    const second = granted(await grant(w.admin, cat.id, ['UPDATE', 'READ'], name));
    expect(second.access).toEqual(['READ', 'UPDATE']);
    expect(second.id).not.toBe(first.id);
    expect(await rowsOf(cat.id, name)).toEqual([
      { access: ['READ'], valid_to: expect.any(Date), secret_id: null },
      { access: ['READ', 'UPDATE'], valid_to: null, secret_id: null },
    ]);
    const { node } = await w.admin.get('query ($i: ID!) { node(id: $i) { id } }', { i: first.id });
    expect(node).toBeNull();
  });

  test('granting access that the subject already has changes nothing', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const first = granted(await grant(w.admin, who.id, ['READ', 'EXECUTE'], name));
    expect(granted(await grant(w.admin, who.id, ['EXECUTE'], name)).id).toBe(first.id);
    expect(await rowsOf(who.id, name)).toHaveLength(1);
  });

  test('if a subject with a grant receives the same access with a different expiry, the gateway creates a second grant', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const expiresAt = w.clock.in({ days: 1 });
    await grant(w.admin, who.id, ['READ'], name);
    await grant(w.admin, who.id, ['UPDATE'], name, { expiresAt });
    await grant(w.admin, who.id, ['DELETE'], name, { expiresAt });
    expect(await rowsOf(who.id, name)).toMatchObject([
      { access: ['READ'], valid_to: null },
      { access: ['UPDATE'], valid_to: expect.any(Date) },
      { access: ['UPDATE', 'DELETE'], valid_to: null },
    ]);
  });

  test('many concurrent identical requests to grant access all succeed and create one row', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const answers = await Promise.all(Array.from({ length: 12 }, () => grant(w.admin, who.id, ['READ'], name)));
    expect(new Set(answers.map((answer) => granted(answer).id)).size).toBe(1);
    expect(await rowsOf(who.id, name)).toHaveLength(1);
    const { auditEvents } = await w.admin.get(
      '{ auditEvents(filter: { actions: [PERMISSION_GRANT], outcome: FAILED }) { nodes { id } } }',
    );
    expect(auditEvents.nodes).toEqual([]);
  });

  test('concurrent grants of different accesses to one subject on one target result in one grant with all these accesses', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const each: Access[] = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'];
    await Promise.all(each.map((access) => grant(w.admin, who.id, [access], name)));
    const current = (await rowsOf(who.id, name)).filter((row) => row.valid_to === null);
    expect(current).toEqual([{ access: each, valid_to: null, secret_id: null }]);
  });

  const WRONG: [string, Record<string, unknown>, string][] = [
    ['no access', { access: [] }, 'input.access'],
    ['a name that none can have', { target: { secret: 'not a name' } }, 'input.target.secret'],
    ['an empty name', { target: { secret: '' } }, 'input.target.secret'],
    ['a tag whose key has a colon', { target: { tag: { key: 'a:b', value: 'c' } } }, 'input.target.tag.key'],
    ['a tag without a value', { target: { tag: { key: 'a', value: '' } } }, 'input.target.tag.value'],
    ['a tag with a NUL', { target: { tag: { key: 'a', value: 'b\0' } } }, 'input.target.tag.value'],
  ];
  test.each(WRONG)('granting access with %s fails with BAD_USER_INPUT', async (_, wrong, field) => {
    const input = { subjectId: toGlobalId('USER', newId()), target: { secret: 'db' }, access: ['READ'], ...wrong };
    const answer = await w.admin.ask(
      'mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }',
      { i: input },
    );
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', field });
  });

  test('granting access on both a tag and a name, or on neither, fails with BAD_USER_INPUT', async () => {
    for (const target of [{}, { tag: { key: 'a', value: 'b' }, secret: 'db' }, { secret: null }]) {
      const answer = await w.admin.ask(
        'mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }',
        { i: { subjectId: 'usr_x', target, access: ['READ'] } },
      );
      expect(answer.code).toBe('BAD_USER_INPUT');
    }
  });

  test('granting access to a missing subject, a deleted user or an object that cannot receive grants fails with NOT_FOUND', async () => {
    const gone = await w.user(fresh('gone'));
    await deleteUser(w.admin, gone.id);
    const secret = await w.secret(fresh('db'));
    for (const subject of [gone.id, toGlobalId('GROUP', newId()), secret.id, gone.id.replace('usr', 'grp'), 'x', '']) {
      const expected = { code: 'NOT_FOUND', field: 'input.subjectId' };
      expect(refusal(await grant(w.admin, subject, ['READ'], secret.name))).toEqual(expected);
      expect(refusal(await revoke(w.admin, subject, ['READ'], secret.name))).toEqual(expected);
    }
  });

  test('if a user is deleted at the moment when the user receives a grant, no grant to the deleted user remains', async () => {
    for (let round = 1; round <= 6; round += 1) {
      const [who, name] = [await w.user(fresh('leaving')), fresh('db')];
      await Promise.all([
        deleteUser(w.admin, who.id),
        grant(w.admin, who.id, ['READ'], name),
        grant(w.admin, who.id, ['UPDATE'], name),
      ]);
      expect((await rowsOf(who.id, name)).filter((row) => row.valid_to === null)).toEqual([]);
    }
  });

  test('if a user is deleted while the user creates secrets, no grant to the deleted user remains', async () => {
    for (let round = 1; round <= 6; round += 1) {
      const who = await w.user(fresh('leaving'), { roles: ['USER'] });
      const names = [fresh('db'), fresh('db'), fresh('db')];
      const create = 'mutation ($n: String!) { createSecret(input: { name: $n, value: "x" }) { secret { id } } }';
      await Promise.all([...names.map((n) => who.ask(create, { n })), deleteUser(w.admin, who.id)]);
      for (const name of names) {
        expect((await rowsOf(who.id, name)).filter((row) => row.valid_to === null)).toEqual([]);
      }
    }
    await w.admin.get('{ permissions(first: 200) { nodes { subject { __typename } } } }');
  });
});

describe('revokePermission: ending grants', () => {
  test('revoking some accesses of a grant preserves its remaining accesses, its grantor and its expiry, and revoking all its accesses returns null', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const expiresAt = w.clock.in({ days: 1 });
    await grant(w.admin, who.id, ['READ', 'UPDATE', 'DELETE'], name, { expiresAt });
    const rest = left(await revoke(w.admin, who.id, ['UPDATE', 'EXECUTE'], name));
    expect(rest).toMatchObject({ access: ['READ', 'DELETE'], expiresAt, grantedBy: { name: 'Administrator' } });
    expect(left(await revoke(w.admin, who.id, ['READ', 'DELETE'], name))).toBeNull();
    const rows = await rowsOf(who.id, name);
    expect(rows.map(({ access }) => access)).toEqual([
      ['READ', 'UPDATE', 'DELETE'],
      ['READ', 'DELETE'],
    ]);
    for (const { valid_to } of rows) expect(valid_to).toBeInstanceOf(Date);
  });

  test('a request that revokes a grant and names no accesses revokes all accesses of the grant', async () => {
    const who = await w.user(fresh('user'));
    await grant(w.admin, who.id, ['READ'], 'all:of-it');
    await grant(w.admin, who.id, ['DELETE'], 'all:of-it', { expiresAt: w.clock.in({ days: 1 }) });
    expect(left(await revoke(w.admin, who.id, [], 'all:of-it'))).toBeNull();
    expect((await rowsOf(who.id, 'all:of-it')).filter((row) => row.valid_to === null)).toEqual([]);
  });

  test('revoking with an expiry affects only grants that have this expiry', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    const [soon, late] = [w.clock.in({ days: 1 }), w.clock.in({ days: 2 })];
    for (const expiresAt of [null, soon, late]) await grant(w.admin, who.id, ['READ'], name, { expiresAt });
    expect(left(await revoke(w.admin, who.id, ['READ'], name, { expiresAt: soon }))).toMatchObject({ expiresAt: null });
    expect((await rowsOf(who.id, name)).filter((row) => row.valid_to === null)).toHaveLength(2);
    expect(left(await revoke(w.admin, who.id, ['READ'], name))).toBeNull();
  });

  test('revoking a grant that does not exist succeeds and changes nothing', async () => {
    const [who, name] = [await w.user(fresh('user')), fresh('db')];
    expect(left(await revoke(w.admin, who.id, ['READ'], name))).toBeNull();
    const { id } = granted(await grant(w.admin, who.id, ['READ'], name));
    expect(left(await revoke(w.admin, who.id, ['DELETE'], name)).id).toBe(id);
    expect(await rowsOf(who.id, name)).toHaveLength(1);
  });

  test('if two concurrent requests revoke different accesses of one grant, no access remains', async () => {
    const each: Access[] = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'];
    for (let round = 1; round <= 4; round += 1) {
      const [who, name] = [await w.user(fresh('user')), fresh('db')];
      await grant(w.admin, who.id, each, name);
      await Promise.all(each.map((access) => revoke(w.admin, who.id, [access], name)));
      expect((await rowsOf(who.id, name)).filter((row) => row.valid_to === null)).toEqual([]);
    }
  });

  test('the creator of a secret can revoke the grants that the creator made, and an administrator can revoke the grant to the creator', async () => {
    const olga = await w.user(fresh('olga'), { roles: ['USER'] });
    const friend = await w.user(fresh('friend'));
    const { name } = await w.secret(fresh('db'), { by: olga });
    await grant(olga, friend.id, ['READ', 'UPDATE'], name);
    expect(left(await revoke(olga, friend.id, ['UPDATE'], name)).access).toEqual(['READ']);
    expect(left(await revoke(olga, friend.id, [], name))).toBeNull();
    expect(await w.sees(friend, name)).toBe(false);
    await w.revoke(olga.id, name);
    expect(await w.sees(olga, name)).toBe(false);
  });
});

describe('lists of grants', () => {
  let owner: SomeUser;
  let member: SomeUser;
  let manager: SomeUser;
  let auditor: SomeUser;
  let groupId: string;
  let applicationId: string;
  const name = 'listed_db';
  const bystander = 'listed:elsewhere';

  const list = async (who: Client, more: Record<string, unknown> = {}) => {
    const { permissions } = await who.get(
      `query ($s: ID, $t: PermissionTargetInput, $f: Int! = 50, $a: String) { permissions(subjectId: $s, target: $t, first: $f, after: $a) {
        nodes { id subject { ... on User { n: username } ... on Group { n: name } ... on Application { n: name } } target { ... on Tag { id } ... on SecretName { name } } }
        pageInfo { hasNextPage endCursor } } }`,
      more,
    );
    return permissions as {
      nodes: { id: string; subject: { n: string }; target: { id?: string; name?: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  };
  /**
   * Lists the grants that this test created, newest first. Each line contains the name of the subject, the word `on`,
   * and the name of the target.
   */
  const brief = ({ nodes }: Awaited<ReturnType<typeof list>>) =>
    nodes.map(({ subject, target }) => `${subject.n} ${target.id ?? target.name}`);

  beforeAll(async () => {
    owner = await w.user('owner', { roles: ['USER'] });
    member = await w.user('member');
    manager = await w.user('manager', { roles: ['APPLICATION_MANAGER'] });
    auditor = await w.user('auditor', { roles: ['AUDITOR'] });
    groupId = await w.group('listed-group', [member.id]);
    applicationId = (await createApplication(owner, 'listed-app')).data.createApplication.application.id;
    await w.secret(name, { by: owner });
    await w.grant(groupId, 'READ', name);
    await w.grant(member.id, 'EXECUTE', bystander);
    await w.grant(applicationId, 'EXECUTE', bystander);
    await w.grant(auditor.id, 'CREATE', bystander);
  });

  test('a caller sees its own grants, the grants of its groups and the grants of applications that it manages, newest first', async () => {
    expect(brief(await list(member))).toEqual([`member ${bystander}`, `listed-group ${name}`]);
    expect(brief(await list(manager))).toEqual(expect.arrayContaining([`listed-app ${bystander}`]));
    expect(brief(await list(manager)).filter((one) => one.startsWith('member'))).toEqual([]);
  });

  test('a caller with UPDATE on a secret sees all grants of other principals on the secret, in the list of all grants and in the list for the name', async () => {
    // The owner of the secret is not a member of the group. Therefore the owner sees only the id of the group.
    const all = [`listed-app ${bystander}`, `${groupId} ${name}`, `owner ${name}`];
    expect(brief(await list(owner))).toEqual(all);
    expect(brief(await list(owner, { t: { secret: name } }))).toEqual(all.slice(1));
    // A caller with READ on a secret cannot list the grants on the secret.
    expect(brief(await list(member, { t: { secret: name } }))).toEqual([`listed-group ${name}`]);
  });

  test('callers with ADMIN or AUDITOR see all grants in the list of grants', async () => {
    for (const who of [w.admin, auditor]) {
      expect(brief(await list(who, { t: { secret: name } }))).toEqual([`listed-group ${name}`, `owner ${name}`]);
      expect(brief(await list(who, { t: targetInput(bystander) }))).toEqual([
        `auditor ${bystander}`,
        `listed-app ${bystander}`,
        `member ${bystander}`,
      ]);
      expect(brief(await list(who, { s: member.id }))).toEqual([`member ${bystander}`]);
      expect(brief(await list(who, { s: groupId, t: { secret: name } }))).toEqual([`listed-group ${name}`]);
      expect(brief(await list(who, { s: groupId, t: { secret: 'other' } }))).toEqual([]);
    }
  });

  test('a caller who filters the list of permissions never sees a grant that the unfiltered list hides from the caller', async () => {
    expect(brief(await list(member, { s: owner.id }))).toEqual([]);
    expect(brief(await list(member, { s: auditor.id, t: targetInput(bystander) }))).toEqual([]);
    expect(brief(await list(member, { t: targetInput(bystander) }))).toEqual([`member ${bystander}`]);
    expect(brief(await list(owner, { s: applicationId }))).toEqual([`listed-app ${bystander}`]);
  });

  test('the field node finds by id exactly the grants that the list of permissions shows', async () => {
    const all = (await list(w.admin, { f: 200 })).nodes;
    for (const who of [owner, member, manager, auditor]) {
      const shown = (await list(who, { f: 200 })).nodes.map(({ id }) => id);
      const found: string[] = [];
      for (const { id } of all) {
        if ((await who.get('query ($i: ID!) { node(id: $i) { id } }', { i: id })).node) found.push(id);
      }
      expect(found).toEqual(shown);
    }
  });

  test('the pages of the list of grants together contain each grant once', async () => {
    const all = (await list(w.admin, { f: 200 })).nodes.map(({ id }) => id);
    const paged: string[] = [];
    let page = await list(w.admin, { f: 3 });
    for (;;) {
      paged.push(...page.nodes.map(({ id }) => id));
      if (!page.pageInfo.hasNextPage) break;
      page = await list(w.admin, { f: 3, a: page.pageInfo.endCursor });
    }
    expect(paged).toEqual(all);
  });

  test('the list of grants omits ended grants and grants to deleted subjects, and shows no grantor if the grantor was deleted', async () => {
    const giver = await w.user(fresh('giver'), { roles: ['USER'] });
    const [target, taker] = [(await w.secret(fresh('db'), { by: giver })).name, await w.user(fresh('taker'))];
    await grant(giver, taker.id, ['READ'], target);
    await deleteUser(w.admin, giver.id);
    const { permissions } = await w.admin.get(
      'query ($t: String!) { permissions(target: { secret: $t }) { nodes { subject { ... on User { username } } grantedBy { name } } } }',
      { t: target },
    );
    expect(permissions.nodes).toEqual([{ subject: { username: taker.name }, grantedBy: null }]);
  });

  test('an invalid argument of permissions fails with BAD_USER_INPUT, and the error names the argument', async () => {
    const ask = (args: string) => w.admin.ask(`{ permissions(${args}) { nodes { id } } }`);
    expect(refusal(await ask('subjectId: "sec_1"'))).toEqual({ code: 'BAD_USER_INPUT', field: 'subjectId' });
    expect(refusal(await ask('subjectId: ""'))).toEqual({ code: 'BAD_USER_INPUT', field: 'subjectId' });
    expect(refusal(await ask('target: { secret: "no name" }'))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'target.secret',
    });
    expect(refusal(await ask('after: "nonsense"'))).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
    expect(refusal(await ask('first: 0'))).toEqual({ code: 'BAD_USER_INPUT', field: 'first' });
    expect(refusal(await ask('first: 201'))).toEqual({ code: 'BAD_USER_INPUT', field: 'first' });
  });

  test('if the first mutation of a request changes a grant, the second mutation of the request already sees the changed grant', async () => {
    const who = await w.user(fresh('user'));
    const fields = 'permission { subject { ... on User { permissions { nodes { access } } } } }';
    const data = await w.admin.get(
      `mutation ($s: ID!) {
        a: grantPermission(input: { subjectId: $s, target: { secret: "a1" }, access: [READ] }) { ${fields} }
        b: grantPermission(input: { subjectId: $s, target: { secret: "b1" }, access: [UPDATE] }) { ${fields} } }`,
      { s: who.id },
    );
    expect(data.a.permission.subject.permissions.nodes).toHaveLength(1);
    expect(data.b.permission.subject.permissions.nodes).toHaveLength(2);
  });
});
