// Tests the inputs, permissions and errors of simulateAccess. access-law.test.ts compares simulated changes with real
// changes.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { affectedPairs } from '../../src/access-audit/history/affected-store.ts';
import { toUuid } from '../../src/primitives/ids.ts';
import { deleteSecret, updateUser } from '../access/asking.ts';
import type { Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let auditor: SomeUser;
let owner: SomeUser;
let reader: SomeUser;
let ops: string;

beforeAll(async () => {
  w = await world();
  [auditor, owner, reader] = [
    await w.user('auditor', { roles: ['AUDITOR'] }),
    await w.user('owner'),
    await w.user('reader'),
  ];
  ops = await w.group('ops', [(await w.user('gil')).id, (await w.user('tom')).id]);
  await w.secret('db');
  await w.secret('mail', { tags: ['env:prod'] });
  await w.grant(owner.id, ['READ', 'UPDATE'], 'db');
  await w.grant(reader.id, 'READ', 'db');
  await w.grant(ops, ['READ'], 'env:prod');
});
afterAll(() => w.close());

const SIMULATE = `query ($c: [AccessChange!]!, $f: Int! = 200) { simulateAccess(changes: $c, first: $f) { complete
  gained { access principal { name } secret { name } paths { access group { name } tag { id } permission { id } } } lost { access principal { name } secret { name } } } }`;
const simulate = (who: Client, changes: object[], first?: number) =>
  who.ask(SIMULATE, first === undefined ? { c: changes } : { c: changes, f: first });
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
const pairs = (entries: any[]) => entries.map(({ principal, secret }) => `${principal.name} ${secret.name}`);
const prod = { key: 'env', value: 'prod' };
const tagging = (name: string, tag = prod) => ({ tag: { name, tags: [tag] } });

test('a caller with UPDATE on a secret can simulate changes of its tags and grants, and the simulation lists the principals that gain or lose access', async () => {
  await w.grant(reader.id, 'EXECUTE', 'env:prod');
  const { data } = await simulate(owner, [tagging('db')]);
  // The result omits the members of `ops`, because the owner of the secret is not a member of `ops`.
  expect(pairs(data.simulateAccess.gained)).toEqual(['reader db']);
  // The owner of the secret sees the tag, but cannot see the grant on the tag.
  expect(data.simulateAccess.gained[0].paths).toEqual([
    { access: ['EXECUTE'], group: null, tag: { id: 'env:prod' }, permission: null },
  ]);
  await w.revoke(reader.id, 'env:prod');
  const grant = { subjectId: reader.id, target: { secret: 'db' }, access: ['UPDATE'] };
  expect(pairs((await simulate(owner, [{ grant }])).data.simulateAccess.gained)).toEqual(['reader db']);
  await w.revoke(reader.id, 'db');
  await w.grant(reader.id, 'READ', 'db', { by: owner });
  const revoke = { subjectId: reader.id, target: { secret: 'db' }, access: [] };
  expect(pairs((await simulate(owner, [{ revoke }])).data.simulateAccess.lost)).toEqual(['reader db']);
});

test('simulateAccess applies changes in order, so that a later change can undo an earlier change', async () => {
  const twice = [{ addMember: { groupId: ops, principalId: reader.id } }, tagging('db'), { deleteGroup: ops }];
  const { gained, lost } = (await simulate(auditor, twice)).data.simulateAccess;
  expect(pairs(gained)).toEqual([]);
  expect(pairs(lost).sort()).toEqual(['gil mail', 'tom mail']);
});

test('if simulateAccess shortens a list in its result, the result marks the list as incomplete', async () => {
  const { gained, complete } = (await simulate(auditor, [tagging('db')], 1)).data.simulateAccess;
  expect([gained.length, complete]).toEqual([1, false]);
});

test('a simulation holds no database locks, so that the same change succeeds for real during and after the simulation', async () => {
  const both = await Promise.all([
    ...Array.from({ length: 5 }, () =>
      simulate(auditor, [tagging('db'), { removeMember: { groupId: ops, principalId: reader.id } }]),
    ),
    w.grant(reader.id, 'EXECUTE', 'env:dev'),
  ]);
  for (const answer of both.slice(0, 5)) expect(answer).toMatchObject({ errors: [] });
});

test('a simulation does not change the cached entitlements of any caller', async () => {
  const changes = [
    { setRoles: { subjectId: owner.id, roles: ['ADMIN'] } },
    { grant: { subjectId: owner.id, target: { tag: prod }, access: ['READ'] } },
    { addMember: { groupId: ops, principalId: owner.id } },
  ];
  const value = await w.reveal(owner, 'db');
  expect(value).not.toBeNull();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { errors } = await simulate(auditor, changes);
      return [errors, await w.reveal(owner, 'mail'), await w.reveal(owner, 'db')];
    }),
  );
  expect(answers).toEqual(answers.map(() => [[], null, value]));
  await simulate(auditor, changes);
  const before = w.database.statements();
  expect(await w.reveal(owner, 'mail')).toBeNull();
  expect(w.database.statements() - before).toBe(2);
});

