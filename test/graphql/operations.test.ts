import { hash } from 'node:crypto';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorAudit } from '../../src/audit/operator.ts';
import { operationOf } from '../../src/graphql/operation.ts';
import { register, remove } from '../../src/operations/operation-registry.ts';
import { CACHED_MS, registeredTexts } from '../../src/operations/registered-texts.ts';
import { type Answer, answerOf, type TestApp, testApp } from '../support/app.ts';
import { schema } from '../support/root-fields.ts';
import { type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';

const REVEAL = 'query Reveal($name: String!) { secret(name: $name) { name value(reveal: true) } }';
const MASKED = 'query Masked { secret(name: "db") { name value } } query Viewer { viewer { id } }';
const FREE = '{ viewer { id } }';
const sha = (text: string) => hash('sha256', text);

let w: World;
let closed: TestApp;
let ann: SomeUser;
let db: SomeSecret;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann');
  db = await w.secret('db');
  await w.grant(ann.id, 'READ', 'db');
  const { databaseUrl, keyring, adminPassword, clock } = w;
  await put(REVEAL, MASKED, 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }');
  await put('mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }');
  closed = await testApp({ databaseUrl, keyring, adminPassword, clock, operations: 'registered' });
});
afterAll(async () => {
  await closed.close();
  await w.close();
});

const audit = () => operatorAudit(w);
const put = (...texts: string[]) =>
  register(
    audit(),
    w.clock,
    texts.map((text) => operationOf(schema, text).operation),
  );

