import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../support/app.ts';
import { answerOf, type TinyServer, tinyServer } from '../support/tiny-server.ts';

let server: TinyServer;
let app: TestApp;
beforeAll(async () => {
  server = await tinyServer();
  app = await testApp();
});
afterAll(async () => {
  await server.stop(0);
  await app.close();
});

describe.each([
  ['the gateway', () => app.url],
  ['a schema of one of each thing', () => server.url],
])('the GraphQL-over-HTTP conformance of %s', (_, url) => {
  /**
   * The conformance audits that the gateway does not pass, with the reason for each audit. The specification makes
   * these audits optional or recommended.
   */
  const NOT_DONE: Record<string, string> = {
    '5A70': 'a GET without a header that only scripts can send is refused, against request forgery',
    D6D5: 'the same',
    '6A70': 'the same',
    '572B': 'a document that is not GraphQL is answered 400 in both media types',
    FDE2: 'a document that does not fit the schema is answered 400 in both media types',
    '7B9B': 'variables that do not fit are answered 400 in both media types',
  };

  const audits = serverAudits({ url: () => `${url()}/graphql` });

  for (const audit of audits) {
    const must = audit.name.startsWith('MUST');
    const expected = audit.id in NOT_DONE ? 'not done' : 'ok';
    test(`${audit.id} ${audit.name}${expected === 'ok' ? '' : ` (not done: ${NOT_DONE[audit.id]})`}`, async () => {
      const result = await audit.fn();
      if (must) expect(result).toMatchObject({ status: 'ok' });
      else expect(result.status === 'ok' ? 'ok' : 'not done').toBe(expected);
    });
  }

  test('every conformance audit of the level MUST passes', () => {
    expect(audits.filter(({ id, name }) => id in NOT_DONE && name.startsWith('MUST'))).toEqual([]);
    expect(Object.keys(NOT_DONE).filter((id) => !audits.some((audit) => audit.id === id))).toEqual([]);
  });
});

describe('HTTP requests with a GraphQL operation', () => {
  const simple = { query: '{ __typename }' };
  const get = async (search: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) =>
    answerOf(await fetch(`${server.url}/graphql?${search}`, { headers }));

  test.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    [
      'text/html, application/graphql-response+json;q=0.9, */*;q=0.1',
      'application/graphql-response+json; charset=utf-8',
    ],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  ])('if a GraphQL request accepts %s, the response has the content type %s', async (accept, type) => {
    const answer = await server.post(simple, { accept });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
  });

  test('if a request accepts neither media type of GraphQL, the gateway refuses it before any part of the request runs', async () => {
    const query = 'mutation { createSecret(input: { name: "break", value: "v" }) { secret { name } } }';
    const answer = await server.post({ query }, { accept: 'text/html' });
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([406, 'BAD_REQUEST']);
    expect(server.logged()).not.toContain('cannot store');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json; charset=utf-16',
    '',
  ])('the gateway refuses a request with the content type %j', async (type) => {
    const answer = await server.post(simple, { 'content-type': type });
    expect([400, 415]).toContain(answer.status);
    expect(answer.json.data).toBeUndefined();
  });

  test('the gateway answers a GET query that includes a header that browsers do not send across origins', async () => {
    const answer = await get(new URLSearchParams({ query: '{ secret(name: "a") { name } }' }).toString());
    expect(answer.json).toEqual({ data: { secret: { name: 'a' } } });
  });

  test('the gateway refuses a GET query that lacks a header that browsers do not send across origins', async () => {
    const answer = await get(new URLSearchParams(simple).toString(), {});
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test('the gateway refuses a GraphQL mutation over GET', async () => {
    const answer = await get(new URLSearchParams({ query: 'mutation { __typename }' }).toString());
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('the gateway refuses a GraphQL request that contains a list of operations', async () => {
    const answer = await server.post([simple, simple]);
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test.each([
    ['a number', 1],
    ['a string', 'x'],
    ['null', null],
    ['true', true],
    ['an empty object', {}],
  ])('the gateway refuses a request body that is %s instead of an object', async (_, body) => {
    const answer = await server.post(JSON.stringify(body));
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test('if a GraphQL request is larger than one mebibyte, the gateway refuses it and closes its connection', async () => {
    const answer = await server.post({ query: '{ __typename }', variables: { x: 'x'.repeat(1_048_576) } });
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
  });

  test('every GraphQL response forbids clients and proxies to cache the response', async () => {
    for (const answer of [
      await server.post(simple),
      await server.post('{'),
      await get('query=%7B'),
      await server.post({ query: '{ no }' }),
    ]) {
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('the gateway refuses a subscription, because the schema contains no subscriptions', async () => {
    const answer = await server.post({ query: 'subscription { secret }' });
    expect(answer.status).toBe(400);
  });

  test('the gateway refuses a persisted query', async () => {
    const answer = await server.post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } });
    expect(answer.json.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
