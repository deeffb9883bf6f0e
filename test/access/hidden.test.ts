// A caller without access to a secret gets the same answers as for a missing secret.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, toGlobalId } from '../../src/primitives/ids.ts';
import type { Answer, Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { deleteSecret, grant } from './asking.ts';

let w: World;
/**
 * Three callers who cannot see the secrets: a caller without grants, a caller with only CREATE, and a caller with
 * ended grants.
 */
let strangers: Record<string, SomeUser>;
let hiddenId: string;
let deletedId: string;
const missingId = toGlobalId('SECRET', newId());

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  const [nobody, creator, former] = [
    await w.user('nobody', { roles: ['USER'] }),
    await w.user('creator'),
    await w.user('former'),
  ];
  strangers = { nobody, creator, former };
  hiddenId = (await w.secret('hidden_name', { tags: ['team:shy', 'env:prod'] })).id;
  deletedId = (await w.secret('deleted_one', { tags: ['team:shy'] })).id;
  await deleteSecret(w.admin, 'deleted_one');
  for (const on of ['hidden_name', 'absent_name', 'deleted_one', 'team:shy']) await w.grant(creator.id, 'CREATE', on);
  // A caller can see when its own grants end. The grants on both names end at the same time, so that any difference
  // between the two answers reveals the hidden secret.
  const [soon, later] = [w.clock.in({ minutes: 30 }), w.clock.in({ hours: 1 })];
  for (const on of ['hidden_name', 'absent_name', 'team:shy']) {
    await w.grant(former.id, ['READ', 'UPDATE', 'DELETE'], on, { expiresAt: soon });
    await w.grant(former.id, 'READ', on);
    await w.revoke(former.id, on, ['READ']);
    await w.grant(former.id, ['UPDATE'], on, { expiresAt: later });
  }
  await w.grant((await w.user('other')).id, 'READ', 'hidden_name');
  w.clock.advance({ hours: 2 });
});
afterAll(() => w.close());

/** Everything that a caller could compare in an answer, and the number of statements. */
async function observed(who: Client, query: string, variables: Record<string, unknown>) {
  // Caches the caller's entitlements, so that every measurement starts from the same state.
  await who.get('{ viewer { id } }');
  const before = w.database.statements();
  const answer: Answer = await who.askRevealing(query, variables);
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !['x-request-id', 'date'].includes(name)));
  return { status: answer.status, headers, text: answer.text, statements: w.database.statements() - before };
}