test('a simulation considers only active principals and secrets that are not deleted, and uses a sample if their number exceeds the limit', async () => {
  const team = await w.group('team');
  const names = ['una', 'ute', 'uwe', 'ulf', 'uli'];
  const members = await Promise.all(names.map((name) => w.user(name, { groups: [team] })));
  await updateUser(w.admin, members[4]!.id, { active: false });
  for (const name of ['s1', 's2', 's3', 's4']) await w.secret(name, { tags: ['of:team'] });
  await deleteSecret(w.admin, 's1');
  await w.grant(team, 'READ', 'of:team');
  const groupId = toUuid(team, 'GROUP')!;
  const looked = async (most: number) => {
    const { pairs: found, cut } = await w.database.transaction((tx) =>
      affectedPairs(tx, { subjectId: groupId }, { reachedBy: groupId }, { most, now: w.clock.now(), groups: null }),
    );
    return [...(['principalId', 'secretId'] as const).map((key) => new Set(found.map((one) => one[key])).size), cut];
  };
  const [some, all] = [await Promise.all([1, 4, 6, 9, 11].map(looked)), await Promise.all([12, 13, 100].map(looked))];
  expect(some).toEqual([
    [1, 1, true],
    [2, 2, true],
    [2, 2, true],
    [3, 3, true],
    [3, 3, true],
  ]);
  expect(all).toEqual([
    [4, 3, false],
    [4, 3, false],
    [4, 3, false],
  ]);
  expect(pairs((await simulate(auditor, [{ deleteGroup: team }])).data.simulateAccess.lost)).toHaveLength(12);
});

test('many simulations that wait for a database lock do not delay other requests', async () => {
  const few = await world({
    databaseUrl: w.databaseUrl,
    adminPassword: w.adminPassword,
    clock: w.clock,
    keyring: w.keyring,
    connections: 4,
  });
  const other = new pg.Client({ connectionString: w.databaseUrl });
  await other.connect();
  try {
    // Another open transaction adds the tag. A simulation that adds the same tag waits for this transaction.
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from) SELECT gen_random_uuid(), id, name, 'held:up', now() FROM secrets WHERE name = 'db'`,
    );
    const held = tagging('db', { key: 'held', value: 'up' });
    const waiting = [auditor, auditor, auditor, owner, owner, owner].map((who) => simulate(few.as(who.token), [held]));
    await vi.waitFor(async () => {
      const rows = await w.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rows.length).toBe(2);
    }, 5_000);
    expect((await few.as(reader.token).get('{ secret(name: "db") { name } }')).secret).toEqual({ name: 'db' });
    await other.query('ROLLBACK');
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ errors: [] });
  } finally {
    await other.end();
    await few.close();
  }
});

describe('simulateAccess with invalid changes', () => {
  const none = `usr_${'7'.repeat(32)}`;
  const grp = `grp_${'7'.repeat(32)}`;
  const grant = (more: object) => ({ subjectId: reader.id, target: { secret: 'db' }, access: ['READ'], ...more });
  const refusals: [string, () => [Client, object[]], string, string][] = [
    ['a missing group', () => [auditor, [{ deleteGroup: grp }]], 'NOT_FOUND', 'changes.0.deleteGroup'],
    [
      'a group that an earlier change deletes',
      () => [auditor, [{ deleteGroup: ops }, { addMember: { groupId: ops, principalId: reader.id } }]],
      'NOT_FOUND',
      'changes.1.addMember.groupId',
    ],
    [
      'a missing member',
      () => [auditor, [{ removeMember: { groupId: ops, principalId: none } }]],
      'NOT_FOUND',
      'changes.0.removeMember.principalId',
    ],
    [
      'a missing subject',
      () => [auditor, [{ grant: grant({ subjectId: none }) }]],
      'NOT_FOUND',
      'changes.0.grant.subjectId',
    ],
    [
      'a grant of nothing',
      () => [auditor, [{ grant: grant({ access: [] }) }]],
      'BAD_USER_INPUT',
      'changes.0.grant.access',
    ],
    ['a missing secret', () => [auditor, [tagging('db'), tagging('no_such')]], 'NOT_FOUND', 'changes.1.tag.name'],
    [
      'a malformed tag',
      () => [auditor, [tagging('db', { key: 'a:b', value: 'c' })]],
      'BAD_USER_INPUT',
      'changes.0.tag.tags.0.key',
    ],
    [
      'roles that a group cannot have',
      () => [auditor, [{ setRoles: { subjectId: ops, roles: ['USER_READ_ONLY'] } }]],
      'BAD_USER_INPUT',
      'changes.0.setRoles.roles',
    ],
    [
      'a role that no member of a group can have',
      () => [
        auditor,
        [
          { addMember: { groupId: ops, principalId: reader.id } },
          { setRoles: { subjectId: reader.id, roles: ['USER_READ_ONLY'] } },
        ],
      ],
      'CONFLICT',
      'changes.1.setRoles.roles',
    ],
    ['a secret that the caller may not change', () => [reader, [tagging('db')]], 'FORBIDDEN', 'changes.0.tag.name'],
    ['a secret that is hidden from the caller', () => [reader, [tagging('mail')]], 'NOT_FOUND', 'changes.0.tag.name'],
    [
      'a grant on a tag by a caller who does not see all access',
      () => [owner, [{ grant: grant({ target: { tag: prod } }) }]],
      'FORBIDDEN',
      'changes.0.grant.target',
    ],
    [
      'groups by a caller who does not see all access',
      () => [owner, [{ deleteGroup: ops }]],
      'FORBIDDEN',
      'changes.0.deleteGroup',
    ],
    [
      'roles by a caller who does not see all access',
      () => [owner, [{ setRoles: { subjectId: owner.id, roles: [] } }]],
      'FORBIDDEN',
      'changes.0.setRoles',
    ],
  ];
  test.each(refusals)(
    'simulateAccess refuses an invalid change, and the error names the change: %s',
    async (_, asked, code, field) => {
      const { errors } = await simulate(...asked());
      const expected = code === 'BAD_USER_INPUT' ? { expected: expect.any(String) } : {};
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code, field, ...expected }]);
    },
  );
});
