import { hash } from 'node:crypto';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorAudit } from '../../src/bootstrap.ts';
import { operationOf } from '../../src/graphql/operation.ts';
import { register, remove } from '../../src/operations/operation-registry.ts';
import { REMEMBERED_MS, registeredTexts } from '../../src/operations/registered-texts.ts';
import { type Answer, answerOf, type TestApp, testApp } from '../support/app.ts';
import { schema } from '../support/root-fields.ts';
import { sentinel } from '../support/sentinel.ts';
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

describe('a registered operation', () => {
  test('is answered by its hash alone, as often as it is asked for', async () => {
    for (let i = 0; i < 3; i++) {
      const { data, errors } = await post({ variables: { name: 'db' }, extensions: persisted(sha(REVEAL)) });
      expect([data, errors]).toEqual([{ secret: { name: 'db', value: db.value } }, []]);
    }
    const hidden = await post({ variables: { name: 'no' }, extensions: persisted(sha(REVEAL)) });
    expect([hidden.data, hidden.errors]).toEqual([{ secret: null }, []]);
  });

  test('permits nothing: without a token, with wrong variables, over GET it is refused as its text is', async () => {
    const extensions = persisted(sha(REVEAL));
    expect((await post({ variables: { name: 'db' }, extensions }, w, '')).code).toBe('UNAUTHENTICATED');
    expect(outcome(await post({ variables: { name: 7 }, extensions }))).toEqual([400, 'BAD_USER_INPUT']);
    const got = await get({ variables: '{"name":"db"}', extensions: JSON.stringify(extensions) });
    expect([got.data.secret.value, got.code]).toEqual([null, 'BAD_USER_INPUT']);
  });

  test('of several in a document is the one that is named', async () => {
    const extensions = persisted(sha(MASKED));
    expect((await post({ operationName: 'Viewer', extensions })).data).toEqual({ viewer: { id: ann.id } });
    expect((await post({ operationName: 'Masked', extensions })).data).toEqual({
      secret: { name: 'db', value: '***' },
    });
    expect((await post({ operationName: 'Other', extensions })).code).toBe('OPERATION_RESOLUTION_FAILURE');
    const got = await get({ operationName: 'Masked', extensions: JSON.stringify(extensions) });
    expect(got.data).toEqual({ secret: { name: 'db', value: '***' } });
  });

  test('is not answered any more, on no node, ten seconds after it was removed; and is at once when it is back', async () => {
    const text = 'query Short { __typename }';
    const extensions = persisted(sha(text));
    await put(text);
    for (const node of [w, closed]) expect((await post({ extensions }, node)).data).toEqual({ __typename: 'Query' });
    expect(await remove(audit(), sha(text))).toBe(true);
    expect(await remove(audit(), sha(text))).toBe(false);
    w.clock.advance({ seconds: REMEMBERED_MS / 1_000 });
    for (const node of [w, closed])
      expect(outcome(await post({ extensions }, node))).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    await put(text);
    for (const node of [w, closed]) expect((await post({ extensions }, node)).data).toEqual({ __typename: 'Query' });
  });

  test('is registered and removed on the record', async () => {
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

test('one with many long names is registered and removed, and the record has the first of them', async () => {
  const names = Array.from({ length: 90 }, (_, i) => `a${i}${hash('sha512', String(i))}`);
  const text = names.map((name) => `query ${name} { __typename }`).join(' ');
  expect(await put(text)).toEqual([sha(text)]);
  expect(await remove(audit(), sha(text))).toBe(true);
  const { auditEvents } = await w.admin.get('{ auditEvents(first: 2) { nodes { action subject { id name } } } }');
  const subject = { id: sha(text), name: expect.stringMatching(new RegExp(`^${names[0]}, ${names[1]}.*…$`)) };
  expect(auditEvents.nodes).toEqual(['OPERATION_REMOVE', 'OPERATION_REGISTER'].map((action) => ({ action, subject })));
});

describe('by a hash', () => {
  test('what is past the limits is refused like any text, over GET as over POST', async () => {
    const text = `{ ${'__typename @skip(if: false) '.repeat(51)} }`;
    // Registered when the limits were others.
    await w.database.query("INSERT INTO operations VALUES ($1, $2, '{}', now())", [sha(text), text]);
    const extensions = persisted(sha(text));
    for (const answer of [await post({ extensions }), await get({ extensions: JSON.stringify(extensions) })])
      expect(outcome(answer)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });

  test.each([
    ['of nothing', sha('nothing')],
    ['that is none', 'x'],
    ['that is no text', 7],
    ['in capitals', sha(REVEAL).toUpperCase()],
  ])('%s there is nothing, in the words that clients look for', async (_, sha256Hash) => {
    const answer = await post({ extensions: persisted(sha256Hash) });
    expect(outcome(answer)).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    expect(answer.errors[0]?.message).toBe('PersistedQueryNotFound');
  });

  test('of another version, or not that of the text that comes with it, it is refused', async () => {
    expect(outcome(await post({ extensions: persisted(sha(REVEAL), 2) }))).toEqual([400, 'BAD_REQUEST']);
    for (const server of [w, closed]) {
      const answer = await post({ query: FREE, extensions: persisted(sha(REVEAL)) }, server);
      expect(outcome(answer)).toEqual([400, 'BAD_REQUEST']);
    }
  });

  test('of nothing, as many as come at one moment take one statement', async () => {
    const textOf = registeredTexts(w);
    const before = w.database.statements();
    const hashes = [sha(REVEAL), ...Array.from({ length: 60 }, (_, i) => sha(`nothing ${i}`)), sha(REVEAL)];
    const found = await Promise.all(hashes.map(textOf));
    expect(found).toEqual([REVEAL, ...Array(60).fill(undefined), REVEAL]);
    expect(w.database.statements() - before).toBe(1);
  });

  test('a text that comes with it is answered and not registered', async () => {
    const answer = await post({ query: FREE, extensions: persisted(sha(FREE)) });
    expect(answer.data).toEqual({ viewer: { id: ann.id } });
    expect((await post({ extensions: persisted(sha(FREE)) })).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });
});

describe('where only registered operations are answered', () => {
  test.each<[what: string, body: object]>([
    ['a query', { query: FREE }],
    ['a query with its hash', { query: FREE, extensions: persisted(sha(FREE)) }],
    ['a registered one with a space more', { query: `${REVEAL} `, variables: { name: 'db' } }],
    ['the schema', { query: getIntrospectionQuery() }],
    ['its own name', { query: '{ __typename }' }],
    ['a change', { query: 'mutation { deleteSecret(name: "no") { id } }' }],
    ['what is no GraphQL', { query: '{' }],
    ['a query beside other extensions', { query: FREE, extensions: { other: 1 } }],
    ['a query beside no hash', { query: FREE, extensions: { persistedQuery: null } }],
  ])('%s is refused, whoever asks', async (_, body) => {
    for (const token of [w.admin.token, '']) {
      // Also once it was answered elsewhere, or refused here before.
      await post(body, w, token);
      await post(body, closed, token);
      const answer = await post(body, closed, token);
      expect([...outcome(answer), answer.data]).toEqual([403, 'OPERATION_NOT_REGISTERED', undefined]);
    }
  });

  test('a query over GET is refused too, however it is put', async () => {
    const extensions = JSON.stringify(persisted(sha(FREE)));
    const each: Record<string, string>[] = [{}, { extensions }, { extensions: '{' }];
    for (const parameters of each.map((more) => ({ query: FREE, ...more })))
      expect(outcome(await get(parameters, closed))).toEqual([403, 'OPERATION_NOT_REGISTERED']);
    expect((await get({ extensions }, closed)).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  test('one that is registered is answered, by its hash and by its text', async () => {
    for (const body of [{ extensions: persisted(sha(REVEAL)) }, { query: REVEAL }]) {
      const { data } = await post({ ...body, variables: { name: 'db' } }, closed);
      expect(data).toEqual({ secret: { name: 'db', value: db.value } });
    }
  });
});

describe('what is registered is held against the schema and the limits, and each problem has its place', () => {
  const problems = (text: string) => operationOf(schema, text).problems.map(({ place }) => place);
  test.each<[what: string, text: string, places: (string | undefined)[]]>([
    ['nothing wrong', `\n  ${REVEAL}\n`, []],
    ['no GraphQL', '{ viewer { id }', ['1:16']],
    ['two fields that there are not', '\n\n query a {\n  nothing\n  viewer { no } }', ['4:3', '5:12']],
    ['a field that there is not, on a first line that is set in', '   { nothing }', ['1:6']],
    ['a variable that is used nowhere', 'query ($a: String) { __typename }', ['1:8']],
    ['no operation', 'fragment f on Secret { name }', ['1:1']],
    ['a subscription', 'subscription { __typename }', ['1:1']],
    [
      'too costly',
      'query a { __typename }\nquery b { secrets(first: 200) { nodes { value(reveal: true) versions(first: 200) { nodes { number createdBy { id } } } } } }',
      ['2:1'],
    ],
    ['a page that is too long', '{ secrets(first: 201) { nodes { id } } }', ['1:1']],
    ['too deep', `{ ${'viewer { groups { members { nodes { '.repeat(4)} id ${'} } } } '.repeat(4)} }`, [undefined]],
    ['too long', `{ __typename } #${'x'.repeat(20_000)}`, [undefined]],
    ['a value', `mutation { rotateSecret(input: { name: "a", value: "${sentinel()}" }) { changed } }`, [undefined]],
  ])('%s', (_, text, places) => {
    expect(problems(text)).toEqual(places);
  });

  test('its hash is that of the text without white space around it', () => {
    expect(operationOf(schema, `\n${REVEAL}\n`).operation).toEqual({
      hash: sha(REVEAL),
      text: REVEAL,
      names: ['Reveal'],
    });
  });
});
