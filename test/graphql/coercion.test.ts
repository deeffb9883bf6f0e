import fc from 'fast-check';
import { getOperationAST, getVariableValues, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coerceVariables } from '../../src/graphql/coerce-variables.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { tinySchema } from '../support/tiny-schema.ts';
import { type TinyServer, tinyServer } from '../support/tiny-server.ts';

const schema = tinySchema();
const coerce = (declared: string, variables: Record<string, unknown>) =>
  coerceVariables(schema, getOperationAST(parse(`query (${declared}) { __typename }`))!, variables);
const fields = (declared: string, variables: Record<string, unknown>) =>
  coerce(declared, variables).problems.map(({ field }) => field);

const INPUT = '$input: CreateSecretInput!';
const good = { name: 'a', value: 'v' };

describe('invalid GraphQL variables', () => {
  test.each<[what: string, declared: string, variables: Record<string, unknown>, at: string[]]>([
    ['left out', '$a: String!', {}, ['a']],
    ['null', '$a: String!', { a: null }, ['a']],
    ['of another type', '$a: Int', { a: 'x' }, ['a']],
    ['too large for Int', '$a: Int', { a: 2 ** 31 }, ['a']],
    ['not a value of the enum', '$a: [Access!]!', { a: ['READ', 'SEE', 3] }, ['a.1', 'a.2']],
    ['null in a list', '$a: [Access!]', { a: ['READ', null] }, ['a.1']],
    ['a list for an object', INPUT, { input: [good] }, ['input']],
    ['a string for an object', INPUT, { input: 'x' }, ['input']],
    ['without a field', INPUT, { input: { name: 'a' } }, ['input.value']],
    ['with an unknown field', INPUT, { input: { ...good, hunter2: 1, hunter3: 2 } }, ['input']],
    ['with an unknown field of every object', INPUT, { input: { ...good, constructor: 1 } }, ['input']],
    [
      'a wrong item of a list',
      INPUT,
      { input: { ...good, tags: [{ key: 'a' }, { key: 1, value: 'x' }] } },
      ['input.tags.0.value', 'input.tags.1.key'],
    ],
    ['a wrong single item in place of a list', INPUT, { input: { ...good, tags: { key: 'a' } } }, ['input.tags.value']],
    ['not an instant', INPUT, { input: { ...good, expiresAt: 'tomorrow' } }, ['input.expiresAt']],
    ['a value that is no string', INPUT, { input: { name: 'a', value: 12345 } }, ['input.value']],
    ['an empty oneOf input', '$t: TargetInput!', { t: {} }, ['t']],
    ['two fields of a oneOf input', '$t: TargetInput!', { t: { secret: 'a', tag: { key: 'a', value: 'b' } } }, ['t']],
    ['null in a oneOf input', '$t: TargetInput!', { t: { secret: null } }, ['t.secret']],
    ['more than a thousand items', '$a: [String]', { a: new Array(1_001).fill('x') }, ['a']],
  ])('the error about an invalid variable contains the path of the invalid value: %s', (_, declared, variables, at) => {
    expect(fields(declared, variables)).toEqual(at);
  });

  test('the gateway reports all invalid variables of a request together, up to twenty', () => {
    expect(fields('$a: Int!, $b: Int!, $c: [Int!]', { b: 'x', c: ['x', 1, 'y'] })).toEqual(['a', 'b', 'c.0', 'c.2']);
    expect(fields('$a: [Int]', { a: new Array(1_000).fill('x') })).toHaveLength(20);
  });

  test('an error about a variable never contains the value of the variable', () => {
    const { problems } = coerce(`${INPUT}, $a: Access, $n: Int, $s: String, $b: Boolean, $t: TargetInput`, {
      input: { hunter2: 'hunter2', value: ['hunter2'], expiresAt: 'hunter2', tags: ['hunter2'] },
      ...{ a: 'hunter2', n: 'hunter2', s: { hunter2: 'hunter2' }, b: 'hunter2', t: { hunter2: 'hunter2' } },
    });
    expect(problems.length).toBeGreaterThan(8);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

describe('valid GraphQL variables', () => {
  test('the gateway coerces a valid variable as graphql-js does', () => {
    const declared = `${INPUT}, $f: SecretFilter, $d: Int = 7, $j: JSON`;
    const { values, problems } = coerce(declared, {
      input: { ...good, tags: { key: 'k', value: 'v' } },
      f: {},
      j: { any: [1] },
    });
    expect(problems).toEqual([]);
    expect(values).toEqual({
      input: { name: 'a', value: new Sensitive('v'), tags: [{ key: 'k', value: 'v' }] },
      f: { deleted: false },
      d: 7,
      j: { any: [1] },
    });
  });

  /** A value whose type sometimes differs from the declared type. */
  const due = (arbitrary: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });
  const text = due(fc.string());
  const access = due(fc.array(due(fc.constantFrom('READ', 'UPDATE'))));
  const tag = due(fc.record({ key: text, value: text }));
  const optional = { requiredKeys: [] as never[] };
  const input = due(
    fc.record(
      {
        name: text,
        value: text,
        description: text,
        tags: due(fc.array(tag, { maxLength: 3 })),
        expiresAt: due(fc.constant('2026-01-31T09:30:00Z')),
        version: due(fc.integer({ min: -(2 ** 32), max: 2 ** 32 })),
      },
      { requiredKeys: ['name', 'value'] },
    ),
  );
  const variables = fc.record(
    {
      i: input,
      t: due(fc.oneof(fc.record({ tag }), fc.record({ secret: text }))),
      a: access,
      f: due(fc.record({ access, deleted: due(fc.boolean()) }, optional)),
      n: due(fc.integer({ min: -9, max: 9 })),
      s: text,
      j: fc.jsonValue(),
    },
    { requiredKeys: ['i'] },
  );

  test('the gateway accepts exactly the variables that graphql-js accepts', () => {
    const declared =
      '$i: CreateSecretInput!, $t: TargetInput, $a: [Access!], $f: SecretFilter, $n: Int = 3, $s: String, $j: JSON';
    const { variableDefinitions = [] } = getOperationAST(parse(`query (${declared}) { __typename }`))!;
    const seen = { fitting: 0, not: 0 };
    fc.assert(
      fc.property(variables, (given) => {
        const { errors, coerced } = getVariableValues(schema, variableDefinitions, given);
        const { problems, values } = coerce(declared, given);
        expect(problems.length > 0).toBe(errors !== undefined);
        if (coerced) expect(JSON.stringify(values)).toBe(JSON.stringify(coerced));
        seen[errors ? 'not' : 'fitting']++;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.fitting, seen.not)).toBeGreaterThan(200);
  });
});

describe('invalid GraphQL variables over HTTP', () => {
  let server: TinyServer;
  beforeAll(async () => {
    server = await tinyServer();
  });
  afterAll(() => server.stop(0));

  test('each problem with a variable is an error with a code, a field and the location of the variable declaration', async () => {
    const query = `mutation Make(\n  ${INPUT}\n) { createSecret(input: $input) { secret { name } } }`;
    const { status, json } = await server.post({ query, variables: { input: { tags: [{ key: 'a' }] } } });
    expect(status).toBe(400);
    expect(json.data).toBeUndefined();
    expect(
      json.errors.map(({ extensions, locations }: Record<string, unknown>) => ({ extensions, locations })),
    ).toEqual(
      ['input.name', 'input.value', 'input.tags.0.value'].map((field) => ({
        extensions: { code: 'BAD_USER_INPUT', field, expected: expect.any(String) },
        locations: [{ line: 2, column: 3 }],
      })),
    );
  });

  test('the error about a null variable for a non-null argument names the argument', async () => {
    const query = 'query ($r: Boolean) { secret(name: "a") { name value(reveal: $r) } }';
    const { status, json } = await server.post({ query, variables: { r: null } });
    expect(status).toBe(200);
    expect(json.data).toEqual({ secret: { name: 'a', value: null } });
    expect(json.errors).toMatchObject([
      { path: ['secret', 'value'], extensions: { code: 'BAD_USER_INPUT', field: 'reveal' } },
    ]);
  });
});
