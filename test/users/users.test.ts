// Tests the operations on users.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, parseGlobalId, toGlobalId } from '../../src/primitives/ids.ts';
import { createUser, deleteUser, grant, refusal, signIn, updateUser } from '../access/asking.ts';
import type { Answer, Client } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const made = ({ data }: Answer) => data.createUser.user;
const missing = toGlobalId('USER', newId());
const FIELDS = 'id username name email active roles groups { name } permissions { nodes { access } }';
const find = async (who: Client, username: string) =>
  (await who.get(`query ($u: String!) { user(username: $u) { ${FIELDS} } }`, { u: username })).user;

describe('creating a user', () => {
  test('createUser creates a user with the requested fields, and assigns the role USER by default', async () => {
    const answer = await createUser(w.admin, { username: 'ann', name: 'Ann', email: 'ann@example.org' });
    expect(made(answer)).toMatchObject({
      username: 'ann',
      name: 'Ann',
      email: 'ann@example.org',
      active: true,
      roles: ['USER'],
    });
    const none = made(await createUser(w.admin, { username: 'none', name: 'x', roles: [] }));
    expect(none).toMatchObject({ email: null, roles: [] });
    const several = { username: 'several', name: 'x', roles: ['WORKER', 'AUDITOR', 'WORKER'] };
    expect(made(await createUser(w.admin, several)).roles).toEqual(['AUDITOR', 'WORKER']);
    expect(await find(w.admin, 'ann')).toMatchObject({ id: made(answer).id, groups: [], permissions: { nodes: [] } });
  });

  test('if a user is created without a password, the user cannot sign in until the user receives a password', async () => {
    const { id } = made(await createUser(w.admin, { username: 'later', name: 'x' }));
    for (const guess of ['', 'null', 'password']) {
      expect((await signIn(w.anonymous, 'later', guess)).code).toBe('UNAUTHENTICATED');
    }
    const password = sentinel('password');
    await updateUser(w.admin, id, { password });
    expect((await signIn(w.anonymous, 'later', password)).code).toBeUndefined();
  });

  test('creating a user with a taken username in upper or lower case fails with NAME_TAKEN, even if two requests create the user concurrently', async () => {
    await createUser(w.admin, { username: 'taken', name: 'x' });
    expect(refusal(await createUser(w.admin, { username: 'taken', name: 'y' }))).toEqual({
      code: 'NAME_TAKEN',
      field: 'input.username',
    });
    expect((await createUser(w.admin, { username: 'Taken', name: 'y' })).code).toBe('NAME_TAKEN');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => createUser(w.admin, { username: 'race', name: 'x' })),
    );
    expect(answers.map(({ code }) => code).sort()).toEqual([...Array(4).fill('NAME_TAKEN'), undefined]);
  });

  const WRONG: [string, Record<string, unknown>, string][] = [
    ['an empty username', { username: '' }, 'input.username'],
    ['a username with a space before it', { username: ' x' }, 'input.username'],
    ['a username of 256 characters', { username: 'x'.repeat(256) }, 'input.username'],
    ['a username with a NUL', { username: 'a\0' }, 'input.username'],
    ['an empty name', { name: '' }, 'input.name'],
    ['an email of 321 characters', { email: 'x'.repeat(321) }, 'input.email'],
    ['an empty email', { email: '' }, 'input.email'],
    ['a password of 7 characters', { password: 'seven77' }, 'input.password'],
    ['a password of 1,025 characters', { password: 'x'.repeat(1_025) }, 'input.password'],
  ];
  test.each(WRONG)('creating a user with %s fails with BAD_USER_INPUT', async (_, wrong, field) => {
    const answer = await createUser(w.admin, { username: 'wrong', name: 'x', ...wrong });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', field });
    expect(await find(w.admin, 'wrong')).toBeNull();
  });

  test.each(WRONG.filter(([, wrong]) => !('username' in wrong)))(
    'changing a user to %s fails with BAD_USER_INPUT',
    async (_, wrong, field) => {
      const { id } = (await find(w.admin, 'fine')) ?? made(await createUser(w.admin, { username: 'fine', name: 'x' }));
      expect(refusal(await updateUser(w.admin, id, wrong))).toEqual({ code: 'BAD_USER_INPUT', field });
    },
  );
});

