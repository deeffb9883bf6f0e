// A group that `group` hides from a caller is hidden from it in every other query too.
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
const ASKED: Record<string, string> = {
  group: `{ group(name: "${NAME}") { id name description } }`,
  groups: '{ groups { nodes { id name description } } }',
  accessEntries: `{ accessEntries(secret: "own", first: 10) { nodes { ${WAYS} } } tagged: accessEntries(secret: "tagged", first: 10) { nodes { ${WAYS} } } }`,
  'Secret.accessEntries': `{ secret(name: "own") { accessEntries { nodes { ${WAYS} } } } }`,
  'simulateAccess of a guessed tag': `{ simulateAccess(changes: [{ tag: { name: "own", tags: [{ key: "env", value: "guessed" }] } }], first: 10) { gained { ${WAYS} } lost { ${WAYS} } } }`,
  'permissions(target:)': `{ permissions(target: { secret: "own" }) { nodes { access ${SUBJECT} } } }`,
};

test.each(Object.entries(ASKED))(
  '%s shows neither name nor description of a hidden group to a caller outside it',
  async (_, query) => {
    const { text, errors, data } = await owner.ask(query);
    expect(errors).toEqual([]);
    for (const told of [NAME, ABOUT]) expect(text).not.toContain(told);
    // The only visible member of a hidden group is the caller.
    const groups = JSON.stringify(data).match(/"members":\{"nodes":\[[^\]]+\]/g);
    expect(groups).toBeNull();
    // ADMIN sees the group in the same query.
    expect((await w.admin.ask(query)).text).toContain(NAME);
  },
);

test('access through a tag and a hidden group shows no group', async () => {
  const { accessEntries } = await owner.get(`{ accessEntries(secret: "tagged") { nodes { ${WAYS} } } }`);
  const mine = accessEntries.nodes.find(({ principal }: { principal: { id: string } }) => principal.id === member.id);
  expect(mine.paths).toEqual([{ tag: { id: 'env:guessed' }, group: null, permission: null }]);
});

test('REST shows the id and not the name of a hidden group in grants', async () => {
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

test('a former member sees a hidden group in no answer about that time', async () => {
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

test("a simulation is in the audit log before its answer, whether refused or not, and the secret's events include it", async () => {
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

test('a long simulation is recorded up to a limit, with the number of omitted changes', async () => {
  const tags = Array.from({ length: 50 }, (_, i) => ({ key: `key${i}`, value: 'v'.repeat(250) }));
  const changes = Array.from({ length: 50 }, () => ({ tag: { name: 'own', tags } }));
  await owner.get('query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { complete } }', { c: changes });
  const { auditEvents } = await w.admin.get('{ auditEvents(first: 1) { nodes { action changes } } }');
  expect(auditEvents.nodes).toEqual([{ action: 'ACCESS_SIMULATE', changes: { simulated: [], more: 50 } }]);
});
