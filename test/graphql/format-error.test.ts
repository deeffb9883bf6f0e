import type { GraphQLFormattedError } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Forbidden, RateLimited, Unauthenticated, Unavailable } from '../../src/errors.ts';
import { createRedactor, describeError } from '../../src/http/redacted-error.ts';
import { type Answer, answerOf, type TinyServer, tinyServer } from '../support/tiny-server.ts';

const S = 'hunter2Sentinel7';
const ESCAPED = `${S.slice(0, 8)}\\u0041${S.slice(8)}`;

let server: TinyServer;
let closed: TinyServer;
beforeAll(async () => {
  server = await tinyServer({ introspection: true });
  closed = await tinyServer({ introspection: false });
});
afterAll(async () => {
  await server.stop(0);
  await closed.stop(0);
});

const create = 'mutation ($input: CreateSecretInput!) { createSecret(input: $input) { secret { name } } }';
const signIn = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { secret { name } } }';
const run = 'mutation ($input: JSON!) { runTask(input: $input) { secret { name } } }';
const literal = (value: string) =>
  `mutation { createSecret(input: { name: "a", value: ${value} }) { secret { name } } }`;
const get = (search: string) => (to: TinyServer) =>
  fetch(`${to.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } }).then(answerOf);
const post = (body: unknown, headers?: Record<string, string>) => (to: TinyServer) => to.post(body, headers);
const encoded = encodeURIComponent;

/** Many kinds of invalid requests. Each request contains a value that no answer and no log line may repeat. */
const WRONG: [what: string, send: (to: TinyServer) => Promise<Answer>][] = [
  // These requests contain the secret value in a variable.
  ['a missing field beside it', post({ query: create, variables: { input: { value: S } } })],
  ['an unknown field beside it', post({ query: create, variables: { input: { name: 'a', value: S, vaule: S } } })],
  [
    'the value as the name of a field',
    post({ query: create, variables: { input: { name: 'a', value: 'v', [S]: 1 } } }),
  ],
  ['the value in a list', post({ query: create, variables: { input: { name: 'a', value: [S] } } })],
  ['the value in an object', post({ query: create, variables: { input: { name: 'a', value: { [S]: S } } } })],
  [
    'the value where a number is due',
    post({ query: create, variables: { input: { name: 'a', value: 'v', version: S } } }),
  ],
  [
    'the value where an instant is due',
    post({ query: create, variables: { input: { name: 'a', value: 'v', expiresAt: S } } }),
  ],
  ['the value where a tag is due', post({ query: create, variables: { input: { name: 'a', value: 'v', tags: [S] } } })],
  ['the value where the input is due', post({ query: create, variables: { input: S } })],
  ['the value instead of the variables', post({ query: create, variables: S })],
  ['the value in variables that are a list', post({ query: create, variables: [S] })],
  ['the value in variables that are text', post({ query: create, variables: JSON.stringify({ input: { value: S } }) })],
  ['the value in another variable', post({ query: create, variables: { inptu: { name: 'a', value: S } } })],
  ['the value as the name of a variable', post({ query: create, variables: { [S]: 1 } })],
  ['a null beside it', post({ query: signIn, variables: { u: null, p: S } })],
  ['nothing beside it', post({ query: signIn, variables: { p: S } })],
  ['the value as a user name in a list', post({ query: signIn, variables: { u: [S], p: S } })],
  ['it too long', post({ query: create, variables: { input: { name: 'a', value: S.repeat(5_000) } } })],
  [
    'the value with a lone surrogate',
    post(JSON.stringify({ query: create, variables: { input: { name: 'a', value: `${S}\ud800` } } })),
  ],
  [
    'the value as an enum value',
    post({
      query: 'mutation ($a: [Access!]!) { grant(target: { secret: "x" }, access: $a) { secret { name } } }',
      variables: { a: [S] },
    }),
  ],
  [
    'the value in both of one of',
    post({
      query: 'mutation ($t: TargetInput!) { grant(target: $t, access: []) { secret { name } } }',
      variables: { t: { secret: S, tag: { key: S, value: S } } },
    }),
  ],
  [
    'the value in JSON too deep',
    post({ query: run, variables: { input: JSON.parse(`${'['.repeat(200)}"${S}"${']'.repeat(200)}`) } }),
  ],
  [
    'the value beside a first out of range',
    post({
      query: 'query ($n: Int!, $f: SecretFilter) { secrets(first: $n, filter: $f) { nodes { name } } }',
      variables: { n: 0, f: { nameContains: S } },
    }),
  ],
  [
    'a variable of the wrong type for its place',
    post({
      query: 'mutation ($v: String!) { createSecret(input: { name: "a", value: $v }) { secret { name } } }',
      variables: { v: S },
    }),
  ],

  // These requests contain the secret value in the GraphQL document.
  ['an enum literal', post({ query: literal(S) })],
  ['a literal in a list', post({ query: literal(`["${S}"]`) })],
  ['a literal in an object', post({ query: literal(`{ ${S}: "${S}" }`) })],
  ['an unterminated literal', post({ query: `mutation { createSecret(input: { name: "a", value: "${S}` })],
  ['a literal that ends at a line end', post({ query: literal(`"${S}\n"`) })],
  ['an unterminated block string', post({ query: `mutation { createSecret(input: { name: "a", value: """${S}` })],
  ['single quotes', post({ query: literal(`'${S}'`) })],
  ['no quotes and a dash', post({ query: literal(`${S}-${S}`) })],
  ['a bad escape', post({ query: literal(`"\\u{${S}}"`) })],
  ['a bad short escape', post({ query: literal(`"${S}\\x${S}"`) })],
  ['a lone surrogate in a literal', post({ query: literal(`"${S}\ud800"`) })],
  ['a number that goes on as letters', post({ query: literal(`12${S}`) })],
  [
    'a literal beside an unknown field',
    post({
      query: `mutation { createSecret(input: { name: "a", value: "${S}", vaule: "${S}" }) { secret { name } } }`,
    }),
  ],
  [
    'a literal beside a missing field',
    post({ query: `mutation { createSecret(input: { value: "${S}" }) { secret { name } } }` }),
  ],
  [
    'a block string in the wrong place',
    post({ query: `mutation { createSecret(input: """${S}""") { secret { name } } }` }),
  ],
  ['a literal as a number', post({ query: `{ secret(name: "a") { value(version: "${S}") } }` })],
  ['a literal as a boolean', post({ query: `{ secret(name: "a") { value(reveal: "${S}") } }` })],
  [
    'a literal as an enum',
    post({ query: `mutation { grant(target: { secret: "x" }, access: ["${S}", ${S}]) { secret { name } } }` }),
  ],
  ['a literal as an instant', post({ query: `{ at(time: "${S}") }` })],
  [
    'a literal twice in one field',
    post({
      query: `mutation { createSecret(input: { name: "a", value: "${S}", value: "${S}" }) { secret { name } } }`,
    }),
  ],
  [
    'a literal as the default of a variable',
    post({ query: `query ($n: Int = "${S}") { secrets(first: $n) { nodes { name } } }` }),
  ],
  ['a literal in a directive', post({ query: `{ secret(name: "a") @include(if: "${S}") { name } }` })],
  ['a literal in an unknown directive', post({ query: `{ secret(name: "a") @${S}(if: "${S}") { name } }` })],
  ['fields that conflict by it', post({ query: `{ secret(name: "${S}") { name } secret(name: "other") { name } }` })],
  ['a field of that name', post({ query: `{ ${S} }` })],
  ['an argument of that name', post({ query: `{ secret(${S}: "a") { name } }` })],
  ['a type of that name', post({ query: `query ($a: ${S}) { __typename }` })],
  ['a variable of that name', post({ query: `{ secret(name: $${S}) { name } }` })],
  ['a variable of that name, without need', post({ query: `query ($${S}: Int) { __typename }` })],
  ['a fragment of that name', post({ query: `{ ...${S} } fragment ${S}${S} on Query { __typename }` })],
  ['a fragment on that name', post({ query: `{ ... on ${S} { name } }` })],
  ['fragments of that name in a circle', post({ query: `{ ...${S} } fragment ${S} on Query { ...${S} }` })],
  ['two operations of that name', post({ query: `query ${S} { __typename } query ${S} { __typename }` })],
  ['a comment and nothing else', post({ query: `# ${S}` })],
  ['it after the end', post({ query: `{ __typename } ${S}` })],
  [
    'a literal too long for its number',
    post({ query: `{ secrets(first: 99999999999999) { nodes { name } } echo(payload: "${S}") }` }),
  ],
  [
    'a literal where a variable is missing',
    post({
      query: `query ($d: Boolean) { secrets(filter: { nameContains: "${S}", deleted: $d }) { nodes { name } } }`,
      variables: { d: null },
    }),
  ],

  // These requests contain the secret value in an unexpected part of the HTTP request.
  ['the value as operationName', post({ query: '{ __typename }', operationName: S })],
  ['the value in an operationName that is an object', post({ query: '{ __typename }', operationName: { [S]: S } })],
  ['the value in extensions', post({ query: '{ __typename }', extensions: [S] })],
  ['the value as a persisted query', post({ extensions: { persistedQuery: { version: 1, sha256Hash: S } } })],
  ['the value as the query', post({ query: S })],
  ['the value in a query that is an object', post({ query: { kind: 'Document', [S]: S } })],
  ['the value as the body', post(JSON.stringify(S))],
  ['the value in a list of requests', post([{ query: create, variables: { input: { value: S } } }])],
  ['JSON that breaks right after it', post(`{"query":"{ __typename }","variables":{"v":"${S}`)],
  ['JSON that breaks right before it', post(`{"query":"{ __typename }","variables":{"v":${S}}}`)],
  ['JSON that goes on after its end', post(`{"query":"{ __typename }"} ${S}`)],
  [
    'a body that is not UTF-8',
    post(Buffer.concat([Buffer.from(`{"query":"${S}`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
  ],
  [
    'another charset',
    post({ query: create, variables: { input: { value: S } } }, { 'content-type': 'application/json; charset=utf-16' }),
  ],
  ['a form', post(`query=${S}`, { 'content-type': 'application/x-www-form-urlencoded' })],
  ['a content-type of that name', post({ query: '{ __typename }' }, { 'content-type': `${S}/${S}` })],
  ['an accept of that name', post({ query: '{ __typename }' }, { accept: `${S}/${S}` })],
  ['too long a body', post({ query: create, variables: { input: { name: 'a', value: S.repeat(70_000) } } })],
  ['a GET with it in the query', get(`query=${encoded(literal(`"${S}"`))}`)],
  [
    'a GET with it in the variables',
    get(
      `query=${encoded('query ($n: Int) { secrets(first: $n) { nodes { name } } }')}&variables=${encoded(JSON.stringify({ n: S }))}`,
    ),
  ],
  ['a GET with broken variables', get(`query=${encoded('{ __typename }')}&variables=${encoded(`{"v":"${S}`)}`)],
  ['a GET with it twice', get(`query=${S}&query=${S}`)],
  ['a GET with it as operationName', get(`query=${encoded('{ __typename }')}&operationName=${S}`)],

  // These requests contain the secret value, and a part of the gateway fails.
  ['a library that quotes it', post({ query: create, variables: { input: { name: 'break', value: S } } })],
  [
    'a library that quotes it with quotes and lines in it',
    post({ query: create, variables: { input: { name: 'break', value: `"${S}"\n    at ${S} (${S}:1:1)` } } }),
  ],
  ['a library that quotes a literal', post({ query: literal(`"${S}"`).replace('"a"', '"break"') })],
  ['a library that quotes an escaped literal', post({ query: `{ fails(how: "${ESCAPED}") }` })],
  ['a token beside an error', post({ query: '{ fails(how: "x") }' }, { authorization: `Bearer ${S}` })],
];

describe.each([
  ['with introspection', () => server],
  ['without introspection', () => closed],
])('requests with a secret value in an unexpected part, %s', (_, which) => {
  test.each(WRONG)('no error and no log line contains the value: %s', async (_what, send) => {
    const to = which();
    const before = to.logged().length;
    const answer = await send(to);
    expect(answer.json.errors.length).toBeGreaterThan(0);
    for (const { extensions } of answer.json.errors) expect(extensions.code).toMatch(/^[A-Z_]+$/);
    const logged = to.logged().slice(before);
    // Neither the complete value nor a long part of the value may appear.
    for (const part of [S, S.slice(0, 10), S.slice(-10), ESCAPED]) {
      expect(answer.text).not.toContain(part);
      expect(JSON.stringify([...answer.headers])).not.toContain(part);
      expect(logged).not.toContain(part);
    }
    expect(answer.text).not.toContain('node_modules');
  });
});

describe('expected errors in GraphQL answers', () => {
  test('an expected error contains a code, a field, a path and a location, and does not affect the rest of the answer', async () => {
    const { status, json } = await server.post({
      query: '{\n  a: fails(how: "forbidden")\n  secret(name: "b") { name }\n}',
    });
    expect(status).toBe(200);
    expect(json.data).toEqual({ a: null, secret: { name: 'b' } });
    expect(json.errors).toEqual([
      {
        message: 'READ is needed.',
        path: ['a'],
        locations: [{ line: 2, column: 3 }],
        extensions: { code: 'FORBIDDEN', field: 'name' },
      },
    ]);
  });

  test.each([
    [new Unauthenticated('EXPIRED'), 401, { code: 'UNAUTHENTICATED', reason: 'EXPIRED' }],
    [new Forbidden('No.'), 403, { code: 'FORBIDDEN' }],
    [new RateLimited(7), 429, { code: 'RATE_LIMITED', retryAfter: 7 }],
    [new Unavailable(new Error('no route to host')), 503, { code: 'UNAVAILABLE' }],
  ])(
    'an expected error before the execution of a request sets the HTTP status: %s',
    async (error, status, extensions) => {
      await using refusing = await tinyServer({ contextFor: () => Promise.reject(error) });
      const answer = await refusing.post({ query: '{ __typename }' });
      expect([answer.status, answer.json.errors[0].extensions]).toEqual([status, extensions]);
      expect(answer.json.data).toBeUndefined();
      expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
      expect(refusing.logged().includes('no route to host')).toBe(status === 503);
    },
  );
});

describe('unexpected errors in GraphQL answers', () => {
  test('the answer to an unexpected error contains no details, and the gateway writes one log line with the request id of the answer', async () => {
    const before = server.logged().length;
    const answer = await server.post({ query: '{ fails(how: "no such thing") }' }, { 'x-request-id': 'r-1' });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      data: { fails: null },
      errors: [{ path: ['fails'], extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' } }],
    });
    const lines = server
      .logged()
      .slice(before)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const errors = lines.filter(({ level }) => level >= 50);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ requestId: 'r-1', error: { name: 'DriverError', code: '22P05' } });
    expect(errors[0].error.frames[0]).toContain('tiny-schema.ts');
  });

  test('if many fields fail with one unexpected error, the gateway writes one log line, and the answer contains an error for each field', async () => {
    const before = server.logged().length;
    const many = Array.from({ length: 50 }, (_, i) => `a${i}: fails(how: "${i % 2 ? 'one' : 'another'} thing")`).join(
      ' ',
    );
    const answer = await server.post({ query: `{ ${many} }` });
    expect(answer.json.errors).toHaveLength(50);
    const lines = server.logged().slice(before).trim().split('\n');
    expect(lines.filter((line) => JSON.parse(line).level >= 50)).toHaveLength(2);
  });

  test('the gateway writes at most twenty log lines for the unexpected errors of one request', async () => {
    const before = server.logged().length;
    const many = Array.from({ length: 50 }, (_, i) => `a${i}: fails(how: "thing ${i}")`).join(' ');
    await server.post({ query: `{ ${many} }` });
    const lines = server.logged().slice(before).trim().split('\n');
    expect(lines.filter((line) => JSON.parse(line).level >= 50)).toHaveLength(20);
  });

  test('a null in a non-null field counts as an unexpected error, and so does an error during the creation of the request context', async () => {
    const broken = await server.post({ query: '{ neverNull { where } }' });
    expect(broken.json.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');

    await using failing = await tinyServer({ contextFor: () => Promise.reject(new Error('pool exhausted')) });
    const answer = await failing.post({ query: '{ __typename }' });
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect(answer.text).not.toContain('pool');
    expect(failing.logged()).toContain('pool exhausted');
  });
});

describe('errors about invalid GraphQL documents', () => {
  const described = async (to: TinyServer, query: string) => (await to.post({ query })).json.errors[0];

  test.each([
    ['an unknown field', '{ secret(name: "a") {\n  pageInfo } }', 'a field of Secret'],
    ['a field without its argument', '{\n  secret { name } }', 'Query.secret(name: String!): Secret'],
    ['an unknown argument', '{ secret(\n  nam: "a") { name } }', 'Query.secret(name: String!): Secret'],
    ['a field without a selection', '{\n  secret(name: "a") }', 'Query.secret(name: String!): Secret'],
    ['a literal of the wrong type', '{ secret(name:\n  1) { name } }', 'String!'],
    ['an enum value', 'mutation { grant(target: { secret: "a" }, access: [\n  REED]) { secret { name } } }', 'Access!'],
    [
      'an input object without its field',
      'mutation { createSecret(input: { name: "a", value: "b", tags:\n  { key: "a" } }) { secret { name } } }',
      'TagInput(key: String!, value: String!)',
    ],
    [
      'an unknown input field',
      'mutation { createSecret(input: { name: "a", value: "b", tags: {\n  kye: "a" } }) { secret { name } } }',
      'TagInput(key: String!, value: String!)',
    ],
    ['a directive argument', '{ secret(name: "a") { name @include(\n  unless: true) } }', '@include(if: Boolean!)'],
  ])('an error about %s contains its location and the declaration in the schema', async (_, query, declaration) => {
    const error = (await server.post({ query })).json.errors.find(
      (one: GraphQLFormattedError) => one.locations?.[0]?.line === 2,
    );
    expect(error.locations.at(-1)).toEqual({ line: 2, column: 3 });
    expect(error.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    expect(error.message).toContain(`Expected ${declaration}.`);
    expect((await described(closed, query)).message).not.toContain('Expected');
  });

  test('an error about a scalar contains the path of the argument, for a literal and for a variable', async () => {
    const inVariable = { query: create, variables: { input: { name: 'a', value: 'v', expiresAt: 'soon' } } };
    const inLiteral = {
      query: 'mutation { createSecret(input: { name: "a", value: "v", expiresAt: "soon" }) { secret { name } } }',
    };
    for (const request of [inVariable, inLiteral]) {
      const { message, extensions } = (await server.post(request)).json.errors[0];
      const expected = expect.stringMatching(/\S/);
      expect(extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'input.expiresAt', expected });
      expect(message).toBe(`input.expiresAt: ${extensions.expected}`);
    }
  });

  test('an error about conflicting fields or an unused variable contains no declaration of the schema', async () => {
    for (const query of ['{ secret(name: "a") { name name: value } }', 'query ($none: Int) { __typename }']) {
      const { message, extensions } = await described(server, query);
      expect([extensions.code, message]).toEqual([
        'GRAPHQL_VALIDATION_FAILED',
        expect.not.stringContaining('Expected'),
      ]);
    }
  });

  test('if a null variable leaves an argument of a field or a directive without a value, the error names the argument', async () => {
    const query = 'query ($n: Boolean = false) { secret(name: "a") { name @include(if: $n) value(reveal: $n) } }';
    const { errors } = (await server.post({ query, variables: { n: null } })).json;
    expect(errors.map((error: GraphQLFormattedError) => error.extensions)).toEqual([
      { code: 'BAD_USER_INPUT', field: 'if' },
    ]);
  });

  test('an error about an invalid GraphQL document contains suggestions only if introspection is allowed', async () => {
    expect((await described(server, '{ secrt(name: "a") { name } }')).message).toContain('"secret"');
    expect((await described(closed, '{ secrt(name: "a") { name } }')).message).not.toContain('secret');
    expect((await described(closed, '{ __schema { types { name } } }')).extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(
      (await described(closed, 'mutation { grant(target: { secret: "a" }, access: [REED]) { secret { name } } }'))
        .message,
    ).not.toContain('READ');
  });
});

describe('redaction of request values in the log', () => {
  test('the log redacts values of the request, even if the values are escaped or truncated', () => {
    const redact = createRedactor(['a "quoted"\nvalue', 'longer-than-that', 'abc']);
    expect(redact('near "a \\"quoted\\"\\nvalue" and longer-th...')).toBe('near "…" and ……'.replace('……', '…...'));
    expect(redact('abc is too short to be described from a word')).toBe('abc is too short to be described from a word');
  });

  test('the log redacts a single word of a request with a hundred thousand words', () => {
    const words = Array.from({ length: 100_000 }, (_, i) => `word${i.toString(36).padStart(5, '0')}`);
    expect(createRedactor(words)(`syntax error at ${words[77_777]}, it says`)).toBe('syntax error at …, it says');
    expect(createRedactor(['a"b\nc'])('near a\\"b\\nc')).toBe('near …');
  });

  test('the log does not treat a multi-line error message as a stack trace', () => {
    const error = new Error('bad\n    at hunter2 (file:///hunter2.ts:1:1)');
    const described = describeError(error, (text) => text);
    expect(described.frames.join('\n')).not.toContain('hunter2');
    expect(described.frames[0]).toContain('format-error.test.ts');
  });
});