describe('changing a user', () => {
  test('updateUser leaves omitted fields unchanged, clears an email that is null, and replaces all roles', async () => {
    const { id } = made(await createUser(w.admin, { username: 'bob', name: 'Bob', email: 'bob@example.org' }));
    const change = async (what: Record<string, unknown>) => (await updateUser(w.admin, id, what)).data.updateUser.user;
    expect(await change({ name: 'Robert' })).toEqual({
      id,
      name: 'Robert',
      email: 'bob@example.org',
      active: true,
      roles: ['USER'],
    });
    expect(await change({ email: null, roles: ['WORKER'] })).toMatchObject({ email: null, roles: ['WORKER'] });
    expect(await change({})).toEqual({ id, name: 'Robert', email: null, active: true, roles: ['WORKER'] });
    expect(await change({ roles: [] })).toMatchObject({ roles: [] });
    const rows = await w.database.query(
      'SELECT role, valid_to IS NULL AS current FROM role_assignments WHERE subject_id = $1::uuid ORDER BY role',
      [parseGlobalId(id)!.uuid],
    );
    expect(rows).toEqual([
      { role: 'USER', current: false },
      { role: 'WORKER', current: false },
    ]);
  });

  test.each(['name', 'roles', 'active'])('updateUser rejects null for %s', async (field) => {
    const { id } = await find(w.admin, 'ann');
    expect(refusal(await updateUser(w.admin, id, { [field]: null }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: `input.${field}`,
    });
  });

  test('after a user receives a new password, the earlier password and the earlier tokens of the user are invalid', async () => {
    const cat = await w.user('cat');
    const password = sentinel('password');
    await updateUser(w.admin, cat.id, { password });
    expect((await cat.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect((await signIn(w.anonymous, 'cat', cat.password)).code).toBe('UNAUTHENTICATED');
    expect((await (await w.signIn('cat', password)).get('{ viewer { id } }')).viewer.id).toBe(cat.id);
  });

  test('a change of name, email or roles does not invalidate the tokens of a user', async () => {
    const dan = await w.user('dan');
    await updateUser(w.admin, dan.id, { name: 'Daniel', email: 'd@example.org', roles: ['WORKER'], active: true });
    expect((await dan.get('{ viewer { name roles } }')).viewer).toEqual({ name: 'Daniel', roles: ['WORKER'] });
  });

  test('a deactivated user can neither sign in nor use tokens, and has the same grants again after activation', async () => {
    const eve = await w.user('eve');
    const db = await w.secret('db');
    await w.grant(eve.id, 'READ', 'db');
    await updateUser(w.admin, eve.id, { active: false });
    await updateUser(w.admin, eve.id, { active: false });
    expect((await signIn(w.anonymous, 'eve', eve.password)).code).toBe('UNAUTHENTICATED');
    expect(await find(w.admin, 'eve')).toMatchObject({ active: false, permissions: { nodes: [{ access: ['READ'] }] } });
    await updateUser(w.admin, eve.id, { active: true });
    expect((await eve.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect(await w.reveal(await w.signIn('eve', eve.password), 'db')).toBe(db.value);
  });
});

describe('deleting a user', () => {
  test('deleting a user ends memberships, roles and grants, preserves their rows in the database, and makes later changes of the user fail', async () => {
    const fay = await w.user('fay', { roles: ['USER'] });
    await w.group('fays', [fay.id]);
    await w.grant(fay.id, 'READ', 'fay:tag');
    expect((await deleteUser(w.admin, fay.id)).data.deleteUser).toEqual({ id: fay.id });
    expect((await signIn(w.anonymous, 'fay', fay.password)).code).toBe('UNAUTHENTICATED');
    expect(await find(w.admin, 'fay')).toBeNull();
    expect((await w.admin.get('query ($i: ID!) { node(id: $i) { id } }', { i: fay.id })).node).toBeNull();
    expect((await w.admin.get('{ group(name: "fays") { members { nodes { name } } } }')).group.members.nodes).toEqual(
      [],
    );
    const rows = await w.database.query(
      `SELECT count(*) FILTER (WHERE valid_to IS NULL)::int AS current, count(*)::int AS all FROM (
         SELECT valid_to FROM permissions WHERE subject_id = $1::uuid UNION ALL SELECT valid_to FROM role_assignments WHERE subject_id = $1::uuid
         UNION ALL SELECT valid_to FROM group_members WHERE member_id = $1::uuid) ended`,
      [parseGlobalId(fay.id)!.uuid],
    );
    expect(rows).toEqual([{ current: 0, all: 3 }]);
    for (const answer of [await deleteUser(w.admin, fay.id), await deleteUser(w.admin, 'nonsense')]) {
      expect(refusal(answer)).toEqual({ code: 'NOT_FOUND', field: 'id' });
    }
    expect(refusal(await updateUser(w.admin, fay.id, { active: true }))).toEqual({
      code: 'NOT_FOUND',
      field: 'input.id',
    });
    expect(refusal(await updateUser(w.admin, missing, {}))).toEqual({ code: 'NOT_FOUND', field: 'input.id' });
  });

  test('a new user can receive the username of a deleted user, and receives no access of the deleted user', async () => {
    const first = await w.user('gus', { roles: ['USER'] });
    await w.secret('of_gus', { by: first });
    await deleteUser(w.admin, first.id);
    const second = await w.user('gus', { roles: ['USER'] });
    expect(second.id).not.toBe(first.id);
    expect(await w.sees(second, 'of_gus')).toBe(false);
    expect((await first.ask('{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
    expect((await signIn(w.anonymous, 'gus', first.password)).code).toBe('UNAUTHENTICATED');
  });

  test('objects that a deleted user created have no creator and no grantor, and the audit log still contains the name of the user', async () => {
    const hal = await w.user('hal', { roles: ['USER'] });
    const ina = await w.user('ina');
    await w.secret('of_hal', { by: hal });
    await grant(hal, ina.id, ['READ'], 'of_hal');
    await deleteUser(w.admin, hal.id);
    const data = await w.admin.get(
      `query ($s: ID!, $a: String!) { secret(name: "of_hal") { createdBy { name } updatedBy { name } versions { nodes { createdBy { name } } } }
        permissions(subjectId: $s) { nodes { grantedBy { name } } }
        auditEvents(filter: { actorId: $a, actions: [SECRET_CREATE] }) { nodes { actor { id name } } } }`,
      { s: ina.id, a: hal.id },
    );
    expect(data.secret).toEqual({ createdBy: null, updatedBy: null, versions: { nodes: [{ createdBy: null }] } });
    expect(data.permissions.nodes).toEqual([{ grantedBy: null }]);
    expect(data.auditEvents.nodes).toEqual([{ actor: { id: hal.id, name: 'hal' } }]);
  });
});

describe('reading users', () => {
  test('callers with ADMIN or AUDITOR see all data of all users, and all other users see only themselves', async () => {
    const [kim, lea] = [await w.user('kim'), await w.user('lea')];
    const auditor = await w.user('auditor', { roles: ['AUDITOR'] });
    await updateUser(w.admin, kim.id, { email: 'kim@example.org', roles: ['WORKER'] });
    await w.group('kims', [kim.id]);
    await w.grant(kim.id, 'READ', 'kim:tag');
    const whole = {
      id: kim.id,
      username: 'kim',
      name: 'kim',
      email: 'kim@example.org',
      active: true,
      roles: ['WORKER'],
      groups: [{ name: 'kims' }],
      permissions: { nodes: [{ access: ['READ'] }] },
    };
    for (const who of [w.admin, auditor, kim]) {
      expect(await find(who, 'kim')).toEqual(whole);
      expect(
        (await who.get(`query ($i: ID!) { node(id: $i) { ... on User { ${FIELDS} } } }`, { i: kim.id })).node,
      ).toEqual(whole);
    }
    expect(await find(lea, 'kim')).toBeNull();
    expect(await find(lea, 'nobody-of-this-name')).toBeNull();
    expect((await lea.get('query ($i: ID!) { node(id: $i) { id } }', { i: kim.id })).node).toBeNull();
    expect((await lea.ask('{ users { nodes { id } } }')).code).toBe('FORBIDDEN');
    expect((await auditor.get('{ users { nodes { id } } }')).users.nodes.length).toBeGreaterThan(2);
  });

  test('a caller who sees a secret sees only the name of the user who created the secret', async () => {
    const [mia, ned] = [await w.user('mia', { roles: ['USER'] }), await w.user('ned')];
    await updateUser(w.admin, mia.id, { email: 'mia@example.org' });
    await w.group('mias', [mia.id]);
    await w.secret('of_mia', { by: mia });
    await w.grant(ned.id, 'READ', 'of_mia');
    const { secret } = await ned.get(`{ secret(name: "of_mia") { createdBy { ... on User { ${FIELDS} } } } }`);
    expect(secret.createdBy).toEqual({
      id: mia.id,
      username: 'mia',
      name: 'mia',
      email: null,
      active: true,
      roles: [],
      groups: [],
      permissions: { nodes: [] },
    });
  });

  test('the list of users has pages in order, and filters users by a part of the username or name in upper or lower case', async () => {
    for (const [username, name] of [
      ['PX-b', 'One'],
      ['px-a', 'Two'],
      ['other', 'a Px-name'],
      ['px_a', 'no'],
    ]) {
      await createUser(w.admin, { username, name });
    }
    const all: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const {
        users,
      }: { users: { nodes: { username: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
        await w.admin.get(
          'query ($a: String) { users(nameContains: "pX-", first: 2, after: $a) { nodes { username } pageInfo { hasNextPage endCursor } } }',
          { a: after },
        );
      all.push(...users.nodes.map(({ username }) => username));
      [after, more] = [users.pageInfo.endCursor, users.pageInfo.hasNextPage];
    }
    expect(all).toEqual(['PX-b', 'other', 'px-a']);
  });

  test('a filter by an invalid username finds no user', async () => {
    for (const name of ['', 'a\0b', '\ud800', 'x'.repeat(3_000)]) {
      expect(await find(w.admin, name)).toBeNull();
      if (name === '') continue;
      const { users } = await w.admin.get('query ($n: String!) { users(nameContains: $n) { nodes { name } } }', {
        n: name.slice(0, 1_000),
      });
      expect(users.nodes).toEqual([]);
    }
  });

  test.each([
    ['users(nameContains: $n)', 'nameContains'],
    ['groups(nameContains: $n)', 'nameContains'],
    ['applications(nameContains: $n)', 'nameContains'],
    ['secrets(filter: {nameContains: $n})', 'filter.nameContains'],
    ['tags(key: $n)', 'key'],
  ])('%s rejects a string of more than 1,000 characters, and the error names the argument', async (list, field) => {
    const ask = (n: string) => w.admin.ask(`query ($n: String!) { ${list} { nodes { id } } }`, { n });
    expect((await ask('x'.repeat(1_000))).errors).toEqual([]);
    expect(refusal(await ask('x'.repeat(1_001)))).toEqual({ code: 'BAD_USER_INPUT', field });
  });
});

test('callers without ADMIN cannot change any user, not even themselves, and do not learn which users exist', async () => {
  const [pia, auditor] = [
    await w.user('pia', { roles: ['USER', 'APPLICATION_MANAGER'] }),
    await w.user('aud', { roles: ['AUDITOR'] }),
  ];
  for (const who of [pia, auditor]) {
    for (const id of [pia.id, auditor.id, missing]) {
      const changes = [
        { name: 'x' },
        { roles: ['ADMIN'] },
        { password: 'another password' },
        { password: null },
        { active: false },
      ];
      for (const change of changes) expect((await updateUser(who, id, change)).code).toBe('FORBIDDEN');
      expect((await deleteUser(who, id)).code).toBe('FORBIDDEN');
    }
    expect((await createUser(who, { username: 'pia', name: 'x' })).code).toBe('FORBIDDEN');
  }
  await w.signIn('pia', pia.password);
});