const persisted = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } });
async function post(body: object, to: { url: string } = w, token: string | undefined = ann.token): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return answerOf(await fetch(`${to.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) }));
}
async function get(parameters: Record<string, string>, to: { url: string } = w): Promise<Answer> {
  const headers = { 'apollo-require-preflight': '1', authorization: `Bearer ${ann.token}` };
  return answerOf(await fetch(`${to.url}/graphql?${new URLSearchParams(parameters)}`, { headers }));
}
const outcome = ({ status, code }: Answer) => [status, code];

describe('registered GraphQL operations', () => {
  test('a client can run a registered operation repeatedly, and sends only the hash of the operation', async () => {
    for (let i = 0; i < 3; i++) {
      const { data, errors } = await post({ variables: { name: 'db' }, extensions: persisted(sha(REVEAL)) });
      expect([data, errors]).toEqual([{ secret: { name: 'db', value: db.value } }, []]);
    }
    const hidden = await post({ variables: { name: 'no' }, extensions: persisted(sha(REVEAL)) });
    expect([hidden.data, hidden.errors]).toEqual([{ secret: null }, []]);
  });

  test('the gateway refuses a registered operation for the same reasons as an unregistered operation: no token, wrong variables or a reveal over GET', async () => {
    const extensions = persisted(sha(REVEAL));
    expect((await post({ variables: { name: 'db' }, extensions }, w, '')).code).toBe('UNAUTHENTICATED');
    expect(outcome(await post({ variables: { name: 7 }, extensions }))).toEqual([400, 'BAD_USER_INPUT']);
    const got = await get({ variables: '{"name":"db"}', extensions: JSON.stringify(extensions) });
    expect([got.data.secret.value, got.code]).toEqual([null, 'BAD_USER_INPUT']);
  });

  test('if a registered document contains several operations, operationName selects the operation that runs', async () => {
    const extensions = persisted(sha(MASKED));
    expect((await post({ operationName: 'Viewer', extensions })).data).toEqual({ viewer: { id: ann.id } });
    expect((await post({ operationName: 'Masked', extensions })).data).toEqual({
      secret: { name: 'db', value: '***' },
    });
    expect((await post({ operationName: 'Other', extensions })).code).toBe('OPERATION_RESOLUTION_FAILURE');
    const got = await get({ operationName: 'Masked', extensions: JSON.stringify(extensions) });
    expect(got.data).toEqual({ secret: { name: 'db', value: '***' } });
  });

  test('every gateway refuses a removed operation after at most ten seconds, and answers the operation immediately after it is registered again', async () => {
    const text = 'query Short { __typename }';
    const extensions = persisted(sha(text));
    await put(text);
    for (const node of [w, closed]) expect((await post({ extensions }, node)).data).toEqual({ __typename: 'Query' });
    expect(await remove(audit(), sha(text))).toBe(true);
    expect(await remove(audit(), sha(text))).toBe(false);
    w.clock.advance({ seconds: CACHED_MS / 1_000 });
    for (const node of [w, closed])
      expect(outcome(await post({ extensions }, node))).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    await put(text);
    for (const node of [w, closed]) expect((await post({ extensions }, node)).data).toEqual({ __typename: 'Query' });
  });

  test('the audit log records the registration and the removal of an operation', async () => {
    const text = 'query Recorded { __typename } query Twice { __typename }';
    expect(await put(text, text)).toEqual([sha(text)]);
    await remove(audit(), sha(text));
    const { auditEvents } = await w.admin.get(
      '{ auditEvents(first: 2, filter: { actions: [OPERATION_REGISTER, OPERATION_REMOVE] }) { nodes { action outcome actor { kind } subject { kind id name } } } }',
    );
    const subject = { kind: 'OPERATION', id: sha(text), name: 'Recorded, Twice' };
    expect(auditEvents.nodes).toEqual(
      ['OPERATION_REMOVE', 'OPERATION_REGISTER'].map((action) => ({
        ...{ action, outcome: 'DONE', actor: { kind: 'OPERATOR' }, subject },
      })),
    );
  });
});

test('an operation with many long names can be registered and removed, and its audit event contains the first of these names', async () => {
  const names = Array.from({ length: 90 }, (_, i) => `a${i}${hash('sha512', String(i))}`);
  const text = names.map((name) => `query ${name} { __typename }`).join(' ');
  expect(await put(text)).toEqual([sha(text)]);
  expect(await remove(audit(), sha(text))).toBe(true);
  const { auditEvents } = await w.admin.get('{ auditEvents(first: 2) { nodes { action subject { id name } } } }');
  const subject = { id: sha(text), name: expect.stringMatching(new RegExp(`^${names[0]}, ${names[1]}.*…$`)) };
  expect(auditEvents.nodes).toEqual(['OPERATION_REMOVE', 'OPERATION_REGISTER'].map((action) => ({ action, subject })));
});

describe('requests that contain the hash of an operation', () => {
  test('if a registered operation exceeds the limits, the gateway refuses it over GET and POST like the same operation sent in full', async () => {
    const text = `{ ${'__typename @skip(if: false) '.repeat(51)} }`;
    // The operation was registered while different limits applied.
    await w.database.query("INSERT INTO operations VALUES ($1, $2, '{}', now())", [sha(text), text]);
    const extensions = persisted(sha(text));
    for (const answer of [await post({ extensions }), await get({ extensions: JSON.stringify(extensions) })])
      expect(outcome(answer)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });

  test.each([
    ['of an unknown text', sha('nothing')],
    ['that is malformed', 'x'],
    ['that is no text', 7],
    ['in capitals', sha(REVEAL).toUpperCase()],
  ])('a request with a hash %s fails with PersistedQueryNotFound, as clients expect', async (_, sha256Hash) => {
    const answer = await post({ extensions: persisted(sha256Hash) });
    expect(outcome(answer)).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    expect(answer.errors[0]?.message).toBe('PersistedQueryNotFound');
  });

  test('the gateway refuses a persisted query with a different protocol version, or with a hash that does not match its document', async () => {
    expect(outcome(await post({ extensions: persisted(sha(REVEAL), 2) }))).toEqual([400, 'BAD_REQUEST']);
    for (const server of [w, closed]) {
      const answer = await post({ query: FREE, extensions: persisted(sha(REVEAL)) }, server);
      expect(outcome(answer)).toEqual([400, 'BAD_REQUEST']);
    }
  });

  test('concurrent requests with unknown hashes take one database statement', async () => {
    const textOf = registeredTexts(w);
    const before = w.database.statements();
    const hashes = [sha(REVEAL), ...Array.from({ length: 60 }, (_, i) => sha(`nothing ${i}`)), sha(REVEAL)];
    const found = await Promise.all(hashes.map(textOf));
    expect(found).toEqual([REVEAL, ...Array(60).fill(undefined), REVEAL]);
    expect(w.database.statements() - before).toBe(1);
  });

  test('if a request contains both an operation and its hash, the gateway answers the request and does not register the operation', async () => {
    const answer = await post({ query: FREE, extensions: persisted(sha(FREE)) });
    expect(answer.data).toEqual({ viewer: { id: ann.id } });
    expect((await post({ extensions: persisted(sha(FREE)) })).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });
});

describe('a gateway that accepts only registered operations', () => {
  test.each<[what: string, body: object]>([
    ['a query', { query: FREE }],
    ['a query with its hash', { query: FREE, extensions: persisted(sha(FREE)) }],
    ['a registered operation with an additional space', { query: `${REVEAL} `, variables: { name: 'db' } }],
    ['introspection', { query: getIntrospectionQuery() }],
    ['__typename', { query: '{ __typename }' }],
    ['a mutation', { query: 'mutation { deleteSecret(name: "no") { id } }' }],
    ['invalid GraphQL', { query: '{' }],
    ['a query with other extensions', { query: FREE, extensions: { other: 1 } }],
    ['a query with a null hash', { query: FREE, extensions: { persistedQuery: null } }],
  ])('a gateway that accepts only registered operations refuses %s from every caller', async (_, body) => {
    for (const token of [w.admin.token, '']) {
      // The gateway refuses the query, even if another gateway has already answered it. The gateway also refuses the
      // same query a second time.
      await post(body, w, token);
      await post(body, closed, token);
      const answer = await post(body, closed, token);
      expect([...outcome(answer), answer.data]).toEqual([403, 'OPERATION_NOT_REGISTERED', undefined]);
    }
  });

  test('a gateway that accepts only registered operations refuses every unregistered query over GET', async () => {
    const extensions = JSON.stringify(persisted(sha(FREE)));
    const each: Record<string, string>[] = [{}, { extensions }, { extensions: '{' }];
    for (const parameters of each.map((more) => ({ query: FREE, ...more })))
      expect(outcome(await get(parameters, closed))).toEqual([403, 'OPERATION_NOT_REGISTERED']);
    expect((await get({ extensions }, closed)).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  test('a gateway that accepts only registered operations answers a registered operation by its hash and in full', async () => {
    for (const body of [{ extensions: persisted(sha(REVEAL)) }, { query: REVEAL }]) {
      const { data } = await post({ ...body, variables: { name: 'db' } }, closed);
      expect(data).toEqual({ secret: { name: 'db', value: db.value } });
    }
  });
});
