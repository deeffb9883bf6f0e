// REST requests contain the name of a user or a group in a spelling that differs from the stored spelling. Clients in
// Python, Go and JavaScript send such requests.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grant, revoke, signIn } from '../access/asking.ts';
import { eventsOf } from '../audit/events.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
});
afterAll(() => w.close());

const at = (...parts: string[]) => parts.map((part) => `/${encodeURIComponent(part)}`).join('');
const refusal = ({ status, json }: RestAnswer) => ({ status, code: json.code, path: json.validationErrors?.[0].path });
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
const send = async (method: string, path: string, body?: unknown) => ok(await admin.send(method, path, body));

describe('a user whose stored name is testUser', () => {
  test('REST reads, changes and deletes a user by any spelling of the name, and preserves the stored spelling', async () => {
    expect((await send('PUT', '/users/testUser', { name: 'Test' })).id).toBe('testUser');
    for (const spelling of ['testuser', 'TESTUSER', '\uff54estUser'])
      expect((await send('GET', at('users', spelling))).id).toBe('testUser');
    expect(await send('PUT', '/users/TESTUSER', { name: 'Other' })).toMatchObject({ id: 'testUser', name: 'Other' });
    const users: { id: string }[] = await send('GET', '/users');
    expect(users.filter(({ id }) => /testuser/i.test(id))).toHaveLength(1);
    await send('DELETE', '/users/Testuser');
    expect((await admin.send('GET', '/users/testUser')).status).toBe(404);
    expect((await send('PUT', '/users/testuser', { name: 'x' })).id).toBe('testuser');
  });

  test('if two requests PUT two spellings of a username at the same moment, REST creates one user', async () => {
    const spellings = ['Race', 'RACE', 'race', 'rAcE'];
    const ids = await Promise.all(spellings.map((id) => send('PUT', at('users', id), { name: 'x' })));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
  });

  test('a user can sign in, receive grants and be checked for permissions under any spelling of the name', async () => {
    const ann = await w.user('annUser');
    await w.secret('ann_secret');
    expect((await signIn(w.anonymous, 'ANNUSER', ann.password)).code).toBeUndefined();
    const permission = (id: string, access: string[]) => ({
      subject: { type: 'USER', id },
      target: { type: 'SECRET', id: 'ann_secret' },
      access,
    });
    await send('POST', '/auth/authorization', permission('annuser', ['READ']));
    await send('POST', '/auth/authorization', permission('AnnUser', ['READ']));
    const asked = '/checkPermissions?type=SECRET&id=ann_secret';
    for (const who of [admin, restClient(w.url, ann.token)])
      expect(ok(await who.send('GET', `/users/ANNUSER${asked}`))).toMatchObject({ READ: true, UPDATE: false });
    expect((await send('GET', '/users/annuser/permissions')).grantedAccess).toHaveLength(1);
    expect((await send('GET', '/auth/authorization/SECRET/ann_secret')).READ).toContainEqual({
      type: 'USER',
      id: 'annUser',
    });
    await send('DELETE', '/auth/authorization', permission('ANNUSER', ['READ']));
    expect(ok(await admin.send('GET', `/users/annUser${asked}`))).toMatchObject({ READ: false });
    const reader = restClient(w.url, ann.token);
    expect((await reader.send('GET', '/users/admin/permissions')).status).toBe(404);
  });

  test('GraphQL finds a user by any spelling of the name, and by a part of the name', async () => {
    await w.user('Jos\u00e9phine');
    const { user, users } = await w.admin.get(
      'query ($u: String!, $p: String!) { user(username: $u) { username } users(nameContains: $p) { nodes { username } } }',
      { u: 'JOSE\u0301PHINE', p: 'E\u0301PH' },
    );
    expect([user.username, users.nodes]).toEqual(['Jos\u00e9phine', [{ username: 'Jos\u00e9phine' }]]);
  });
});

describe('a group whose stored name is Ops Team', () => {
  test("any spelling of a group's name works in REST requests to read, change, join and delete the group and to grant access to it", async () => {
    const made = await send('PUT', at('groups', 'Ops Team'), { description: 'x' });
    expect(made.id).toBe('Ops Team');
    await send('PUT', '/users/memberOne', { name: 'x', groups: ['ops team', 'OPS  TEAM'] });
    await send('PUT', '/users/memberTwo', { name: 'x' });
    await send('POST', at('groups', 'OPS TEAM', 'users', 'MEMBERTWO'));
    await send('POST', at('groups', 'ops team', 'users'), ['membertwo', 'MemberTwo', 'memberOne']);
    const members: { id: string }[] = await send('GET', at('groups', 'ops team', 'users'));
    expect(members.map(({ id }) => id).sort()).toEqual(['memberOne', 'memberTwo']);
    expect(await eventsOf(w.admin, { actions: ['GROUP_MEMBER_ADD'] })).toHaveLength(3);
    await send('DELETE', at('groups', 'ops team', 'users', 'MEMBERTWO'));

    const permission = {
      subject: { type: 'GROUP', id: 'ops TEAM' },
      target: { type: 'TAG', id: 'env:ops' },
      access: ['READ'],
    };
    await send('POST', '/auth/authorization', permission);
    expect((await send('GET', at('groups', 'OPS TEAM', 'permissions'))).grantedAccess).toHaveLength(1);
    expect(await send('GET', '/users/memberone/checkPermissions?type=TAG&id=env:ops')).toMatchObject({ READ: true });
    await send('DELETE', at('auth', 'subjects', 'GROUP', 'OPS TEAM', 'grants'));
    expect((await send('PUT', at('groups', 'OPS TEAM'), { description: 'y' })).id).toBe('Ops Team');
    await send('PUT', '/users/MEMBERONE', { name: 'x', groups: [] });
    await send('DELETE', at('groups', 'oPS tEAM'));
    expect((await admin.send('GET', at('groups', 'Ops Team'))).status).toBe(404);
  });
});