const BY_NAME: Record<string, string> = {
  'a masked read': 'query ($n: String!) { secret(name: $n) { name value } }',
  'a reveal': 'query ($n: String!) { secret(name: $n) { value(reveal: true) } }',
  'a reveal of an earlier version': 'query ($n: String!) { secret(name: $n) { value(reveal: true, version: 1) } }',
  'a read of everything':
    'query ($n: String!) { secret(name: $n) { id tags { id secretCount } versions { nodes { number createdBy { name } } } viewerAccess createdBy { name } } }',
  'a list filtered by its name':
    'query ($n: String!) { secrets(filter: { nameContains: $n }) { nodes { name } pageInfo { hasNextPage endCursor } } }',
  updateSecret: 'mutation ($n: String!) { updateSecret(input: { name: $n, description: "x" }) { secret { id } } }',
  rotateSecret: 'mutation ($n: String!) { rotateSecret(input: { name: $n, generate: {} }) { changed } }',
  'rotateSecret with a version':
    'mutation ($n: String!) { rotateSecret(input: { name: $n, value: "x", expectedVersion: 7 }) { changed } }',
  rollbackSecret: 'mutation ($n: String!) { rollbackSecret(name: $n, version: 1) { secret { id } } }',
  'rollbackSecret to a missing version':
    'mutation ($n: String!) { rollbackSecret(name: $n, version: 9) { secret { id } } }',
  destroySecretVersion: 'mutation ($n: String!) { destroySecretVersion(name: $n, version: 1) { secret { id } } }',
  deleteSecret: 'mutation ($n: String!) { deleteSecret(name: $n) { id } }',
  'deleteSecret with purge': 'mutation ($n: String!) { deleteSecret(name: $n, purge: true) { id } }',
  tagSecret: 'mutation ($n: String!) { tagSecret(name: $n, tags: [{ key: "team", value: "shy" }]) { secret { id } } }',
  untagSecret:
    'mutation ($n: String!) { untagSecret(name: $n, tags: [{ key: "team", value: "shy" }]) { secret { id } } }',
};
const ABOUT_GRANTS: Record<string, string> = {
  grantPermission:
    'mutation ($n: String!, $s: ID!) { grantPermission(input: { subjectId: $s, target: { secret: $n }, access: [READ] }) { permission { id } } }',
  'grantPermission to a missing subject':
    'mutation ($n: String!) { grantPermission(input: { subjectId: "usr_0", target: { secret: $n }, access: [READ] }) { permission { id } } }',
  revokePermission:
    'mutation ($n: String!, $s: ID!) { revokePermission(input: { subjectId: $s, target: { secret: $n }, access: [] }) { permission { id } } }',
  'the list of its grants':
    'query ($n: String!) { permissions(target: { secret: $n }) { nodes { access } pageInfo { hasNextPage } } }',
  'the list of its grants to the caller':
    'query ($n: String!, $s: ID!) { permissions(subjectId: $s, target: { secret: $n }) { nodes { target { ... on SecretName { secret { id } } } } } }',
};
/** The variable `$s` contains the id of the caller. */
const AUDITS: Record<string, string> = {
  ...Object.fromEntries(
    ['CREATE', 'READ', 'UPDATE'].map((access) => [
      `explainAccess of the caller's ${access}`,
      `query ($n: String!, $s: ID!) { explainAccess(principalId: $s, secret: $n, access: ${access}) {
         allowed paths { access } nearMisses { reason message permission { access target { ... on Tag { id } } } } } }`,
    ]),
  ),
  'accessEntries of the caller':
    'query ($n: String!, $s: ID!) { accessEntries(principalId: $s, secret: $n) { nodes { access } } }',
  'accessEntries of the secret': 'query ($n: String!) { accessEntries(secret: $n) { nodes { access } } }',
  'accessEntries of an administrator':
    'query ($n: String!, $a: ID!) { accessEntries(principalId: $a, secret: $n) { nodes { access } } }',
  'simulateAccess of a tag':
    'query ($n: String!) { simulateAccess(changes: [{ tag: { name: $n, tags: [{ key: "team", value: "shy" }] } }]) { complete } }',
  'simulateAccess of a grant':
    'query ($n: String!, $s: ID!) { simulateAccess(changes: [{ grant: { subjectId: $s, target: { secret: $n }, access: [READ] } }]) { complete } }',
};
const BY_ID: Record<string, string> = {
  node: 'query ($i: ID!) { node(id: $i) { id ... on Secret { name value(reveal: true) } } }',
  restoreSecret: 'mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }',
};

test.each(Object.entries(BY_NAME))(
  '%s gives the same answer with the same number of statements for a hidden secret and for a missing secret',
  async (_, query) => {
    for (const who of Object.values(strangers)) {
      const hidden = await observed(who, query, { n: 'hidden_name' });
      expect(hidden).toEqual(await observed(who, query, { n: 'absent_name' }));
      expect(hidden.text).not.toContain(hiddenId);
    }
  },
);

test.each(Object.entries(ABOUT_GRANTS))(
  '%s gives the same answer about grants with the same number of statements for a hidden secret and for a missing secret',
  async (_, query) => {
    for (const who of Object.values(strangers)) {
      const variables = query.includes('$s') ? { s: who.id } : {};
      expect(await observed(who, query, { n: 'hidden_name', ...variables })).toEqual(
        await observed(who, query, { n: 'absent_name', ...variables }),
      );
    }
  },
);

