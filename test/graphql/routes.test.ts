// The gateway can answer a request through its cached route or through the route of Apollo Server. Both routes must
// produce the same answer, headers and log lines.
import { ApolloServer } from '@apollo/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ARGUMENTS, type Named, rootFields } from '../support/root-fields.ts';
import { overhear, sentinel } from '../support/sentinel.ts';
import { type TinyServer, tinyServer } from '../support/tiny-server.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

const routes = vi.hoisted(() => ({ allByApollo: false }));
vi.mock(import('../../src/graphql/cached-route.ts'), async (original) => {
  const { cachedRoute } = await original();
  const stoppable: typeof cachedRoute = (...options) => {
    const route = cachedRoute(...options);
    return { answer: async (request) => (routes.allByApollo ? undefined : route.answer(request)) };
  };
  return { cachedRoute: stoppable };
});

const apollo = vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
beforeEach(() => {
  apollo.mockClear();
});

/** Operations whose answers contain secret values. */
const MAY_HOLD_VALUES = /reveal: true|resolveReferences|echo/;

interface Request {
  query: string;
  variables?: unknown;
  operationName?: unknown;
  extensions?: unknown;
}

/** Returns the answer without the parts that differ in each request. */
async function answerTo(url: string, body: object, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'both-routes', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!MAY_HOLD_VALUES.test(JSON.stringify(body))) overhear(text);
  return { status: response.status, headers: [...response.headers].filter(([name]) => name !== 'date'), text };
}

/** Returns the log lines of a request without times. */
const linesOf = (log: string) =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { time: _, ms: __, ...said } = JSON.parse(line);
      // The stack traces of the two routes differ from each other.
      return JSON.stringify(said, (key, value) => (key === 'frames' ? undefined : value));
    });

interface Server {
  url: string;
  logged(): string;
}

/** Sends the request through both routes, and returns which route answered the repeated request. */
async function byBothRoutes(server: Server, request: Request, headers: Record<string, string> = {}) {
  await answerTo(server.url, request, headers);
  const said = async (body: object) => {
    const before = server.logged().length;
    apollo.mockClear();
    const answer = await answerTo(server.url, body, headers);
    const log = await vi.waitFor(() => {
      const lines = linesOf(server.logged().slice(before));
      expect(lines.some((line) => line.includes('"msg":"request"'))).toBe(true);
      return lines;
    });
    return { seen: { answer, log }, byApollo: apollo.mock.calls.length > 0 };
  };
  const cached = await said(request);
  routes.allByApollo = true;
  const other = await said(request).finally(() => {
    routes.allByApollo = false;
  });
  expect(other.byApollo).toBe(true);
  expect(cached.seen).toEqual(other.seen);
  return cached;
}

