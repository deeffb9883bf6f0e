// Tests the lists that show which principal has which access through which paths, now and in the past. Also tests
// which callers may query these lists.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteSecret } from '../access/asking.ts';
import type { Client } from '../support/app.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

const ENTRIES = `query ($p: ID, $s: String, $access: Access, $at: DateTime, $f: Int! = 50, $after: String) {
  accessEntries(principalId: $p, secret: $s, access: $access, at: $at, first: $f, after: $after) {
    nodes {
      principal { id name ... on User { active } } secret { name value deletedAt } access
      paths { access role tag { id } group { name } permission { id access subject { __typename ... on User { username } ... on Group { name } ... on Application { name } } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Question {
  p?: string;
  s?: string;
  access?: string;
  at?: string;
  f?: number;
  after?: string | null;
}
const ask = (who: Client, question: Question) => who.ask(ENTRIES, { ...question });
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
const entries = async (who: Client, question: Question): Promise<any[]> =>
  (await who.get(ENTRIES, { ...question })).accessEntries.nodes;
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
const described = (nodes: any[]) =>
  nodes.map(({ principal, secret, access }) => `${principal.name} ${secret.name} ${access.join()}`).sort();
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
const ways = (nodes: any[]) =>
  nodes.flatMap(({ paths }) =>
    // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
    paths.map(({ access, role, tag, group, permission }: any) =>
      [access.join(), role ?? (permission && 'grant'), tag?.id, group?.name].filter(Boolean).join(' '),
    ),
  );

let w: World;
let auditor: SomeUser;
let ann: SomeUser;
let bob: SomeUser;
let bot: SomeApplication;
let ops: string;
/** A time before the first grant of these tests. */
let before: string;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  [ann, bob, bot] = [await w.user('ann'), await w.user('bob'), await w.application('bot')];
  ops = await w.group('ops', [ann.id, bot.id]);
  await w.secret('db', { tags: ['env:prod', 'team:ops'] });
  await w.secret('mail', { tags: ['env:prod'] });
  await w.secret('lone');
  before = w.clock.now().toISOString();
  w.clock.advance({ minutes: 1 });
  await w.grant(ops, ['READ', 'EXECUTE'], 'env:prod');
  await w.grant(ann.id, 'READ', 'db');
  await w.grant(ann.id, 'READ', 'team:ops');
  await w.grant(ann.id, 'CREATE', 'lone');
  await w.grant(bob.id, 'UPDATE', 'db');
  await w.grant(bob.id, 'DELETE', 'mail', { expiresAt: w.clock.in({ hours: 1 }) });
});
afterAll(() => w.close());

const EVERYTHING = 'CREATE,READ,UPDATE,DELETE,EXECUTE';

describe('accessEntries: lists of principals and their access', () => {
  test('accessEntries for a secret lists the principals that have access to the secret', async () => {
    expect(described(await entries(auditor, { s: 'db' }))).toEqual([
      `Administrator db ${EVERYTHING}`,
      'ann db READ,EXECUTE',
      'bob db UPDATE',
      'bot db READ,EXECUTE',
    ]);
    expect(described(await entries(auditor, { s: 'mail', access: 'DELETE' }))).toEqual([
      'Administrator mail DELETE',
      'bob mail DELETE',
    ]);
  });

  test('accessEntries for a principal lists the secrets to which the principal has access', async () => {
    expect(described(await entries(auditor, { p: ann.id }))).toEqual([
      'ann db READ,EXECUTE',
      'ann lone CREATE',
      'ann mail READ,EXECUTE',
    ]);
    expect(described(await entries(auditor, { p: bot.id, access: 'EXECUTE' }))).toEqual([
      'bot db EXECUTE',
      'bot mail EXECUTE',
    ]);
    expect(described(await entries(auditor, { p: auditor.id }))).toEqual([]);
  });

  test('accessEntries for one principal and one secret lists every access path, not only the first path', async () => {
    const nodes = await entries(auditor, { p: ann.id, s: 'db' });
    expect(ways(nodes)).toEqual(['READ grant', 'READ,EXECUTE grant env:prod ops', 'READ grant team:ops']);
    expect(nodes[0].paths[1].permission.subject).toEqual({ __typename: 'Group', name: 'ops' });
    expect(ways(await entries(auditor, { p: ann.id, s: 'db', access: 'EXECUTE' }))).toEqual([
      'EXECUTE grant env:prod ops',
    ]);
    expect(ways(await entries(auditor, { s: 'lone', access: 'READ' }))).toEqual(['READ ADMIN', 'READ grant']);
    expect(await entries(auditor, { p: bob.id, s: 'lone' })).toEqual([]);
  });

  test('the pages of accessEntries together contain each pair of principal and secret exactly once, with any page size', async () => {
    for (const question of [{ s: 'db' }, { p: ann.id }]) {
      const all: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { accessEntries } = await auditor.get(ENTRIES, { ...question, f: 1, after });
        all.push(...described(accessEntries.nodes));
        ({ hasNextPage: more, endCursor: after } = accessEntries.pageInfo);
      }
      expect(all.sort()).toEqual(described(await entries(auditor, question)));
    }
  });

  test('accessEntries for a past time lists the access at that time, even if the principal or the secret was deleted later', async () => {
    const gone = await w.user('gone', { groups: [ops] });
    await w.secret('short_lived', { tags: ['env:prod'] });
    await w.grant(gone.id, 'DELETE', 'short_lived');
    w.clock.advance({ minutes: 1 });
    const then = w.clock.now().toISOString();
    w.clock.advance({ minutes: 1 });
    const asked: Question[] = [{ p: gone.id }, { s: 'short_lived' }, { p: gone.id, s: 'short_lived' }];
    const present = await Promise.all(asked.map((question) => entries(w.admin, question)));
    await w.admin.get('mutation ($i: ID!) { deleteUser(id: $i) { id } }', { i: gone.id });
    await deleteSecret(w.admin, 'short_lived', true);
    w.clock.advance({ minutes: 1 });

    for (const [i, question] of asked.entries()) {
      const past = await entries(w.admin, { ...question, at: then });
      expect(described(past)).toEqual(described(present[i]!));
      expect(ways(past)).toEqual(ways(present[i]!));
      expect((await ask(w.admin, question)).code).toBe('NOT_FOUND');
    }
    expect(described(await entries(auditor, { s: 'db', at: before }))).toEqual([`Administrator db ${EVERYTHING}`]);
    expect(await entries(auditor, { p: ann.id, at: before })).toEqual([]);
  });
});

describe('access entries of an inactive user', () => {
  test('accessEntries lists no present access of an inactive user, but lists the access that the user had while active', async () => {
    const idle = await w.user('idle', { roles: ['ADMIN'] });
    const active = (to: boolean) =>
      w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
        i: { id: idle.id, active: to },
      });
    const moments: string[] = [];
    const later = () => {
      w.clock.advance({ minutes: 1 });
      moments.push(w.clock.now().toISOString());
      w.clock.advance({ minutes: 1 });
    };
    later();
    await active(false);
    later();
    expect(await entries(auditor, { p: idle.id })).toEqual([]);
    await active(true);
    later();
    const could = await Promise.all(moments.map((at) => entries(auditor, { p: idle.id, s: 'db', at })));
    expect(could.map(ways)).toEqual([[`${EVERYTHING} ADMIN`], [], [`${EVERYTHING} ADMIN`]]);
    await active(false);
  });
});

describe('permission to query accessEntries', () => {
  test('accessEntries requires a principal or a secret as an argument, and rejects a time in the future', async () => {
    const refused = async (question: Question) => (await ask(auditor, question)).errors[0]?.extensions;
    const wrong = (field: string) => ({ code: 'BAD_USER_INPUT', field, expected: expect.any(String) });
    expect(await refused({})).toEqual(wrong('principalId'));
    expect(await refused({ s: 'db', at: w.clock.in({ hours: 1 }) })).toEqual(wrong('at'));
    expect(await refused({ s: 'db', after: 'x' })).toEqual(wrong('after'));
    expect(await refused({ s: 'no_such' })).toEqual({ code: 'NOT_FOUND', field: 'secret' });
    expect(await refused({ p: ops })).toEqual({ code: 'NOT_FOUND', field: 'principalId' });
    expect(await refused({ p: `usr_${'7'.repeat(32)}` })).toEqual({ code: 'NOT_FOUND', field: 'principalId' });
    expect(await refused({ p: `usr_${'7'.repeat(32)}`, s: 'db' })).toEqual({ code: 'NOT_FOUND', field: 'principalId' });
  });

  test("a user who queries the user's own access entries sees only entries of visible secrets", async () => {
    expect(described(await entries(ann, { p: ann.id }))).toEqual(['ann db READ,EXECUTE', 'ann mail READ,EXECUTE']);
    // A caller who has only CREATE on a secret does not see the secret.
    for (const s of ['lone', 'no_such']) {
      const { errors } = await ask(ann, { p: ann.id, s });
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'NOT_FOUND', field: 'secret' }]);
    }
    expect(described(await entries(ann, { p: ann.id, access: 'CREATE' }))).toEqual([]);
    expect(ways(await entries(ann, { p: ann.id, s: 'db' }))).toHaveLength(3);
  });

  test("a user who queries the user's own access at a past time sees only secrets that are visible to the user now", async () => {
    const carl = await w.user('carl');
    await w.grant(carl.id, 'READ', 'lone');
    await w.grant(carl.id, 'READ', 'mail');
    w.clock.advance({ minutes: 1 });
    const then = w.clock.now().toISOString();
    w.clock.advance({ minutes: 1 });
    await w.revoke(carl.id, 'lone');
    await w.grant(carl.id, 'READ', 'db');
    expect(described(await entries(carl, { p: carl.id, at: then }))).toEqual(['carl mail READ']);
    expect(described(await entries(auditor, { p: carl.id, at: then }))).toEqual(['carl lone READ', 'carl mail READ']);
    expect((await ask(carl, { p: carl.id, s: 'lone', at: then })).code).toBe('NOT_FOUND');
  });

  test('a user with UPDATE on a secret can list all other principals that have access to the secret now', async () => {
    const nodes = await entries(bob, { s: 'db' });
    // Bob is not a member of `ops`. Therefore bob does not see the access that `ann` and `bot` have through `ops`. A
    // caller who sees every group sees this access.
    expect(described(nodes)).toEqual([
      'Administrator db CREATE,READ,UPDATE,DELETE,EXECUTE',
      'ann db READ',
      'bob db UPDATE',
      'carl db READ',
    ]);
    expect(described(await entries(auditor, { s: 'db' }))).toEqual([
      'Administrator db CREATE,READ,UPDATE,DELETE,EXECUTE',
      'ann db READ,EXECUTE',
      'bob db UPDATE',
      'bot db READ,EXECUTE',
      'carl db READ',
    ]);
    expect(described(await entries(bob, { s: 'db', p: ann.id }))).toEqual(['ann db READ']);
    expect(await entries(bob, { s: 'db', p: bot.id })).toEqual([]);
    expect(await entries(bob, { s: 'db', p: `usr_${'7'.repeat(32)}` })).toEqual([]);
    // The access path shows no grant, because the owner of a secret cannot see grants on a tag.
    const hers = nodes.find(({ principal }) => principal.id === ann.id)!;
    expect(hers.paths.map(({ permission }: { permission: object | null }) => permission !== null)).toEqual([
      true,
      false,
    ]);
    const { secret } = await bob.get(
      '{ secret(name: "db") { accessEntries(access: READ) { nodes { access principal { name } } } } }',
    );
    expect(secret.accessEntries.nodes).toEqual(
      (await entries(bob, { s: 'db', access: 'READ' })).map(({ access, principal: { name } }) => ({
        access,
        principal: { name },
      })),
    );
    const refused = async (who: Client, question: Question) => (await ask(who, question)).errors[0]?.extensions;
    expect(await refused(bob, { s: 'db', at: before })).toEqual({ code: 'FORBIDDEN', field: 'at' });
    expect(await refused(bob, { p: ann.id })).toEqual({ code: 'FORBIDDEN', field: 'principalId' });
    expect(await refused(bob, { p: ann.id, s: 'mail' })).toEqual({ code: 'FORBIDDEN', field: 'principalId' });
    expect(await refused(ann, { s: 'db' })).toEqual({ code: 'FORBIDDEN', field: 'secret' });
    expect(await refused(bob, { s: 'lone' })).toEqual({ code: 'NOT_FOUND', field: 'secret' });
    expect((await ann.ask('{ secret(name: "db") { accessEntries { nodes { access } } } }')).code).toBe('FORBIDDEN');
  });

  test('an AUDITOR sees the names of secrets in accessEntries, and `***` instead of every secret value', async () => {
    const [entry] = await entries(auditor, { s: 'db' });
    expect(entry.secret).toMatchObject({ name: 'db', value: '***' });
    const { errors, data } = await auditor.ask(
      `{ accessEntries(secret: "db", first: 1) { nodes { secret { name value(reveal: true) old: value(reveal: true, version: 1) }
           paths { permission { target { ... on SecretName { secret { value(reveal: true) } } } } } } } }`,
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(data.accessEntries.nodes[0].secret).toEqual({ name: 'db', value: null, old: null });
  });
});