test.each(Object.entries(AUDITS))(
  '%s gives the same answer about access and audit events with the same number of statements for a hidden secret and for a missing secret',
  async (_, query) => {
    const { viewer } = await w.admin.get('{ viewer { id } }');
    for (const who of Object.values(strangers)) {
      const variables = {
        ...(query.includes('$s') ? { s: who.id } : {}),
        ...(query.includes('$a') ? { a: viewer.id } : {}),
      };
      const hidden = await observed(who, query, { n: 'hidden_name', ...variables });
      expect(hidden).toEqual(await observed(who, query, { n: 'absent_name', ...variables }));
      expect(hidden.text).not.toContain(hiddenId);
    }
  },
);

test.each(Object.entries(BY_ID))(
  '%s gives the same answer with the same number of statements for the id of a hidden secret and for an unknown id',
  async (_, query) => {
    for (const who of Object.values(strangers)) {
      const missing = await observed(who, query, { i: missingId });
      expect(await observed(who, query, { i: hiddenId })).toEqual(missing);
      expect(await observed(who, query, { i: deletedId })).toEqual(missing);
    }
  },
);

test('the existence of a hidden secret does not change any list, page, cursor, tag or count that a caller sees', async () => {
  const ann = await w.user('ann');
  for (const name of ['a1', 'm2', 'z3']) await w.secret(name, { tags: ['seen:by-ann', 'env:prod'] });
  await w.grant(ann.id, 'READ', 'seen:by-ann');
  const look = async () => {
    const pages: string[] = [];
    for (const order of ['NAME_ASC', 'NAME_DESC', 'UPDATED_AT_DESC', 'EXPIRES_AT_ASC']) {
      for (let after: string | null = null, more = true; more; ) {
        const query = `query ($a: String) { secrets(orderBy: ${order}, first: 1, after: $a) { nodes { name tags { id secretCount } } pageInfo { hasNextPage endCursor } } }`;
        const answer: Answer = await ann.ask(query, { a: after });
        pages.push(answer.text);
        after = answer.data.secrets.pageInfo.endCursor;
        more = answer.data.secrets.pageInfo.hasNextPage;
      }
    }
    const others = await ann.ask(
      `{ tags { nodes { id secretCount } pageInfo { hasNextPage endCursor } } env: tags(key: "env", first: 1) { nodes { id secretCount } pageInfo { hasNextPage } }
         deleted: secrets(filter: { deleted: true }) { nodes { name } } expiring: secrets(filter: { expiresBefore: "2999-01-01T00:00:00Z" }) { nodes { name } } }`,
    );
    return [...pages, others.text];
  };
  const before = await look();
  for (const name of ['a0', 'b5', 'zz']) {
    await w.secret(name, { tags: ['env:prod', 'env:dev', 'more:tags'], expiresAt: w.clock.in({ days: 1 }) });
  }
  await w.secret('n0');
  await deleteSecret(w.admin, 'n0');
  expect(await look()).toEqual(before);
});

test('creating a secret with the name of a hidden secret fails with NAME_TAKEN, and the error contains nothing about the hidden secret', async () => {
  const { errors } = await strangers.nobody!.ask(
    'mutation { createSecret(input: { name: "hidden_name", value: "x" }) { secret { id } } }',
  );
  expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'NAME_TAKEN', field: 'input.name' }]);
});

test('a caller with UPDATE on a secret does not see grants that applied only to an earlier secret with the same name', async () => {
  const [olga, zoe] = [await w.user('olga', { roles: ['USER'] }), await w.user('zoe', { roles: ['USER'] })];
  await w.secret('reused', { by: olga });
  const mine = (await grant(olga, zoe.id, ['READ'], 'reused')).data.grantPermission.permission.id;
  await deleteSecret(olga, 'reused');
  await w.grant(strangers.nobody!.id, 'CREATE', 'reused');
  await w.secret('reused', { by: strangers.nobody! });
  const { permissions, node } = await strangers.nobody!.get(
    'query ($i: ID!) { permissions(target: { secret: "reused" }) { nodes { subject { ... on User { username } } } } node(id: $i) { id } }',
    { i: mine },
  );
  const own = { subject: { username: 'nobody' } };
  expect(permissions.nodes).toEqual([own, own]);
  expect(node).toBeNull();
});
