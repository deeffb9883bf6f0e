import { buildSchema, getIntrospectionQuery, getOperationAST, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EdgeError } from '../../src/graphql/edge-error.ts';
import { checkCost, LIMITS, parseWithinLimits } from '../../src/graphql/limits.ts';
import { loadSchema } from '../../src/graphql/schema.ts';
import { type TinyServer, tinyServer } from '../support/tiny-server.ts';

let server: TinyServer;
beforeAll(async () => {
  server = await tinyServer();
});
afterAll(() => server.stop(0));

const many = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join(' ');
const within = (depth: number, name: string) => `${`${name} {`.repeat(depth - 1)} ${name} ${'}'.repeat(depth - 1)}`;

/** Each pair consists of a document at the limit and a document that exceeds the limit by one. */
const SHAPES: [what: string, at: string, past: string][] = [
  ['levels of fields', `{ ${within(12, 'a')} }`, `{ ${within(13, 'a')} }`],
  [
    'levels of fields through fragments',
    `{ ...f } fragment f on Query { a { ... { ${within(11, 'b')} } } }`,
    `{ ...f } fragment f on Query { a { ... { ${within(12, 'b')} } } }`,
  ],
  ['aliases', `{ ${many(100, (i) => `a${i}: __typename`)} }`, `{ ${many(101, (i) => `a${i}: __typename`)} }`],
  [
    'aliases through fragments',
    `{ ${many(10, () => 'x { ...f }')} } fragment f on X { ${many(10, (i) => `a${i}: b`)} }`,
    `{ y: z ${many(10, () => 'x { ...f }')} } fragment f on X { ${many(10, (i) => `a${i}: b`)} }`,
  ],
  ['root fields', `{ ${many(100, () => '__typename')} }`, `{ ${many(101, () => '__typename')} }`],
  [
    'root fields of all operations',
    `query A { ${many(50, () => 'a')} } query B { ...f } fragment f on Query { ${many(50, () => 'a')} }`,
    `query A { ${many(51, () => 'a')} } query B { ...f } fragment f on Query { ${many(50, () => 'a')} }`,
  ],
  ['selections', `{ a { ${many(999, () => '__typename')} } }`, `{ a { ${many(1_000, () => '__typename')} } }`],
  [
    'selections of a fragment that is not used',
    `{ a } fragment f on X { ${many(1_000, () => 'a')} }`,
    `{ a } fragment f on X { ${many(1_001, () => 'a')} }`,
  ],
  [
    'fragments',
    `{ a } ${many(100, (i) => `fragment f${i} on X { a }`)}`,
    `{ a } ${many(101, (i) => `fragment f${i} on X { a }`)}`,
  ],
  ['directives', `{ a ${many(50, () => '@x')} }`, `{ a ${many(51, () => '@x')} }`],
  [
    'directives in all places',
    `query ($v: Int @x) @x { ...f @x ... @x { a @x } } fragment f on Q @x { a ${many(44, () => '@x')} }`,
    `query ($v: Int @x) @x { ...f @x ... @x { a @x } } fragment f on Q @x { a ${many(45, () => '@x')} }`,
  ],
  ['tokens', `{ a(x: [${many(3_988, () => '1')}]) }`, `{ a(x: [${many(3_993, () => '1')}]) }`],
];

describe('limits of GraphQL documents', () => {
  test.each(SHAPES)(
    'a GraphQL document with the maximum number of %s is accepted, and a document with one more is refused',
    async (_, at, past) => {
      expect(() => parseWithinLimits(at)).not.toThrow();
      expect(() => parseWithinLimits(past)).toThrow(EdgeError);
      const answer = await server.post({ query: past });
      expect([answer.status, answer.json.errors.length, answer.json.errors[0].extensions.code]).toEqual([
        400,
        1,
        'GRAPHQL_VALIDATION_FAILED',
      ]);
    },
  );

  test('the error about an exceeded limit contains the limit and the actual number', async () => {
    const answer = await server.post({ query: `{ ${many(123, () => '__typename')} }` });
    expect(answer.json.errors[0].message).toMatch(/\b123\b.*\b100\b/);
  });

  test('if each of forty fragments includes the next fragment twice, the gateway refuses the document immediately', async () => {
    const bomb = `{ ...f0 } ${many(40, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`)} fragment f40 on Query { __typename }`;
    // Expanding the fragments individually would take about 10¹² steps.
    expect((await server.post({ query: bomb })).status).toBe(400);
  });

  test('validation rejects a GraphQL document with cyclic fragments', async () => {
    const query = '{ ...f } fragment f on Query { __typename ...g } fragment g on Query { ...f }';
    expect((await server.post({ query })).json.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each(['[', '{a:', '{a:['])(
    'the gateway refuses a document nested by %s as deeply as the token limit allows, and does not crash',
    async (open) => {
      const answer = await server.post({ query: `{ echo(payload: ${open.repeat(1_300)}` });
      expect(answer.json.errors[0].extensions.code).toMatch(/GRAPHQL_(PARSE|VALIDATION)_FAILED/);
    },
  );

  test('the gateway accepts the complete standard introspection query', async () => {
    const options = {
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    const answer = await server.post({ query: getIntrospectionQuery(options) });
    expect(answer.json.errors).toBeUndefined();
    expect(answer.json.data.__schema.queryType.name).toBe('Query');
  });

  test('the gateway refuses a document that queries introspection fields in a cycle', async () => {
    const query = `{ __schema { types { ${within(19, 'ofType').replace('ofType }', 'ofType { name } }')} } } }`;
    expect((await server.post({ query })).json.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('GraphQL page sizes', () => {
  const ask = (first: string) => server.post({ query: `{ secrets(first: ${first}) { nodes { name } } }` });

  test.each(['1', '200'])('the gateway accepts a page size of %s', async (first) => {
    expect((await ask(first)).json.errors).toBeUndefined();
  });

  test.each(['0', '-1', '201', '2147483647'])('the gateway refuses a page size of %s', async (first) => {
    const { status, json } = await ask(first);
    expect([status, json.errors[0].extensions]).toEqual([
      400,
      { code: 'BAD_USER_INPUT', field: 'first', expected: 'expected 1 to 200' },
    ]);
  });

  test.each([0, 201, null])('the gateway refuses a page size of %s in a variable', async (first) => {
    const query = 'query ($n: Int) { secret(name: "a") { related(first: $n) { nodes { name } } } }';
    const { status, json } = await server.post({ query, variables: { n: first } });
    expect([status, json.errors[0].extensions]).toEqual([
      400,
      { code: 'BAD_USER_INPUT', field: 'first', expected: 'expected 1 to 200' },
    ]);
  });

  test('the gateway refuses an invalid page size in the default of a variable, in a fragment and in a skipped field', async () => {
    for (const query of [
      'query ($n: Int! = 0) { secrets(first: $n) { nodes { name } } }',
      '{ ...f } fragment f on Query { secrets(first: 0) { nodes { name } } }',
      '{ secrets(first: 0) @skip(if: true) { nodes { name } } __typename }',
    ]) {
      expect((await server.post({ query })).json.errors[0].extensions).toEqual({
        code: 'BAD_USER_INPUT',
        field: 'first',
        expected: 'expected 1 to 200',
      });
    }
  });

  test('if a query requests no page size, the page has the default size of the schema', async () => {
    const query = 'query ($n: Int! = 50) { a: secrets { nodes { name } } b: secrets(first: $n) { nodes { name } } }';
    expect((await server.post({ query })).json.errors).toBeUndefined();
  });
});

describe('the cost of a GraphQL operation', () => {
  const schema = buildSchema(/* GraphQL */ `
    type Query { things(first: Int! = 50): Things! list(first: Int! = 50): [Thing!]! thing: Thing any: [Any!]! }
    type Mutation { make: Thing }
    type Things { nodes: [Thing!]! total: Int! }
    type Thing { name: String! parts: [Thing!]! things(first: Int! = 50): Things! }
    union Any = Thing
  `);
  /** Returns the cost of an operation. The function sets the maximum cost to zero and reads the cost from the error. */
  const costOf = (query: string, variables = {}): number => {
    const document = parse(query);
    const operation = getOperationAST(document)!;
    const error = checkCost(schema, document, operation, variables, 0);
    return Number(/costs (\d+)\./.exec(error?.message ?? '')?.[1]);
  };

  test.each([
    ['{ thing { name } }', 2],
    ['{ things(first: 7) { total nodes { name } } }', 1 + 1 + 1 + 7],
    ['{ things { nodes { name } } }', 1 + 1 + 50],
    ['{ list(first: 7) { name } }', 1 + 7],
    ['{ thing { parts { name } } }', 1 + 1 + 10],
    ['{ things(first: 7) { nodes { parts { name } } } }', 1 + 1 + 7 * (1 + 10)],
    ['{ things(first: 7) { nodes { things(first: 5) { nodes { name } } } } }', 1 + 1 + 7 * (1 + 1 + 5)],
    ['{ things(first: 7) { ...f } } fragment f on Things { ... { nodes { name } } }', 1 + 1 + 7],
    ['{ any { ... on Thing { name } __typename } }', 1 + 10 * 2],
    ['mutation { a: make { name } b: make { name } }', 22],
    ['{ __schema { types { name } } __typename }', 5_001],
  ])('the GraphQL operation %s costs %i', (query, cost) => {
    expect(costOf(query)).toBe(cost);
  });

  test('the cost of a payload field increases with the number of fields that the operation selects for each reference', () => {
    const loaded = loadSchema();
    const allowed = (query: string) => {
      const document = parse(query);
      return checkCost(loaded, document, getOperationAST(document)!, {}) === undefined;
    };
    const checks = (count: number, fields: string) =>
      `{ ${many(count, (i) => `c${i}: checkReferences(payload: 1) { ${fields} }`)} }`;
    const resolves = (count: number) =>
      `{ ${many(count, (i) => `r${i}: resolveReferences(payload: 1) { payload references { name pointers resolvable problem } }`)} }`;
    expect([
      allowed(checks(10, 'name pointers resolvable problem')),
      allowed(resolves(10)),
      allowed(resolves(11)),
    ]).toEqual([true, true, false]);
    expect(
      allowed(
        checks(
          1,
          many(60, (i) => `p${i}: pointers`),
        ),
      ),
    ).toBe(true);
    expect(
      allowed(
        checks(
          1,
          many(61, (i) => `p${i}: pointers`),
        ),
      ),
    ).toBe(false);
    expect(allowed(`${checks(6, '...f')} fragment f on SecretReference { ${many(11, (i) => `n${i}: name`)} }`)).toBe(
      false,
    );
  });

  test('one operation may set fifty passwords, add members to 29 groups or verify the audit log once', () => {
    const loaded = loadSchema();
    const allowed = (count: number, field: string) => {
      const document = parse(`mutation { ${many(count, (i) => `a${i}: ${field}`)} }`);
      return checkCost(loaded, document, getOperationAST(document)!, {}) === undefined;
    };
    for (const field of [
      'signIn(username: "a", password: "b") { expiresAt }',
      'createUser(input: { username: "a", name: "b" }) { __typename }',
      'updateUser(input: { id: "a" }) { __typename }',
    ])
      expect([allowed(49, field), allowed(51, field)]).toEqual([true, false]);
    const members = 'addGroupMembers(groupId: "a", principalIds: ["b"]) { __typename }';
    expect([allowed(29, members), allowed(30, members)]).toEqual([true, false]);
    expect([allowed(1, 'verifyAuditLog { intact }'), allowed(2, 'verifyAuditLog { intact }')]).toEqual([true, false]);
  });

  test('the cost of an operation depends on a page size that a variable contains', () => {
    expect(costOf('query ($n: Int!) { things(first: $n) { nodes { name } } }', { n: 9 })).toBe(11);
  });

  test('the gateway refuses an operation above the maximum cost', async () => {
    const nested = (first: number) =>
      `{ secrets(first: ${first}) { nodes { related(first: ${first}) { nodes { name value a: name b: name } } } } }`;
    expect((await server.post({ query: nested(150) })).json.errors).toBeUndefined();
    const { status, json } = await server.post({ query: nested(200) });
    expect([status, json.errors[0].extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(json.errors[0].message).toContain(String(LIMITS.cost));
  });
});
