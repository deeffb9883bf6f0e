import { getIntrospectionQuery, getOperationAST, graphqlSync, type IntrospectionOptions, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareDirect } from '../../src/graphql/direct-execution.ts';
import { type Answer, answerOf, type TestApp, testApp } from '../support/app.ts';
import { schema } from '../support/root-fields.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let ann: SomeUser;
let db: SomeSecret;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann');
  db = await w.secret('db', { tags: ['env:prod'] });
  await w.secret('hidden');
  await w.grant(ann.id, 'READ', 'db');
});
afterAll(() => w.close());

const PREFLIGHT = { 'apollo-require-preflight': '1' };
const as = (token: string | undefined): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});
async function get(query: string, headers: Record<string, string>, variables?: unknown): Promise<Answer> {
  const search = new URLSearchParams({ query, ...(variables ? { variables: JSON.stringify(variables) } : {}) });
  return answerOf(await fetch(`${w.url}/graphql?${search}`, { headers: { ...as(ann.token), ...headers } }));
}
async function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(
    await fetch(`${w.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as(ann.token), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}
const isDirect = (text: string) => prepareDirect(schema, {}, getOperationAST(parse(text))!) !== undefined;
const extensions = ({ errors }: Answer) => errors.map((error) => error.extensions);
const reveals = async (who: SomeUser) =>
  (
    await w.database.query<{ outcome: string; subject: string }>(
      `SELECT outcome, subject_name AS subject FROM audit_events WHERE action = 'SECRET_REVEAL' AND actor_id = $1 ORDER BY id`,
      [who.id],
    )
  ).map(({ outcome, subject }) => `${outcome} ${subject}`);
/** Returns the audit events of reveals that a request records. */
async function recorded(act: () => Promise<Answer>): Promise<[Answer, string[]]> {
  const before = (await reveals(ann)).length;
  return [await act(), (await reveals(ann)).slice(before)];
}

describe('GraphQL requests over GET', () => {
  test.each<Record<string, string>>([
    PREFLIGHT,
    { 'content-type': 'application/json' },
    { 'x-apollo-operation-name': 'x' },
  ])(
    'the gateway answers a masked read over GET with the header %j, which browsers do not send across origins',
    async (headers) => {
      const answer = await get('query x { secret(name: "db") { name value } }', headers);
      expect([answer.data, answer.errors]).toEqual([{ secret: { name: 'db', value: '***' } }, []]);
    },
  );

  test('the gateway refuses a GET without a header that browsers do not send across origins', async () => {
    const answer = await get('{ secret(name: "db") { name } }', {});
    expect([answer.status, answer.data, extensions(answer)]).toEqual([400, undefined, [{ code: 'BAD_REQUEST' }]]);
  });

  test.each([
    ['as a literal', '{ secret(name: "db") { name value(reveal: true) } }', undefined],
    ['as a variable', 'query ($r: Boolean!) { secret(name: "db") { name value(reveal: $r) } }', { r: true }],
    ['as a default', 'query ($r: Boolean! = true) { secret(name: "db") { name value(reveal: $r) } }', undefined],
    ['in a fragment', '{ secret(name: "db") { ...f } } fragment f on Secret { name value(reveal: true) }', undefined],
  ])(
    'the gateway refuses a reveal over GET at its path, and answers the rest of the request: requested %s',
    async (_, query, variables) => {
      const [answer, events] = await recorded(() => get(query, PREFLIGHT, variables));
      expect(answer.data).toEqual({ secret: { name: 'db', value: null } });
      expect(answer.errors.map(({ path }) => path)).toEqual([['secret', 'value']]);
      expect(extensions(answer)).toEqual([{ code: 'BAD_USER_INPUT', field: 'reveal', expected: expect.any(String) }]);
      expect(events.filter((event) => event.startsWith('DONE'))).toEqual([]);
      expect(answer.text).not.toContain(db.value);
    },
  );

  test('the gateway refuses a mutation over GET, and the mutation has no effect', async () => {
    const answer = await get('mutation { deleteSecret(name: "db") { id } }', { ...PREFLIGHT, ...as(w.admin.token) });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await w.sees(w.admin, 'db')).toBe(true);
  });

  test('the answer to HEAD equals the answer to GET without its body, and reveals no value', async () => {
    const search = new URLSearchParams({ query: '{ secret(name: "db") { value(reveal: true) } }' });
    const [answer, events] = await recorded(async () => {
      const response = await fetch(`${w.url}/graphql?${search}`, {
        method: 'HEAD',
        headers: { ...PREFLIGHT, ...as(ann.token) },
      });
      return { status: response.status, text: await response.text() } as Answer;
    });
    expect([answer.status, answer.text, events]).toEqual([200, '', []]);
  });
});

describe('reveals of secret values through GraphQL', () => {
  const ask = (query: string, variables: Record<string, unknown> = {}) =>
    recorded(() => ann.askRevealing(query, variables));

  test('a query can request a reveal through a variable, a fragment or an alias', async () => {
    const [answer, events] = await ask(
      `query ($r: Boolean = true, $v: Int) {
        a: secret(name: "db") { value(reveal: $r, version: $v) }
        b: secret(name: "db") { ...f }
        c: secret(name: "db") { ... on Node { ... on Secret { v: value(reveal: true, version: 1) w: value } } }
      } fragment f on Secret { ... { value(reveal: true) } }`,
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual({ a: { value: db.value }, b: { value: db.value }, c: { v: db.value, w: '***' } });
    expect(events).toEqual(Array(3).fill('DONE db'));
  });

  test.each([
    ['skipped', '{ secret(name: "NAME") { name value(reveal: true) @skip(if: true) } }', {}],
    [
      'not included',
      'query ($i: Boolean!) { secret(name: "NAME") { name value(reveal: true) @include(if: $i) } }',
      { i: false },
    ],
    [
      'in a fragment that is skipped',
      '{ secret(name: "NAME") { name ...f @skip(if: true) } } fragment f on Secret { value(reveal: true) }',
      {},
    ],
    [
      'in an inline fragment that is not included',
      '{ secret(name: "NAME") { name ... @include(if: false) { value(reveal: true) } } }',
      {},
    ],
    [
      'turned off by a variable',
      'query ($r: Boolean!) { secret(name: "NAME") { name value(reveal: $r) } }',
      { r: false },
    ],
  ])(
    'a reveal that is %s reveals no value and records no audit event, for a visible and for a hidden secret',
    async (_, query, variables) => {
      for (const name of ['db', 'hidden', 'missing']) {
        const [answer, events] = await ask(query.replace('NAME', name), variables);
        expect([answer.errors, events]).toEqual([[], []]);
        expect(answer.data.secret?.value ?? '***').toBe('***');
        expect(answer.data.secret?.name).toBe(name === 'db' ? 'db' : undefined);
      }
    },
  );

  test('if a reveal receives a null variable, the error names the argument, and the gateway answers the rest of the request', async () => {
    const [answer, events] = await ask('query ($r: Boolean) { secret(name: "db") { name value(reveal: $r) } }', {
      r: null,
    });
    expect(answer.data).toEqual({ secret: { name: 'db', value: null } });
    expect(answer.errors.map(({ path }) => path)).toEqual([['secret', 'value']]);
    expect(extensions(answer)).toEqual([{ code: 'BAD_USER_INPUT', field: 'reveal' }]);
    expect(events).toEqual([]);
  });

  test('a reveal of the version null reveals the current version', async () => {
    const [answer] = await ask('query ($v: Int) { secret(name: "db") { value(reveal: true, version: $v) } }', {
      v: null,
    });
    expect(answer.data.secret.value).toBe(db.value);
  });

  test('for a request with a hundred reveals, the gateway sends at most three statements, and decides about each reveal separately', async () => {
    const query = `{ ${Array.from({ length: 100 }, (_, i) => `a${i}: secret(name: "${['db', 'hidden', 'missing'][i % 3]}") { value(reveal: true) }`).join(' ')} }`;
    await ann.askRevealing(query);
    const before = w.database.statements();
    const one = await ann.askRevealing('{ secret(name: "db") { value(reveal: true) } }');
    const each = w.database.statements() - before;
    const [answer, events] = await ask(query);
    expect([answer.errors, one.errors]).toEqual([[], []]);
    for (let i = 0; i < 100; i++) expect(answer.data[`a${i}`]?.value).toBe(i % 3 === 0 ? db.value : undefined);
    expect(events.toSorted()).toEqual([
      ...Array(34).fill('DONE db'),
      ...Array(33).fill('REFUSED hidden'),
      ...Array(33).fill('REFUSED missing'),
    ]);
    const start = w.database.statements();
    await ann.askRevealing(query);
    // One statement records the reveals of the cached secret, one reads the other secrets, and one records their refusals.
    expect(w.database.statements() - start).toBeLessThanOrEqual(each + 2);
  });
});

/** For a new document, graphql-js executes the first request. The gateway executes the following requests directly. */
describe('the direct execution of an operation with an effect', () => {
  beforeAll(async () => {
    await w.secret('written');
    await w.grant(ann.id, 'UPDATE', 'written');
  });

  test.each<[what: string, query: string, events: string[], codes: string[]]>([
    [
      'two reveals of one secret',
      '{ secret(name: "db") { a: value(reveal: true) name b: value(reveal: true) c: value } }',
      ['DONE db', 'DONE db'],
      [],
    ],
    [
      'a reveal without READ',
      '{ secret(name: "written") { a: value(reveal: true) name } }',
      ['REFUSED written'],
      ['FORBIDDEN'],
    ],
    [
      'a reveal and a refused reveal',
      '{ secret(name: "db") { a: value(reveal: true) b: value(reveal: true, version: 99) name } }',
      ['DONE db', 'REFUSED db'],
      ['NOT_FOUND'],
    ],
    [
      'a reveal of a hidden secret',
      '{ secret(name: "hidden") { a: value(reveal: true) name } }',
      ['REFUSED hidden'],
      [],
    ],
    [
      'a reveal of a version in a variable',
      'query ($version: Int = 1) { secret(name: "db") { a: value(reveal: true, version: $version) } }',
      ['DONE db'],
      [],
    ],
    [
      'a refused reveal by a variable',
      'query ($reveal: Boolean! = true) { secret(name: "written") { name a: value(reveal: $reveal) } }',
      ['REFUSED written'],
      ['FORBIDDEN'],
    ],
    [
      'a reveal of a node',
      '{ node(id: "ID") { ... on Secret { a: value(reveal: true) } __typename } }',
      ['DONE db'],
      [],
    ],
  ])('makes the same answer and the same audit events as graphql-js: %s', async (_, text, events, codes) => {
    const query = text.replace('ID', db.id);
    expect(isDirect(query)).toBe(true);
    const [first, recordedFirst] = await recorded(() => ann.askRevealing(query));
    const [second, recordedSecond] = await recorded(() => ann.askRevealing(query));
    expect([first.status, first.text]).toEqual([second.status, second.text]);
    expect(second.errors.map(({ extensions }) => extensions.code)).toEqual(codes);
    expect([recordedFirst.toSorted(), recordedSecond.toSorted()]).toEqual([events, events]);
  });

  test('a rotation whose selection contains a refused reveal creates one version and records one refusal', async () => {
    const query = `mutation ($value: SecretValue!) {
      rotateSecret(input: { name: "written", value: $value }) { changed secret { version value(reveal: true) } } }`;
    expect(isDirect(query)).toBe(true);
    for (const version of [2, 3, 4]) {
      const [answer, events] = await recorded(() => ann.ask(query, { value: sentinel() }));
      expect(answer.data).toEqual({ rotateSecret: { changed: true, secret: { version, value: null } } });
      expect(answer.errors.map(({ path, extensions: { code } }) => [path, code])).toEqual([
        [['rotateSecret', 'secret', 'value'], 'FORBIDDEN'],
      ]);
      expect(events).toEqual(['REFUSED written']);
    }
  });

  test('a refused mutation is refused once, and its error has the path of the mutation', async () => {
    const query =
      'mutation ($name: String!, $value: SecretValue!) { again: rotateSecret(input: { name: $name, value: $value }) { changed } }';
    expect(isDirect(query)).toBe(true);
    const count = async () => (await w.database.query(`SELECT 1 FROM audit_events WHERE outcome = 'REFUSED'`)).length;
    for (let i = 0; i < 3; i++) {
      const before = await count();
      const answer = await ann.ask(query, { name: 'db', value: sentinel() });
      expect(answer.errors.map(({ path, extensions: { code } }) => [path, code])).toEqual([[['again'], 'FORBIDDEN']]);
      expect((await count()) - before).toBe(1);
    }
  });
});

describe('introspection of the GraphQL schema', () => {
  let closed: TestApp;
  beforeAll(async () => {
    closed = await testApp({
      databaseUrl: w.databaseUrl,
      keyring: w.keyring,
      adminPassword: w.adminPassword,
      introspection: false,
    });
  });
  afterAll(() => closed.close());

  const all = {
    ...{ descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true },
    ...{ schemaDescription: true, inputValueDeprecation: true, oneOf: true },
  };
  const none = Object.fromEntries(Object.keys(all).map((name) => [name, false]));
  const TOOLS: [name: string, options: IntrospectionOptions][] = [
    ['graphql-js', { ...none, descriptions: true }],
    ['GraphiQL and code generators', all],
    ['tools that know nothing new', none],
  ];
  test.each(TOOLS)('a caller without a token can read the schema with the query of %s', async (_, options) => {
    const { data, errors } = await w.anonymous.ask(getIntrospectionQuery(options));
    expect(errors).toEqual([]);
    expect(data).toEqual(graphqlSync({ schema, source: getIntrospectionQuery(options) }).data);
  });

  test.each([
    ['all types', '{ __schema { types { name } } }'],
    ['one type', '{ __type(name: "Secret") { fields { name } } }'],
    ['the complete schema', getIntrospectionQuery()],
    ['the schema together with another field', '{ viewer { id } __schema { queryType { name } } }'],
  ])('if the setting turns introspection off, the gateway refuses an introspection query: %s', async (_, query) => {
    for (const who of [closed.anonymous, closed.admin]) {
      const { status, data, errors } = await who.ask(query);
      expect([status, data, errors[0]?.extensions.code]).toEqual([400, undefined, 'GRAPHQL_VALIDATION_FAILED']);
    }
  });

  test.each([
    ['a field', '{ secre(name: "a") { id } }', 'secret'],
    ['an argument', '{ secret(nam: "a") { id } }', 'name'],
    ['a type', 'query ($i: SecretFilte) { __typename }', 'SecretFilter'],
    ['an enum value', '{ secrets(orderBy: NAME_AS) { nodes { id } } }', 'NAME_ASC'],
    ['an input field', '{ secrets(filter: { nameContain: "a" }) { nodes { id } } }', 'nameContains'],
  ])('if introspection is off, error messages suggest no names of the schema: %s', async (_, query, name) => {
    const open = await w.admin.ask(query);
    const shut = await closed.admin.ask(query);
    for (const { errors } of [open, shut]) expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(open.errors[0]?.message.split('Did you mean')[1]).toContain(`"${name}"`);
    expect(shut.text).not.toContain('Did you mean');
  });

  test('if introspection is off, queries can still select __typename', async () => {
    const { data } = await closed.anonymous.ask('{ __typename }');
    expect(data).toEqual({ __typename: 'Query' });
  });
});

describe('GraphQL requests with several parts', () => {
  test('the gateway refuses a list of several requests', async () => {
    const answer = await post([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    expect([answer.status, extensions(answer)]).toEqual([400, [{ code: 'BAD_REQUEST' }]]);
  });

  test('a request may contain several mutations, each with a separate result', async () => {
    const { data, errors, status } = await w.admin.ask(
      'mutation { a: deleteSecret(name: "nothing") { id } b: createGroup(input: { name: "crew" }) { group { name } } c: deleteGroup(id: "x") { id } }',
    );
    expect([status, data]).toEqual([200, { a: null, b: { group: { name: 'crew' } }, c: null }]);
    expect(errors.map(({ path, extensions: { code } }) => [path, code])).toEqual([
      [['a'], 'NOT_FOUND'],
      [['c'], 'NOT_FOUND'],
    ]);
  });

  test.each([
    ['too deep', `{ ${'viewer { groups { members { nodes { '.repeat(4)} id ${'} } } } '.repeat(4)} }`],
    ['of too many aliases', `{ ${Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(' ')} }`],
    ['of too many root fields', `{ ${'__typename '.repeat(101)} }`],
    ['of too many directives', `{ viewer ${'@include(if: true) '.repeat(51)} { id } }`],
    [
      'too costly',
      '{ secrets(first: 200) { nodes { versions(first: 200) { nodes { number createdAt destroyedAt createdBy { id } } } } } }',
    ],
    ['for too many reveals', '{ secrets(first: 200) { nodes { a: value(reveal: true) b: value(reveal: true) } } }'],
    ['of too many tokens', `{ ${'viewer { id } '.repeat(1_100)} }`],
  ])('the gateway refuses a request that is %s before any part of the request runs', async (_, query) => {
    const before = w.database.statements();
    const answer = await w.admin.ask(query);
    expect([answer.status, answer.data, extensions(answer)]).toEqual([
      400,
      undefined,
      [{ code: 'GRAPHQL_VALIDATION_FAILED' }],
    ]);
    // The request runs at most one statement, which reads the caller's entitlements.
    expect(w.database.statements() - before).toBeLessThanOrEqual(1);
  });

  test.each([0, -1, 201])('the gateway refuses a request for a page size of %i', async (first) => {
    for (const [query, variables] of [
      [`{ secrets(first: ${first}) { nodes { id } } }`, {}],
      ['query ($n: Int!) { secrets(first: $n) { nodes { id } } }', { n: first }],
    ] as const) {
      expect(extensions(await w.admin.ask(query, variables))).toEqual([
        { code: 'BAD_USER_INPUT', field: 'first', expected: expect.any(String) },
      ]);
    }
  });

  test('the answer, the log and the audit log contain the request id, even if the client sent this id', async () => {
    const answer = await post(
      { query: '{ secret(name: "db") { value(reveal: true) } }' },
      { 'x-request-id': 'build-7.a' },
    );
    expect(answer.headers.get('x-request-id')).toBe('build-7.a');
    const { auditEvents } = await w.admin.get(
      '{ auditEvents(first: 1, filter: { secret: "db", actions: [SECRET_REVEAL] }) { nodes { requestId address outcome } } }',
    );
    expect(auditEvents.nodes).toEqual([{ requestId: 'build-7.a', address: '127.0.0.1', outcome: 'DONE' }]);
    const lines = w
      .logged()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ requestId }) => requestId === 'build-7.a')).toMatchObject([
      { method: 'POST', path: '/graphql', status: 200, principal: ann.id },
    ]);
  });

  test('every GraphQL answer contains a header that forbids storing the answer', async () => {
    const answers = [
      await post({ query: '{ viewer { id } }' }),
      await post({ query: '{ nothing }' }),
      await post('{'),
      await get('{ viewer { id } }', PREFLIGHT),
      await get('{ viewer { id } }', {}),
      await post({ query: '{ viewer { id } }' }, { authorization: 'Bearer x' }),
    ];
    for (const { headers } of answers) {
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
    }
  });
});

describe('unexpected errors in GraphQL requests', () => {
  let broken: World;
  beforeAll(async () => {
    broken = await world();
    await broken.secret('db');
  });
  afterAll(() => broken.close());

  const errorLines = (log: string) =>
    log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ level }) => level >= 50);

  test('the answer to an unexpected error contains the request id and no details, and the gateway writes one log line', async () => {
    await broken.database.query('ALTER TABLE secret_tags RENAME TO gone');
    const S = sentinel('in-the-query');
    const before = broken.logged().length;
    const answer = await broken.admin.ask(
      'query ($n: String!) { secret(name: $n) { id } viewer { name } }',
      { n: S },
      { 'x-request-id': 'r-1' },
    );
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ secret: null, viewer: { name: 'Administrator' } });
    expect(answer.errors).toEqual([
      {
        message: expect.any(String),
        path: ['secret'],
        locations: [{ line: 1, column: 23 }],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' },
      },
    ]);
    expect(answer.text).not.toMatch(/secret_tags|relation|42P01|node_modules|\.ts/);
    const logged = broken.logged().slice(before);
    expect(errorLines(logged)).toMatchObject([{ requestId: 'r-1', error: { code: '42P01' } }]);
    expect(errorLines(logged)[0].error.message).toContain('secret_tags');
    expect(logged).not.toContain(S);
    await broken.database.query('ALTER TABLE gone RENAME TO secret_tags');
    expect(await broken.sees(broken.admin, 'db')).toBe(true);
  });

  test('the answer to an unexpected error in a mutation contains no details, and the audit log records the mutation as failed', async () => {
    await broken.database.query('ALTER TABLE secret_versions RENAME TO gone');
    const before = broken.logged().length;
    const answer = await broken.admin.ask(
      'mutation { createSecret(input: { name: "x", value: "v" }) { secret { id } } }',
    );
    expect([answer.data, answer.code]).toEqual([{ createSecret: null }, 'INTERNAL_SERVER_ERROR']);
    expect(errorLines(broken.logged().slice(before))).toHaveLength(1);
    await broken.database.query('ALTER TABLE gone RENAME TO secret_versions');
    expect(await broken.sees(broken.admin, 'x')).toBe(false);
    const { auditEvents } = await broken.admin.get(
      '{ auditEvents(first: 1, filter: { secret: "x" }) { nodes { action outcome changes } } }',
    );
    expect(auditEvents.nodes).toEqual([
      { action: 'SECRET_CREATE', outcome: 'FAILED', changes: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  });

  test('an unexpected error during authentication appears in each field that needs the caller', async () => {
    await broken.database.query('ALTER TABLE access_epoch RENAME TO gone');
    const answer = await broken.admin.ask('{ groups { nodes { id } } }', {}, { 'x-request-id': 'r-2' });
    expect(answer.data).toBeNull();
    expect(extensions(answer)).toEqual([{ code: 'INTERNAL_SERVER_ERROR', requestId: 'r-2' }]);
    expect(answer.text).not.toMatch(/access_epoch|42P01/);
    const several = await broken.admin.ask(
      '{ secret(name: "x") { id } groups { nodes { id } } tags { nodes { id } } }',
    );
    expect(several.errors.map(({ extensions: { code } }) => code)).toEqual(
      Array(several.errors.length).fill('INTERNAL_SERVER_ERROR'),
    );
    await broken.database.query('ALTER TABLE gone RENAME TO access_epoch');
    expect((await broken.admin.ask('{ groups { nodes { id } } }')).errors).toEqual([]);
  });
});
