// If the query `group` hides a group from a caller, all other queries hide the group from the caller as well.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restClient } from '../support/rest.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { addMembers, updateGroup } from './asking.ts';

let w: World;
let owner: SomeUser;
let member: SomeUser;
let hiddenId: string;
const NAME = 'board-of-directors';
const ABOUT = 'plans-to-sell-the-company';

beforeAll(async () => {
  w = await world();
  owner = await w.user('owner', { roles: ['USER'] });
  member = await w.user('member');
  hiddenId = await w.group(NAME, [member.id]);
  await updateGroup(w.admin, hiddenId, { description: ABOUT });
  await w.grant(hiddenId, ['READ'], 'env:guessed');
  await w.secret('own', { by: owner });
  await w.secret('tagged', { by: owner, tags: ['env:guessed'] });
  await w.grant(hiddenId, ['EXECUTE'], 'own');
});
afterAll(() => w.close());

const GROUP = 'group { id name description roles members(first: 1) { nodes { id } } }';
const SUBJECT =
  'subject { ... on Group { id name description roles members(first: 1) { nodes { id } } permissions(first: 1) { nodes { id } } } }';
const WAYS = `access principal { id } paths { tag { id } ${GROUP} permission { id ${SUBJECT} } }`;
const COUNTED = 'nodes { principal { id } } pageInfo { hasNextPage }';
interface Listed {
  nodes: { principal: { id: string } }[];
}
const ASKED: Record<string, string> = {
  group: `{ group(name: "${NAME}") { id name description } }`,
  groups: '{ groups { nodes { id name description } } }',
  accessEntries: `{ accessEntries(secret: "own", first: 10) { nodes { ${WAYS} } } tagged: accessEntries(secret: "tagged", first: 10) { nodes { ${WAYS} } } }`,
  'Secret.accessEntries': `{ secret(name: "own") { accessEntries { nodes { ${WAYS} } } } }`,
  'simulateAccess of a guessed tag': `{ simulateAccess(changes: [{ tag: { name: "own", tags: [{ key: "env", value: "guessed" }] } }], first: 10) { gained { ${WAYS} } lost { ${WAYS} } } }`,
  'permissions(target:)': `{ permissions(target: { secret: "own" }) { nodes { access ${SUBJECT} } } }`,
};

test.each(Object.entries(ASKED))(
  '%s does not show the name or the description of a hidden group to a caller outside the group',
  async (_, query) => {
    const { text, errors, data } = await owner.ask(query);
    expect(errors).toEqual([]);
    for (const described of [NAME, ABOUT]) expect(text).not.toContain(described);
    const groups = JSON.stringify(data).match(/"members":\{"nodes":\[[^\]]+\]/g);
    expect(groups).toBeNull();
    // A caller with ADMIN sees the group in the answer to the same query.
    expect((await w.admin.ask(query)).text).toContain(NAME);
  },
);

test('no list of access, no simulation and no count reveals the members of a hidden group', async () => {
  const tag = { tag: { name: 'own', tags: [{ key: 'env', value: 'guessed' }] } };
  const untag = { untag: { name: 'tagged', tags: [{ key: 'env', value: 'guessed' }] } };
  const grant = { grant: { subjectId: hiddenId, target: { secret: 'own' }, access: ['UPDATE'] } };
  const revoke = { revoke: { subjectId: hiddenId, target: { secret: 'shared_by_guess' }, access: [] } };
  const rest = restClient(w.url, owner.token);
  await w.secret('shared_by_guess', { by: owner });
  const body = {
    subject: { type: 'GROUP', id: NAME },
    target: { type: 'SECRET_NAME', id: 'shared_by_guess' },
    access: ['READ'],
  };
  expect((await rest.send('POST', '/auth/authorization', body)).status).toBe(200);
  const SIMULATE = `query ($c: [AccessChange!]!) { simulateAccess(changes: $c, first: 10) { complete gained { ${WAYS} } lost { ${WAYS} } } }`;

  for (const name of ['own', 'tagged', 'shared_by_guess']) {
    const LISTS = `query ($n: String!, $m: ID!) { a: accessEntries(secret: $n) { ${COUNTED} } b: accessEntries(secret: $n, principalId: $m) { ${COUNTED} }
      secret(name: $n) { accessEntries { ${COUNTED} } } }`;
    const { a, b, secret } = await owner.get(LISTS, { n: name, m: member.id });
    const ids = ({ nodes }: Listed) => nodes.map(({ principal }) => principal.id);
    // The list contains only the administrator and the owner of the secret.
    expect(ids(a)).toHaveLength(2);
    expect(ids(a)).toContain(owner.id);
    expect(ids(secret.accessEntries)).toEqual(ids(a));
    expect(b).toEqual({ nodes: [], pageInfo: { hasNextPage: false } });
    const first = await owner.get(`query ($n: String!) { accessEntries(secret: $n, first: 2) { ${COUNTED} } }`, {
      n: name,
    });
    expect(first.accessEntries.pageInfo.hasNextPage).toBe(false);
    const csv = await rest.send('GET', `/reports/access.csv?report=entries&secret=${encodeURIComponent(name)}`);
    expect(csv.text).toContain('owner');
    expect(csv.text).not.toContain(member.id);
    const whole = await w.admin.get(LISTS, { n: name, m: member.id });
    expect(ids(whole.a)).toContain(member.id);
    expect(ids(whole.b)).toEqual([member.id]);
  }
  for (const change of [tag, untag, grant, revoke]) {
    const { simulateAccess } = await owner.get(SIMULATE, { c: [change] });
    expect(simulateAccess).toEqual({ complete: true, gained: [], lost: [] });
    const whole = (await w.admin.get(SIMULATE, { c: [change] })).simulateAccess;
    expect([...whole.gained, ...whole.lost].map(({ principal }) => principal.id)).toEqual([member.id]);
  }
});