describe('invisible characters in names', () => {
  const names = ['ad\u200bmins', '\u202eadmins', 'admins\u2066', 'ad\u00admins', 'a\u200ddmins'];

  test('REST rejects an invisible character in a new name, and the error contains the position of the character and not the name', async () => {
    for (const name of names) {
      for (const kind of ['users', 'groups']) {
        const answer = await admin.send('PUT', at(kind, name), { name: 'x', description: 'x' });
        expect(refusal(answer)).toEqual({
          status: 400,
          code: 'BAD_USER_INPUT',
          path: kind === 'users' ? 'id' : 'name',
        });
        expect(answer.text).not.toContain('dmins');
      }
      expect(refusal(await admin.send('POST', '/applications', { name }))).toMatchObject({
        status: 400,
        code: 'BAD_USER_INPUT',
      });
      expect((await admin.send('GET', at('users', name))).status).toBe(404);
    }
  });

  test.each([
    ['createUser(input: { username: $n, name: "x" }) { user { id } }', 'input.username'],
    ['createUser(input: { username: "shown", name: $n }) { user { id } }', 'input.name'],
    ['createUser(input: { username: "shown", name: "x", email: $n }) { user { id } }', 'input.email'],
    ['createGroup(input: { name: $n }) { group { id } }', 'input.name'],
    ['createApplication(input: { name: $n }) { application { id } }', 'input.name'],
    [
      'createSecret(input: { name: "shown", value: "", tags: [{ key: "a", value: "b" }, { key: $n, value: "v" }] }) { secret { id } }',
      'input.tags.1.key',
    ],
    [
      'createSecret(input: { name: "shown", value: "", tags: [{ key: "a", value: $n }] }) { secret { id } }',
      'input.tags.0.value',
    ],
    ['tagSecret(name: "old", tags: [{ key: "a", value: $n }]) { secret { id } }', 'tags.0.value'],
    [
      'grantPermission(input: { subjectId: $s, access: [READ], target: { tag: { key: "a", value: $n } } }) { permission { id } }',
      'input.target',
    ],
  ])('GraphQL rejects an invisible character in a new name: %s', async (field, path) => {
    if (field.startsWith('tagSecret')) await w.secret('old');
    const { viewer } = await w.admin.get('{ viewer { id } }');
    for (const name of ['prod\u200b', '\u202eprod']) {
      const parameters = field.includes('$s') ? '($n: String!, $s: ID!)' : '($n: String!)';
      const answer = await w.admin.ask(`mutation ${parameters} { ${field} }`, {
        n: name,
        ...(field.includes('$s') && { s: viewer.id }),
      });
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: path });
    }
  });

  test('if an existing name contains invisible characters, the user or group can still be changed, lose grants and be removed', async () => {
    const [hidden, name] = ['env:pr\u200bod', 'hidden_tag'];
    const id = await w.user('someone');
    await w.secret(name, { tags: ['env:prod'] });
    await w.grant(id.id, 'READ', 'env:prod');
    for (const [table, column] of [
      ['secret_tags', 'tag'],
      ['permissions', 'target'],
    ])
      await w.database.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = 'env:prod'`, [hidden]);
    await w.database.query(`UPDATE applications SET name = $1 WHERE id = $2::uuid`, [
      hidden,
      (await w.application('before')).id.replace(/^app_/, ''),
    ]);
    const { applications } = await w.admin.get('{ applications { nodes { id name } } }');
    const before = applications.nodes.find((one: { name: string }) => one.name === hidden);
    const update =
      'mutation ($i: ID!, $n: String!) { updateApplication(input: { id: $i, name: $n, description: "x" }) { application { name } } }';
    expect((await w.admin.ask(update, { i: before.id, n: hidden })).errors).toEqual([]);
    expect((await w.admin.ask(update, { i: before.id, n: `${hidden}s` })).code).toBe('BAD_USER_INPUT');
    const merge = [
      { key: 'env', value: 'pr\u200bod' },
      { key: 'team', value: 'a' },
    ];
    expect((await admin.send('PUT', `/secrets/${name}/tags`, merge)).status).toBe(200);
    expect((await grant(w.admin, id.id, ['UPDATE'], hidden)).code).toBe('BAD_USER_INPUT');
    expect((await revoke(w.admin, id.id, ['READ'], hidden)).errors).toEqual([]);
    const untag =
      'mutation ($n: String!, $v: String!) { untagSecret(name: $n, tags: [{ key: "env", value: $v }]) { secret { tags { id } } } }';
    expect((await w.admin.get(untag, { n: name, v: 'pr\u200bod' })).untagSecret.secret.tags).toEqual([
      { id: 'team:a' },
    ]);
  });
});

test('failed REST sign-ins with several spellings of a username count for one account', async () => {
  const bob = await w.user('bobUser');
  const token = (username: string, password: string) =>
    restClient(w.url, undefined).send('POST', '/token', { username, password }, { revealing: true });
  for (let i = 0; i < 10; i++) await token(i % 2 === 0 ? 'BOBUSER' : 'bobuser', sentinel('wrong'));
  expect((await token('bobUser', bob.password)).status).toBe(429);
});
