// A list of fifty rows needs as many database statements as a list of one row.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/app.ts';
import { type World, world } from '../support/world.ts';
import { grant } from './asking.ts';

let w: World;
let reader: Client;
let bobId: string;
beforeAll(async () => {
  w = await world();
  const ann = await w.user('ann', { roles: ['AUDITOR'] });
  const bob = await w.user('bob', { roles: ['USER'] });
  reader = ann;
  bobId = bob.id;
  const ids: string[] = [];
  for (let i = 0; i < 50; i += 1) {
    const name = `secret_${i}`;
    await w.secret(name, { tags: [`number:${i}`, 'all:of-them'], by: i % 2 ? bob : w.admin });
    const { createGroup, createApplication } = await w.admin.get(
      `mutation ($n: String!) { createGroup(input: { name: $n, roles: [USER] }) { group { id } } createApplication(input: { name: $n, roles: [WORKER] }) { application { id } } }`,
      { n: name },
    );
    ids.push(createApplication.application.id, createGroup.group.id);
    await w.admin.get(
      'mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
      {
        g: createGroup.group.id,
        p: [createApplication.application.id, bob.id],
      },
    );
  }
  for (const id of ids) await grant(w.admin, id, ['EXECUTE'], 'some:tag');
  await w.grant(ann.id, ['READ'], 'all:of-them');
  await w.grant(bob.id, ['EXECUTE'], 'all:of-them');
});
afterAll(() => w.close());

const PRINCIPAL = '... on User { name roles groups { name } } ... on Application { name roles groups { name } }';
const LISTS: Record<string, [query: string, root: string]> = {
  secrets: [
    `query ($f: Int!) { secrets(first: $f) { nodes { name value tags { id key value secretCount } viewerAccess expiresAt
      createdBy { name } updatedBy { name } versions(first: 2) { nodes { number createdBy { name } destroyedAt } pageInfo { endCursor } } } } }`,
    'secrets',
  ],
  groups: [
    `query ($f: Int!) { groups(first: $f) { nodes { name roles members(first: 3) { nodes { ${PRINCIPAL} } } permissions(first: 3) { nodes { access grantedBy { name } } } } } }`,
    'groups',
  ],
  applications: [
    `query ($f: Int!) { applications(first: $f) { nodes { name roles groups { name roles } accessKeys { id } permissions(first: 3) { nodes { access } } createdBy { name } } } }`,
    'applications',
  ],
  permissions: [
    `query ($f: Int!) { permissions(first: $f) { nodes { access subject { ${PRINCIPAL} ... on Group { name roles } }
      target { ... on Tag { id secretCount } ... on SecretName { name secret { viewerAccess } } } grantedBy { name } } } }`,
    'permissions',
  ],
  tags: ['query ($f: Int!) { tags(first: $f) { nodes { id secretCount } } }', 'tags'],
  accessEntries: [
    `query ($f: Int!) { accessEntries(principalId: "BOB", first: $f) { nodes { access principal { ${PRINCIPAL} } secret { name value viewerAccess tags { id } }
      paths { access tag { id } group { name roles } permission { access subject { ${PRINCIPAL} } grantedBy { name } } } } } }`,
    'accessEntries',
  ],
  auditEvents: [
    'query ($f: Int!) { auditEvents(first: $f) { nodes { action actor { name } subject { name } } } }',
    'auditEvents',
  ],
};

async function statementsOf(query: string, root: string, first: number): Promise<number> {
  const before = w.database.statements();
  const data = await reader.get(query.replace('BOB', bobId), { f: first });
  const after = w.database.statements();
  expect(data[root].nodes).toHaveLength(first);
  return after - before;
}

test.each(Object.entries(LISTS))(
  'listing fifty objects with all referenced objects takes no more database statements than listing three objects: %s',
  async (_, [query, root]) => {
    const few = await statementsOf(query, root, 3);
    expect(await statementsOf(query, root, 50)).toBeLessThanOrEqual(few);
    expect(few).toBeLessThanOrEqual(20);
  },
);

test('reading fifty secrets by name in one request, some with revealed values, takes only a few database statements', async () => {
  const ask = (n: number, reveal: boolean) =>
    `{ ${Array.from({ length: n }, (_, i) => `s${i}: secret(name: "secret_${i}") { value(reveal: ${reveal}) viewerAccess createdBy { name } }`).join(' ')} }`;
  const cost = async (query: string) => {
    const before = w.database.statements();
    await reader.get(query);
    return w.database.statements() - before;
  };
  // The gateway caches the revealed secrets.
  await reader.get(ask(50, true));
  for (const reveal of [false, true]) expect(await cost(ask(50, reveal))).toBe(await cost(ask(2, reveal)));
});

test('a page of access entries takes one database statement in addition to the epoch, or two if the page shows principals and secrets', async () => {
  const cost = async (below: string, question: string) => {
    const before = w.database.statements();
    const { accessEntries } = await reader.get(`{ accessEntries(${question}) { nodes { access ${below} } } }`);
    expect(accessEntries.nodes.length).toBeGreaterThan(0);
    return w.database.statements() - before;
  };
  const objects =
    'principal { id name } secret { name } paths { role tag { id } group { name } permission { id access } }';
  const epoch = 1;
  for (const question of [
    `principalId: "${bobId}"`,
    'secret: "secret_1"',
    `principalId: "${bobId}", secret: "secret_1"`,
  ]) {
    expect(await cost('', question)).toBe(epoch + 1);
    expect(await cost(objects, question)).toBe(epoch + 2);
  }
});