describe('GraphQL operations on a small test schema', () => {
  let server: TinyServer;
  beforeAll(async () => {
    server = await tinyServer();
  });
  afterAll(() => server.stop(0));

  test.each<[how: 'cached' | 'Apollo', query: string, variables?: unknown]>([
    ['cached', '{ __typename }'],
    ['cached', 'query ($n: String!) { secret(name: $n) { name value(reveal: true) } }', { n: 'db' }],
    ['cached', 'query ($n: String!) { secret(name: $n) { name value(reveal: true) } }', { n: 'gone' }],
    ['cached', 'query ($n: String!) { secret(name: $n) { name } }', { n: 'db', unknown: 1 }],
    ['Apollo', 'query ($n: String!) { secret(name: $n) { name } }', {}],
    ['Apollo', 'query ($n: String!) { secret(name: $n) { name } }', { n: 1 }],
    ['Apollo', 'query ($n: String!) { secret(name: $n) { name } }', 'text'],
    ['Apollo', 'query ($n: String!) { secret(name: $n) { name } }', ['db']],
    ['cached', '{ a: secret(name: "x") { b: name ...f } } fragment f on Secret { tags { key value } value }'],
    ['cached', 'query ($i: Boolean!) { secret(name: "x") { name @include(if: $i) value @skip(if: $i) } }', { i: true }],
    [
      'cached',
      'query ($i: Boolean!) { secret(name: "x") { name @include(if: $i) value @skip(if: $i) } }',
      { i: false },
    ],
    ['cached', 'query ($i: Boolean = true) { secret(name: "x") { name @include(if: $i) value } }', { i: null }],
    [
      'cached',
      'query ($f: Int!) { secrets(first: $f) { nodes { name related(first: 2) { nodes { name } } } } }',
      { f: 3 },
    ],
    ['Apollo', 'query ($f: Int!) { secrets(first: $f) { nodes { name } } }', { f: 201 }],
    [
      'Apollo',
      'query ($f: Int!) { secrets(first: $f) { nodes { related(first: $f) { nodes { related(first: $f) { nodes { name } } } } } } }',
      { f: 200 },
    ],
    ['cached', 'query ($t: DateTime!) { at(time: $t) }', { t: '2026-01-31T09:30:00+02:00' }],
    ['Apollo', 'query ($t: DateTime!) { at(time: $t) }', { t: 'tomorrow' }],
    ['cached', 'query ($p: JSON!) { echo(payload: $p) }', { p: { deep: [1, null, { __proto__: 1 }], text: 'ünï' } }],
    ['cached', 'query ($p: JSON!) { echo(payload: $p) }', { p: [] }],
    ['cached', '{ neverNull { where } __typename }'],
    ['cached', 'query ($h: String!) { fails(how: $h) __typename }', { h: 'forbidden' }],
    ['cached', 'query ($h: String!) { fails(how: $h) a: fails(how: "not found") }', { h: 'not found' }],
    ['cached', 'query ($h: String!) { a: fails(how: $h) b: fails(how: $h) }', { h: sentinel('unforeseen') }],
    [
      'cached',
      'mutation ($i: CreateSecretInput!) { a: createSecret(input: $i) { secret { name value } } b: createSecret(input: $i) { secret { name } } }',
      { i: { name: 'break', value: sentinel() } },
    ],
    [
      'cached',
      'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name value } } }',
      { i: { name: 'x', value: 'v', tags: [{ key: 'a', value: 'b' }] } },
    ],
    [
      'Apollo',
      'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name } } }',
      { i: { name: 'x', value: 3 } },
    ],
    [
      'cached',
      'mutation ($t: TargetInput!, $a: [Access!]!) { grant(target: $t, access: $a) { secret { name } } }',
      { t: { secret: 's' }, a: ['READ', 'UPDATE'] },
    ],
    [
      'Apollo',
      'mutation ($t: TargetInput!, $a: [Access!]!) { grant(target: $t, access: $a) { secret { name } } }',
      { t: {}, a: ['SEE'] },
    ],
    ['cached', '{ wide(size: 100) }'],
    ['cached', '{ __schema { queryType { name } } __type(name: "Secret") { kind fields { name } } }'],
    ['Apollo', '{ echo(payload: { a: "kept nowhere" }) }'],
    ['Apollo', 'mutation { signIn(username: "a", password: "kept nowhere") { secret { name } } }'],
    ['Apollo', '{ nothing }'],
    ['Apollo', '{'],
    ['Apollo', ''],
    ['Apollo', 'subscription { nothing }'],
  ])(
    'the cached route and the Apollo route give the same answer to a repeated operation, and the %s route answers the repeated request: %s',
    async (how, query, variables) => {
      const { byApollo } = await byBothRoutes(server, variables === undefined ? { query } : { query, variables });
      expect(byApollo).toBe(how === 'Apollo');
    },
  );

  test.each<[how: 'cached' | 'Apollo', operationName: unknown]>([
    ['cached', 'a'],
    ['cached', 'b'],
    ['Apollo', 'c'],
    ['Apollo', null],
    ['Apollo', ''],
    ['Apollo', 7],
  ])(
    'if a document contains several operations, the cached route and the Apollo route run the same operation; the %s route answers, for the operationName %j',
    async (how, operationName) => {
      const query = 'query a { secret(name: "a") { name } } query b { secret(name: "b") { name } neverNull { where } }';
      const { byApollo } = await byBothRoutes(server, { query, operationName });
      expect(byApollo).toBe(how === 'Apollo');
    },
  );

  test.each<[how: 'cached' | 'Apollo', extensions: unknown]>([
    ['cached', null],
    ['cached', {}],
    ['cached', { clientLibrary: { name: 'some client', version: '4' } }],
    ['Apollo', { persistedQuery: { version: 1, sha256Hash: 'x' } }],
    ['Apollo', 'text'],
    ['Apollo', []],
  ])(
    'the cached route and the Apollo route give the same answer, and the %s route answers a request with the extensions %j',
    async (how, extensions) => {
      const { byApollo } = await byBothRoutes(server, { query: '{ secret(name: "a") { name } }', extensions });
      expect(byApollo).toBe(how === 'Apollo');
    },
  );

  test.each([
    { accept: 'application/graphql-response+json' },
    { accept: 'application/graphql-response+json; q=0.5, application/json; q=0.1' },
    { accept: 'text/html' },
    { accept: '*/*' },
    { 'content-type': 'application/json; charset=UTF-8' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-type': 'text/plain' },
    { 'x-apollo-operation-name': 'x' },
  ] as Record<string, string>[])(
    'the cached route and the Apollo route give the same answer to a request with the headers %j',
    async (headers) => {
      await byBothRoutes(server, { query: '{ secret(name: "a") { name } neverNull { where } }' }, headers);
      await byBothRoutes(server, { query: 'query ($n: String!) { secret(name: $n) { name } }' }, headers);
    },
  );
});

describe('root fields of the gateway on both routes', () => {
  let w: World;
  let ann: SomeUser;
  let named: Named;
  beforeAll(async () => {
    w = await world();
    ann = await w.user('ann');
    const deleted = await w.secret('gone');
    await w.admin.get('mutation { deleteSecret(name: "gone") { id } }');
    const { id: secretId } = await w.secret('db', { tags: ['env:prod'] });
    const pay = await w.application('pay');
    const groupId = await w.group('ops', [ann.id]);
    await w.grant(groupId, 'READ', 'env:prod');
    named = {
      ...{ secret: 'db', secretId, deletedSecretId: deleted.id, tag: { key: 'env', value: 'prod' } },
      ...{ username: 'ann', userId: ann.id, group: 'ops', groupId, applicationId: pay.id, keyId: pay.keyId },
      ...{ subjectId: groupId, nodeIds: [secretId, ann.id, groupId, pay.id] },
    };
  });
  afterAll(() => w.close());

  const as = ({ token }: { token: string | undefined }): Record<string, string> =>
    token ? { authorization: `Bearer ${token}` } : {};
  /** These queries read recorded audit events, or their answers contain times. */
  const EACH_OTHERWISE = ['Query.auditEvents', 'Query.accessChanges', 'Query.unusedPermissions'];
  const queries = rootFields.filter(({ at }) => at.startsWith('Query.') && !EACH_OTHERWISE.includes(at));
  const changes = rootFields.filter(({ at }) => at.startsWith('Mutation.'));

  test.each(queries.map(({ at, operation }) => [at, operation] as const))(
    'the cached route and the Apollo route give the same answer to %s',
    async (at, operation) => {
      const variables = ARGUMENTS[at]?.(named, { value: sentinel(), name: 'another' }) ?? {};
      const byApollo = [];
      for (const headers of [as(w.admin), as(ann), as({ token: undefined }), { authorization: 'Bearer x' }]) {
        byApollo.push((await byBothRoutes(w, { query: operation, variables }, headers)).byApollo);
      }
      // The cached route answers the request of the administrator, who has a valid token.
      expect(byApollo[0]).toBe(false);
      for (const name of Object.keys(variables)) {
        for (const wrong of [null, { no: 'such' }, 4.5e300]) {
          await byBothRoutes(w, { query: operation, variables: { ...variables, [name]: wrong } }, as(w.admin));
        }
      }
    },
  );

  test.each(changes.map(({ at, operation }) => [at, operation] as const))(
    'the cached route and the Apollo route give the same refusal to %s',
    async (at, operation) => {
      const nobody = { ...named, ...{ secret: 'no', username: 'no', group: 'no' } };
      const variables = ARGUMENTS[at]?.(nobody, { value: sentinel(), name: 'another' }) ?? {};
      // Ann has no permission for these root fields. The test omits two root fields: signIn refuses wrong credentials
      // of every caller, and every user may create applications.
      if (!/signIn|createApplication/i.test(at)) await byBothRoutes(w, { query: operation, variables }, as(ann));
      await byBothRoutes(w, { query: operation, variables }, { authorization: 'Bearer x' });
      for (const name of Object.keys(variables))
        await byBothRoutes(w, { query: operation, variables: { ...variables, [name]: { no: 'such' } } }, as(w.admin));
    },
  );

  test('if the gateway refuses some mutations of a request, the cached route and the Apollo route give the same response', async () => {
    const query = `mutation ($n: String!) { a: tagSecret(name: $n, tags: [{ key: "env", value: "prod" }]) { secret { name tags { id } } }
      b: deleteGroup(id: "x") { id } c: tagSecret(name: "no", tags: []) { secret { name } } d: deleteSecret(name: "no") { id } }`;
    expect((await byBothRoutes(w, { query, variables: { n: 'db' } }, as(w.admin))).byApollo).toBe(false);
  });

  test('on the cached route and on the Apollo route, a reveal has the same answer and the same audit event, and a hidden secret stays hidden', async () => {
    const query = 'query ($n: String!) { secret(name: $n) { name value(reveal: true) } }';
    const events = async () =>
      (await w.database.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_events'))[0]!.n;
    for (const n of ['db', 'no', '***']) {
      const before = await events();
      await byBothRoutes(w, { query, variables: { n } }, as(ann));
      const each = (await events()) - before;
      expect(each % 3).toBe(0);
    }
  });
});
