// Tests accessChanges. This query lists which principals gained or lost access between two times, and the audit event
// of each change.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccessDifference, HistoryPosition } from '../../src/access-audit/history/history.ts';
import { differences } from '../../src/access-audit/history/history-store.ts';
import { toUuid } from '../../src/primitives/ids.ts';
import * as ask from '../access/asking.ts';
import type { Client } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

const CHANGES = `query ($from: DateTime!, $until: DateTime!, $p: ID, $s: String, $f: Int! = 50, $after: String) {
  accessChanges(from: $from, until: $until, principalId: $p, secret: $s, first: $f, after: $after) {
    nodes { at principal { id name } secret { id name value } gained lost
      event { id at action outcome actor { name } subject { kind id name } changes requestId } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Question {
  from?: string;
  until?: string;
  p?: string;
  s?: string;
  f?: number;
  after?: string | null;
}

let w: World;
let auditor: SomeUser;
let ann: SomeUser;
let bob: SomeUser;

const now = () => w.clock.now().toISOString();
/** Advances the clock, so that changes of two different tests never have the same time. */
const later = (by: Parameters<World['clock']['advance']>[0] = { minutes: 1 }) => {
  w.clock.advance(by);
  return now();
};
const changes = async (question: Question, who: Client = auditor) =>
  (await who.get(CHANGES, { until: now(), ...question })).accessChanges;
// biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
const described = (nodes: any[]) =>
  nodes.map(({ principal, secret, gained, lost, event }) =>
    [
      principal.name,
      secret.name,
      ...(gained.length > 0 ? [`+${gained.join()}`] : []),
      ...(lost.length > 0 ? [`-${lost.join()}`] : []),
      event === null ? 'by time' : `${event.action} ${event.subject.name} by ${event.actor.name}`,
    ].join(' '),
  );
const of = async (question: Question, who?: Client) => described((await changes(question, who)).nodes);
/** Lists all access changes. Reads pages of `first` entries. */
const paged = async (question: Question, f: number) => {
  const nodes = [];
  let after: string | null = null;
  for (let pages = 0; pages < 500; pages += 1) {
    const page = await changes({ ...question, f, after });
    expect(page.nodes.length).toBeLessThanOrEqual(f);
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
  return expect.fail('No end of pages');
};

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  [ann, bob] = [await w.user('ann'), await w.user('bob')];
});
afterAll(() => w.close());

const EVERYTHING = 'CREATE,READ,UPDATE,DELETE,EXECUTE';

describe('access changes that accessChanges reports', () => {
  test('accessChanges reports every new, extended, reduced or ended grant, together with the audit event of the change', async () => {
    await w.secret('db');
    const from = later();
    await w.grant(ann.id, 'READ', 'db');
    later();
    await w.grant(ann.id, ['READ', 'UPDATE'], 'db');
    later();
    await w.revoke(ann.id, 'db', ['READ']);
    later();
    await w.revoke(ann.id, 'db');
    const expected = [
      'ann db +READ PERMISSION_GRANT db by admin',
      'ann db +UPDATE PERMISSION_GRANT db by admin',
      'ann db -READ PERMISSION_REVOKE db by admin',
      'ann db -UPDATE PERMISSION_REVOKE db by admin',
    ];
    expect(await of({ from, p: ann.id })).toEqual(expected);
    expect(await of({ from, s: 'db' })).toEqual(expected);
    expect(await of({ from, p: ann.id, s: 'db' })).toEqual(expected);
    expect(await of({ from, p: bob.id })).toEqual([]);
  });

  test('if a principal loses one access path but keeps the same access through a second path, accessChanges reports no change', async () => {
    await w.secret('twice', { tags: ['two:ways'] });
    await w.grant(ann.id, 'READ', 'twice');
    const from = later();
    await w.grant(ann.id, ['READ', 'EXECUTE'], 'two:ways');
    later();
    await w.revoke(ann.id, 'twice');
    expect(await of({ from, s: 'twice' })).toEqual(['ann twice +EXECUTE PERMISSION_GRANT two:ways by admin']);
  });

  test('when a grant expires, accessChanges reports the access as lost, without an audit event', async () => {
    await w.secret('short');
    const from = later();
    const expiresAt = w.clock.in({ hours: 1 });
    await w.grant(ann.id, 'READ', 'short', { expiresAt });
    await w.grant(bob.id, 'READ', 'short', { expiresAt: w.clock.in({ days: 9 }) });
    later({ hours: 2 });
    const { nodes } = await changes({ from, s: 'short' });
    expect(described(nodes)).toEqual([
      'ann short +READ PERMISSION_GRANT short by admin',
      'bob short +READ PERMISSION_GRANT short by admin',
      'ann short -READ by time',
    ]);
    expect(nodes[2].at).toBe(expiresAt);
    expect(await of({ from, until: expiresAt, s: 'short' })).toHaveLength(3);
    expect(await of({ from: expiresAt, s: 'short' })).toEqual([]);
  });

  test('accessChanges reports access that changes because a user joins or leaves a group, or because a group receives a grant or is deleted', async () => {
    await w.secret('g1', { tags: ['by:group'] });
    await w.secret('g2', { tags: ['by:group'] });
    const from = later();
    const team = await w.group('team', [ann.id]);
    later();
    await w.grant(team, 'READ', 'by:group');
    later();
    await ask.addMembers(w.admin, team, bob.id);
    later();
    await ask.removeMembers(w.admin, team, ann.id);
    later();
    await ask.deleteGroup(w.admin, team);
    expect(await of({ from, s: 'g1' })).toEqual([
      'ann g1 +READ PERMISSION_GRANT by:group by admin',
      'bob g1 +READ GROUP_MEMBER_ADD team by admin',
      'ann g1 -READ GROUP_MEMBER_REMOVE team by admin',
      'bob g1 -READ GROUP_DELETE team by admin',
    ]);
    expect(await of({ from, p: bob.id })).toEqual([
      'bob g1 +READ GROUP_MEMBER_ADD team by admin',
      'bob g2 +READ GROUP_MEMBER_ADD team by admin',
      'bob g1 -READ GROUP_DELETE team by admin',
      'bob g2 -READ GROUP_DELETE team by admin',
    ]);
  });

  test('accessChanges reports access that changes because a tag is added or removed', async () => {
    await w.secret('tagged');
    await w.grant(ann.id, 'READ', 'comes:goes');
    const from = later();
    await ask.tag(w.admin, 'tagged', 'comes:goes', 'another:one');
    later();
    await ask.untag(w.admin, 'tagged', 'comes:goes');
    const expected = ['ann tagged +READ SECRET_TAG tagged by admin', 'ann tagged -READ SECRET_UNTAG tagged by admin'];
    expect(await of({ from, s: 'tagged' })).toEqual(expected);
    expect(await of({ from, p: ann.id })).toEqual(expected);
  });

  test('accessChanges reports access that changes because a secret is created, deleted, restored or purged', async () => {
    await w.grant(ann.id, 'READ', 'life');
    await w.grant(bob.id, 'READ', 'life:tag');
    const from = later();
    const { id } = await w.secret('life', { tags: ['life:tag'] });
    later();
    await ask.deleteSecret(w.admin, 'life');
    later();
    await w.admin.get('mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }', { i: id });
    later();
    await ask.deleteSecret(w.admin, 'life', true);
    later();
    await w.secret('life');
    const described = (await of({ from, s: 'life' })).filter((one) => !one.startsWith('Administrator'));
    expect(described.map((one) => one.replace(' by admin', ''))).toEqual([
      'ann life +READ SECRET_CREATE life',
      'bob life +READ SECRET_CREATE life',
      'ann life -READ SECRET_DELETE life',
      'bob life -READ SECRET_DELETE life',
      'ann life +READ SECRET_RESTORE life',
      'bob life +READ SECRET_RESTORE life',
      'ann life -READ SECRET_DELETE life',
      'bob life -READ SECRET_DELETE life',
      'ann life +READ SECRET_CREATE life',
    ]);
    expect(await of({ from, p: bob.id })).toHaveLength(4);
    expect(await of({ from, p: ann.id, s: 'life' })).toHaveLength(5);
  });

  test('accessChanges reports access that changes because a user is deactivated, activated or deleted', async () => {
    const carl = await w.user('carl');
    const other = await w.user('other');
    await w.secret('busy');
    await w.grant(carl.id, 'READ', 'busy');
    const from = later();
    await ask.updateUser(w.admin, carl.id, { active: false });
    later();
    await ask.updateUser(w.admin, carl.id, { active: false });
    later();
    await ask.updateUser(w.admin, carl.id, { active: true });
    await ask.updateUser(w.admin, other.id, { active: false });
    later();
    await ask.deleteUser(w.admin, carl.id);
    const expected = [
      'carl busy -READ USER_UPDATE carl by admin',
      'carl busy +READ USER_UPDATE carl by admin',
      'carl busy -READ USER_DELETE carl by admin',
    ];
    expect(await of({ from, s: 'busy' })).toEqual(expected);
    expect(await of({ from, p: carl.id })).toEqual(expected);
    expect(await of({ from, p: carl.id, s: 'busy' })).toEqual(expected);
  });

  test('if a user gains or loses ADMIN, directly or through a group, accessChanges reports a change for every secret', async () => {
    const boss = await w.user('boss');
    const from = later();
    await ask.updateUser(w.admin, boss.id, { roles: ['ADMIN'] });
    later();
    await ask.updateUser(w.admin, boss.id, { roles: [] });
    const admins = await w.group('admins', [], { roles: ['ADMIN'] });
    later();
    await ask.addMembers(w.admin, admins, boss.id);
    later();
    await ask.updateGroup(w.admin, admins, { roles: [] });
    const live = (await w.admin.get('{ secrets(first: 200) { nodes { name } } }')).secrets.nodes.length;
    expect(live).toBeGreaterThan(4);
    const all = await paged({ from, p: boss.id }, 200);
    expect(all).toHaveLength(4 * live);
    expect(await of({ from, s: 'db' })).toEqual([
      `boss db +${EVERYTHING} USER_UPDATE boss by admin`,
      `boss db -${EVERYTHING} USER_UPDATE boss by admin`,
      `boss db +${EVERYTHING} GROUP_MEMBER_ADD admins by admin`,
      `boss db -${EVERYTHING} GROUP_UPDATE admins by admin`,
    ]);
    expect(await paged({ from, p: boss.id }, 1)).toEqual(all);
    expect(await paged({ from, p: boss.id }, 7)).toEqual(all);
  });
});

describe('the audit event that accessChanges shows for a change of access', () => {
  test('if several access changes happen at nearly the same time, accessChanges shows the correct audit event for each change', async () => {
    const secrets = await Promise.all(
      Array.from({ length: 8 }, (_, i) => w.secret(`near${i}`, { tags: [`near:${i}`] })),
    );
    const groups = await Promise.all(['n1', 'n2', 'n3'].map((name) => w.group(name)));
    const from = later();
    await Promise.all([
      ...secrets.map(({ name }) => w.grant(ann.id, 'READ', name)),
      ...secrets.map((_, i) => w.grant(bob.id, ['READ', 'EXECUTE'], `near:${i}`)),
      ...secrets.map(({ name }) => w.grant(groups[0]!, 'UPDATE', name)),
      ...groups.map((group) => ask.addMembers(w.admin, group, ann.id)),
      ...secrets.map(({ name }, i) => ask.tag(w.admin, name, `near:${(i + 1) % 8}`)),
    ]);
    await Promise.all(secrets.map(({ name }) => w.revoke(ann.id, name)));
    await Promise.all(secrets.map((_, i) => w.revoke(bob.id, `near:${i}`, ['READ'])));

    const written = await whoWrote();
    for (const p of [ann.id, bob.id]) {
      const nodes = await paged({ from, p }, 200);
      expect(nodes.length).toBeGreaterThan(15);
      for (const { at, event } of nodes) {
        const transactions = written.at(at);
        if (transactions !== undefined) expect(transactions).toContain(written.event.get(event.id));
        expect(Date.parse(event.at)).toBeGreaterThanOrEqual(Date.parse(at));
      }
      expect(nodes.filter(({ at }) => written.at(at) !== undefined).length).toBeGreaterThan(5);
    }
  });

  test('if one request records several audit events, accessChanges shows for each access change the audit event of exactly this change', async () => {
    const rest = restClient(w.url, w.admin.token);
    const send = async (method: string, path: string, body?: unknown) =>
      expect((await rest.send(method, path, body)).status).toBeLessThan(300);
    const [joined, left] = [await w.group('joined'), await w.group('left', [bob.id])];
    for (const name of ['old:tag', 'new:tag', 'all:one', 'all:two']) await w.secret(name.replace(':', '-'));
    await w.grant(joined, 'READ', 'all-one');
    await w.grant(left, 'READ', 'all-two');
    let from = later();
    await send('PUT', '/users/bob', { name: 'bob', roles: ['ADMIN'], groups: ['joined'] });
    expect((await of({ from, p: bob.id, s: 'all-one' })).map((line) => line.split(' ')[3])).toEqual(['USER_UPDATE']);
    await send('PUT', '/users/bob', { name: 'bob', roles: ['USER'], groups: ['left'] });
    from = later();
    await send('PUT', '/users/bob', { name: 'bob', groups: ['joined'] });
    expect(await of({ from, p: bob.id })).toEqual([
      'bob all-one +READ GROUP_MEMBER_ADD joined by admin',
      'bob all-two -READ GROUP_MEMBER_REMOVE left by admin',
    ]);

    await w.secret('retagged', { tags: ['merge:old'] });
    await w.grant(ann.id, 'READ', 'merge:old');
    await w.grant(ann.id, 'UPDATE', 'merge:new');
    from = later();
    await send('PUT', '/secrets/retagged/tags', [{ key: 'merge', value: 'new' }]);
    expect(await of({ from, s: 'retagged' })).toEqual(['ann retagged +UPDATE -READ SECRET_TAG retagged by admin']);
    await w.revoke(ann.id, 'merge:new');
    await send('PUT', '/secrets/retagged/tags', [{ key: 'merge', value: 'old' }]);
    from = later();
    await send('PUT', '/secrets/retagged/tags', [{ key: 'merge', value: 'new' }]);
    expect(await of({ from, s: 'retagged' })).toEqual(['ann retagged -READ SECRET_UNTAG retagged by admin']);

    await w.grant(ann.id, 'READ', 'all-one');
    await w.grant(ann.id, 'READ', 'all-two');
    from = later();
    await send('DELETE', `/auth/subjects/USER/ann/grants`);
    expect(await of({ from, p: ann.id })).toEqual(
      expect.arrayContaining([
        'ann all-one -READ PERMISSION_REVOKE all-one by admin',
        'ann all-two -READ PERMISSION_REVOKE all-two by admin',
      ]),
    );
  });
});

/**
 * Returns the transactions that changed rows at the requested time, and the transactions that wrote an audit event.
 * PostgreSQL records both.
 */
async function whoWrote() {
  const events = await w.database.query<{ id: string; x: string }>(
    "SELECT 'aud_' || replace(id::text, '-', '') AS id, xmin::text AS x FROM audit_events",
  );
  // If a row is no longer valid, PostgreSQL shows the transaction that ended its validity, and not the transaction
  // that created the row.
  const rows = await w.database.query<{ at: Date; x: string | null }>(
    ['permissions', 'group_members', 'role_assignments', 'secret_tags', 'periods']
      .flatMap((table) => [
        `SELECT COALESCE(valid_to, valid_from) AS at, xmin::text AS x FROM ${table}`,
        `SELECT valid_from, NULL FROM ${table} WHERE valid_to IS NOT NULL`,
      ])
      .join(' UNION ALL '),
  );
  const rowsAt = Map.groupBy(rows, ({ at }) => at.getTime());
  return {
    /**
     * Returns all transactions that changed rows at the requested time, or undefined if one of these transactions is
     * unknown.
     */
    at(moment: string) {
      const known = rowsAt.get(Date.parse(moment))?.map(({ x }) => x) ?? [null];
      return known.includes(null) ? undefined : known;
    },
    event: new Map(events.map(({ id, x }) => [id, x])),
  };
}

test('if many grants end at the same time, the pages of accessChanges together list every ended grant, with any page size', async () => {
  const eve = await w.user('eve');
  const names = Array.from({ length: 12 }, (_, i) => `many${i}`);
  for (const name of names) {
    await w.secret(name);
    await w.grant(eve.id, 'READ', name);
    await w.grant(eve.id, 'READ', `none:${name}`);
  }
  const from = new Date(later());
  await ask.deleteUser(w.admin, eve.id);
  const until = new Date(later());
  const question = { principalId: toUuid(eve.id, 'USER')!, secretIds: null, from, until };
  const found: AccessDifference[] = [];
  let after: HistoryPosition | undefined;
  for (let stretches = 0; stretches === 0 || after !== undefined; stretches += 1) {
    expect(stretches).toBeLessThan(100);
    const stretch = await differences(w.database, question, null, until, 2, after);
    found.push(...stretch.found);
    after = stretch.reached;
  }
  expect(found.map(({ gained, lost }) => [gained, lost])).toEqual(names.map(() => [[], ['READ']]));
});

describe('permission to query accessChanges', () => {
  test('accessChanges rejects malformed arguments', async () => {
    const from = w.clock.in({ days: -1 });
    const refused = async (question: Question, who: Client = auditor) =>
      ask.refusal(await who.ask(CHANGES, { from, until: now(), ...question }));
    expect(await refused({})).toEqual({ code: 'BAD_USER_INPUT', field: 'principalId' });
    expect(await refused({ p: ann.id, from: now(), until: from })).toEqual({ code: 'BAD_USER_INPUT', field: 'from' });
    expect(await refused({ p: ann.id, until: w.clock.in({ hours: 1 }) })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'until',
    });
    expect(await refused({ p: ann.id, from: w.clock.in({ days: -400 }) })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'from',
    });
    expect(await refused({ p: ann.id, after: 'x' })).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
    expect(await refused({ p: 'usr_no' })).toEqual({ code: 'NOT_FOUND', field: 'principalId' });
    expect(await refused({ s: 'no_such' })).toEqual({ code: 'NOT_FOUND', field: 'secret' });
    expect(await refused({ p: bob.id }, ann)).toEqual({ code: 'FORBIDDEN', field: 'principalId' });
    expect(await refused({ s: 'db' }, ann)).toEqual({ code: 'NOT_FOUND', field: 'secret' });
    expect(await refused({ s: 'no_such' }, ann)).toEqual({ code: 'NOT_FOUND', field: 'secret' });
    expect(await refused({ p: bob.id, s: 'db' }, ann)).toEqual({ code: 'FORBIDDEN', field: 'principalId' });
  });

  test("a user without ADMIN or AUDITOR sees only changes of the user's own access to visible secrets, without audit events", async () => {
    const dora = await w.user('dora');
    await w.secret('seen');
    await w.secret('gone');
    const from = later();
    await w.grant(dora.id, 'READ', 'seen');
    await w.grant(dora.id, 'READ', 'gone');
    later();
    await w.grant(dora.id, 'UPDATE', 'seen');
    await w.revoke(dora.id, 'gone');
    expect(await of({ from, p: dora.id }, dora)).toEqual(['dora seen +READ by time', 'dora seen +UPDATE by time']);
    expect(await of({ from, p: dora.id })).toHaveLength(4);
    const holder = await dora.ask(CHANGES, { from, until: now(), s: 'seen' });
    expect(ask.refusal(holder)).toEqual({ code: 'FORBIDDEN', field: 'from' });
  });

  test('accessChanges gives the same answer for a hidden secret with many changes of access as about a missing secret', async () => {
    const eve = await w.user('eve');
    const { id } = await w.secret('unseen');
    const from = later();
    await w.database.query(
      `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from, valid_to)
       SELECT gen_random_uuid(), $1::uuid, 'unseen', 'busy:yes', $2::timestamptz + n * interval '2 milliseconds', $2::timestamptz + (n * 2 + 1) * interval '1 millisecond'
       FROM generate_series(1, 400) n`,
      [toUuid(id, 'SECRET'), from],
    );
    later();
    const asked = (s: string) => changes({ from, p: eve.id, s, f: 1 }, eve);
    expect(await asked('unseen')).toEqual(await asked('no_such'));
    expect((await asked('unseen')).pageInfo).toEqual({ hasNextPage: false, endCursor: null });
  });
});

test('reading one page of access changes takes a bounded number of database statements', async () => {
  const from = w.clock.in({ days: -30 });
  const count = async (f: number) => {
    const before = w.database.statements();
    await changes({ from, s: 'db', f });
    return w.database.statements() - before;
  };
  const few = await count(1);
  expect(await count(200)).toBe(few);
});

test('one request may query at most ten pages of access changes', async () => {
  const page = (i: number) =>
    `a${i}: accessChanges(from: $from, until: $until, secret: "db", first: 1) { nodes { at } }`;
  const asking = (pages: number) =>
    auditor.ask(
      `query ($from: DateTime!, $until: DateTime!) { ${Array.from({ length: pages }, (_, i) => page(i)).join(' ')} }`,
      { from: w.clock.in({ days: -1 }), until: now() },
    );
  expect((await asking(9)).errors).toEqual([]);
  expect((await asking(11)).code).toBe('GRAPHQL_VALIDATION_FAILED');
});