test('a member of a hidden group sees the other members, and a caller outside the group sees only access that does not come through the group', async () => {
  const both = await w.user('both');
  await w.secret('two_ways', { by: owner });
  await w.grant(hiddenId, 'READ', 'two_ways');
  await w.grant(both.id, 'EXECUTE', 'two_ways', { by: owner });
  await addMembers(w.admin, hiddenId, both.id);
  const ASK = `query ($m: ID!) { accessEntries(secret: "two_ways", principalId: $m) { nodes { ${WAYS} } } }`;
  const seen = async (who: SomeUser, m: string) => (await who.get(ASK, { m })).accessEntries.nodes;
  expect(await seen(owner, both.id)).toMatchObject([{ access: ['EXECUTE'], paths: [{ group: null }] }]);
  const insider = await w.user('insider');
  await w.grant(insider.id, 'UPDATE', 'two_ways');
  await addMembers(w.admin, hiddenId, insider.id);
  expect(await seen(insider, both.id)).toMatchObject([{ access: ['READ', 'EXECUTE'] }]);
  expect(await seen(insider, member.id)).toMatchObject([{ access: ['READ'], paths: [{ group: { name: NAME } }] }]);
});

test('if a hidden group has ADMIN, no list of access shows the access that its members have through the group', async () => {
  const chief = await w.user('chief');
  const admins = await w.group('hidden admins', [chief.id]);
  await updateGroup(w.admin, admins, { roles: ['ADMIN'] });
  const ASK = '{ accessEntries(secret: "own") { nodes { principal { id } } } }';
  const has = async (who: { get: SomeUser['get'] }) => JSON.stringify(await who.get(ASK)).includes(chief.id);
  expect(await has(owner)).toBe(false);
  expect(await has(w.admin)).toBe(true);
  await updateGroup(w.admin, admins, { roles: [] });
});

test('REST shows a hidden group in a grant by its id, without its name', async () => {
  const rest = restClient(w.url, owner.token);
  const answers = [
    await rest.send('GET', '/auth/authorization/SECRET_NAME/own'),
    await rest.send('GET', '/auth/authorization/SECRET_NAME/own?groupBy=subject'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  for (const { text } of answers) {
    expect(text).toContain(hiddenId);
    expect(text).not.toContain(NAME);
  }
});

test('a former member of a hidden group does not see the group, even in answers about the time of the membership', async () => {
  const former = await w.user('former');
  await addMembers(w.admin, hiddenId, former.id);
  w.clock.advance({ minutes: 5 });
  const then = w.clock.now().toISOString();
  const ASK = `query ($p: ID!, $t: DateTime!) { accessEntries(principalId: $p, at: $t) { nodes { secret { name } paths { ${GROUP} permission { id } } } } }`;
  await w.grant(former.id, 'READ', 'tagged');
  w.clock.advance({ minutes: 5 });
  expect((await former.ask(ASK, { p: former.id, t: then })).text).toContain(NAME);
  await w.admin.get(
    'mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
    {
      g: hiddenId,
      p: [former.id],
    },
  );
  const { data, text } = await former.ask(ASK, { p: former.id, t: then });
  expect(data.accessEntries.nodes.length).toBeGreaterThan(0);
  expect(text).not.toContain(NAME);
});

test('the gateway records every simulation, including refused simulations, before it answers, and lists the simulation among the audit events of the secret', async () => {
  const change = { tag: { name: 'own', tags: [{ key: 'env', value: 'guessed' }] } };
  const ASK = 'query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { complete } }';
  await owner.get(ASK, { c: [change] });
  expect((await member.ask(ASK, { c: [{ deleteGroup: hiddenId }] })).code).toBe('FORBIDDEN');
  const EVENTS = `query ($f: AuditFilter) { auditEvents(first: 1, filter: $f) { nodes { action outcome actor { name } subject { kind name } changes } } }`;
  const of = async (filter: object) => (await w.admin.get(EVENTS, { f: filter })).auditEvents.nodes[0];
  expect(await of({ secret: 'own', actions: ['ACCESS_SIMULATE'] })).toEqual({
    action: 'ACCESS_SIMULATE',
    outcome: 'DONE',
    actor: { name: 'owner' },
    subject: { kind: 'SECRET', name: 'own' },
    changes: { simulated: [{ kind: 'tag', secret: 'own', tags: ['env:guessed'] }] },
  });
  expect(await of({ actions: ['ACCESS_SIMULATE'], outcome: 'REFUSED' })).toMatchObject({
    actor: { name: 'member' },
    subject: null,
    changes: { code: 'FORBIDDEN' },
  });
});

test('the audit event of a long simulation contains a limited number of changes, and the number of omitted changes', async () => {
  const tags = Array.from({ length: 50 }, (_, i) => ({ key: `key${i}`, value: 'v'.repeat(250) }));
  const changes = Array.from({ length: 50 }, () => ({ tag: { name: 'own', tags } }));
  await owner.get('query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { complete } }', { c: changes });
  const { auditEvents } = await w.admin.get('{ auditEvents(first: 1) { nodes { action changes } } }');
  expect(auditEvents.nodes).toEqual([{ action: 'ACCESS_SIMULATE', changes: { simulated: [], more: 50 } }]);
});
