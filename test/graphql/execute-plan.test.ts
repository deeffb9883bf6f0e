import fc from 'fast-check';
import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  getVariableValues,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { coercerFor } from '../../src/graphql/coerce-variables.ts';
import { executePlan } from '../../src/graphql/execute-plan.ts';
import { prepare } from '../../src/graphql/prepared.ts';

const schema = buildSchema(/* GraphQL */ `
  scalar JSON
  enum Color { RED GREEN }
  input Point { x: Int! = 1 y: Int z: [Color!] }
  interface Named { name: String! }
  type Query implements Named {
    name: String!
    text(a: String, b: Int! = 7, c: [Color!]! = [RED], p: Point, j: JSON): String
    must: String!
    color: Color
    json: JSON
    numbers: [Int]
    strict: [Int!]!
    one: Query
    sure: Query!
    many: [Query]
    all: [Query!]!
    grid: [[Query!]]
    named: Named
    either: Either
    eithers: [Either!]
  }
  type Mutation { first(a: Int!): Query second: Query! third: Int }
  type Other implements Named { name: String! size: Int! self: Other }
  union Either = Query | Other
`);

/** What a resolver does is said by its place, so that it is the same in any execution. */
const OUTCOMES = [
  'value',
  'value',
  'value',
  'later',
  'much later',
  'null',
  'throws',
  'rejects',
  'is an error',
  'undefined',
] as const;
type Choose = (place: string) => (typeof OUTCOMES)[number];

function resolverFor(choose: Choose, calls: string[]): GraphQLFieldResolver<unknown, unknown> {
  return (_source, args, _context, info) => {
    const keys: (string | number)[] = [];
    for (let at: typeof info.path | undefined = info.path; at; at = at.prev) keys.unshift(at.key);
    const place = keys.join('.');
    const asked = info.fieldNodes.map(({ loc }) => loc?.start).join();
    calls.push(`${place} ${info.parentType}.${info.fieldName}: ${info.returnType} ${asked} ${JSON.stringify(args)}`);
    const value = () => valueFor(String(info.returnType), place, choose);
    switch (choose(place)) {
      case 'null':
        return null;
      case 'undefined':
        return undefined;
      case 'later':
        return Promise.resolve(value());
      case 'much later':
        return Promise.resolve().then(() => Promise.resolve().then(() => value()));
      case 'throws':
        throw new Error(`thrown at ${place}`);
      case 'rejects':
        return rejected(`rejected at ${place}`);
      case 'is an error':
        return new Error(`returned at ${place}`);
      default:
        return value();
    }
  };
}

function rejected(message: string): Promise<never> {
  return Promise.resolve().then(() => {
    throw new Error(message);
  });
}

function valueFor(type: string, place: string, choose: Choose): unknown {
  const inner = type.endsWith('!') ? type.slice(0, -1) : type;
  if (inner.startsWith('[')) {
    // graphql-js lets a rejection go unheard where an item waits and another one throws: all wait, or none, as numbers can.
    const waits = !inner.includes('Int') || choose(`${place} items`) === 'later';
    return [0, 1, 2].map((i) => {
      const at = `${place}.${i}`;
      const outcome = choose(at);
      if (waits && outcome === 'rejects') return rejected(`item at ${at}`);
      const value =
        outcome === 'null'
          ? null
          : outcome === 'is an error'
            ? new Error(`item at ${at}`)
            : valueFor(inner.slice(1, -1), at, choose);
      return waits ? Promise.resolve(value) : value;
    });
  }
  if (inner === 'Int') return choose(`${place} kind`) === 'throws' ? 'no number' : place.length;
  if (inner === 'Color') return choose(`${place} kind`) === 'throws' ? 'BLUE' : 'RED';
  if (inner === 'JSON') return { at: [place, null, 1.5] };
  if (inner === 'Either' || inner === 'Named') {
    const outcome = choose(`${place} kind`);
    return { __typename: outcome === 'null' ? 'Nobody' : outcome === 'value' ? 'Query' : 'Other' };
  }
  return inner === 'String' ? `at ${place}` : {};
}

let resolve: GraphQLFieldResolver<unknown, unknown>;
for (const type of Object.values(schema.getTypeMap())) {
  if (!isObjectType(type) || type.name.startsWith('__')) continue;
  for (const field of Object.values(type.getFields()))
    field.resolve = (source, args, context, info) => resolve(source, args, context, info);
}

/** The same executed both ways: all that is answered, and every call of a resolver in order. */
async function bothWays(document: DocumentNode, given: Record<string, unknown>, choose: Choose) {
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  )!;
  const run = async (how: () => Promise<ExecutionResult> | ExecutionResult) => {
    const calls: string[] = [];
    resolve = resolverFor(choose, calls);
    const { data, errors } = await how();
    // What nobody waits for any more goes on for a while.
    await new Promise(setImmediate);
    const told = errors?.map((error) => [error.toJSON(), error.originalError?.message]);
    return { text: JSON.stringify({ errors: told, data }), calls };
  };
  const prepared = prepare(schema, document, operation);
  const { values, problems } = coercerFor(schema, operation)(given);
  expect(problems).toEqual([]);
  const plan = prepared?.plan(values);
  if (plan === undefined) return undefined;
  const theirs = await run(() => execute({ schema, document, variableValues: given, contextValue: {} }));
  const ours = await run(() => executePlan(plan, {}, values));
  // What was planned before is good again.
  const again = await run(() => executePlan(plan, {}, values));
  return { theirs, ours, again };
}

describe('what is planned beforehand is executed as graphql-js executes it', () => {
  const FIELDS: Record<string, readonly string[]> = {
    Query: ['name', 'must', 'color', 'json', 'numbers', 'strict', '__typename', 'text', 'text(a: $s)', 'text(b: $n)'],
    Other: ['name', 'size', '__typename'],
    Named: ['name', '__typename'],
    Either: ['__typename'],
  };
  const ARGUMENTS = [
    'text(a: null, b: 3)',
    'text(c: [RED, GREEN], p: { y: 2, z: GREEN })',
    'text(p: { x: $m, y: $n })',
  ];
  const BELOW: Record<string, Record<string, string>> = {
    Query: {
      ...{ one: 'Query', sure: 'Query', many: 'Query', all: 'Query', grid: 'Query' },
      ...{ named: 'Named', either: 'Either', eithers: 'Either' },
    },
    Other: { self: 'Other' },
    Named: {},
    Either: {},
  };
  const DIRECTIVES = ['', '', '', '@skip(if: $yes)', '@include(if: $yes)', '@skip(if: $no)', '@include(if: true)'];

  const selection = (type: string, depth: number): fc.Arbitrary<string> => {
    const leaf = fc.constantFrom(...FIELDS[type]!, ...(type === 'Query' ? ARGUMENTS : []));
    const options: fc.Arbitrary<string>[] = [leaf.map((field) => `${aliasOf(field)}${field}`)];
    if (depth > 0) {
      for (const [name, of] of Object.entries(BELOW[type]!))
        options.push(selection(of, depth - 1).map((inner) => `${name} ${inner}`));
      const within =
        isUnionType(schema.getType(type)) || type === 'Named' ? ['Query', 'Other', 'Named'] : [type, 'Named'];
      for (const of of within) options.push(selection(of, depth - 1).map((inner) => `... on ${of} DIRECTIVE ${inner}`));
      if (type === 'Query') options.push(fc.constant('...f DIRECTIVE'), fc.constant('...g DIRECTIVE'));
      if (type === 'Named') options.push(fc.constant('...g DIRECTIVE'));
    }
    return fc
      .array(fc.tuple(fc.oneof(...options), fc.constantFrom(...DIRECTIVES)), { minLength: 1, maxLength: 5 })
      .map((all) => `{ ${all.map(([text, directive]) => put(text, directive)).join(' ')} }`);
  };
  /** Fields with other arguments have names of their own, so that they do not conflict. */
  const aliasOf = (field: string) => (field.includes('(') ? `${field.replace(/\W/g, '')}: ` : '');
  const put = (text: string, directive: string) =>
    text.includes('DIRECTIVE')
      ? text.replace('DIRECTIVE', directive)
      : text.includes('{')
        ? text
        : `${text} ${directive}`;
  const HEAD = '($s: String, $n: Int! = 5, $m: Int! = 2, $yes: Boolean! = true, $no: Boolean!)';

  test('whatever is asked for and whatever comes of it: answer, errors, their places and order, and each call of a resolver', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        selection('Query', 3),
        selection('Query', 1),
        fc.record({ s: fc.constantFrom('text', null, undefined), no: fc.boolean(), yes: fc.boolean() }),
        fc.integer(),
        async (body, fragment, variables, seed) => {
          const text = `query ${HEAD} ${body} fragment f on Query ${fragment.replaceAll('...f', '...g')} fragment g on Named { name __typename }`;
          const document = parse(text);
          // Spreads and variables that nothing uses do not matter here.
          fc.pre(validate(schema, document).every(({ message }) => /never used/.test(message)));
          const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
          const choose: Choose = (place) => OUTCOMES[Math.abs(hashOf(`${seed} ${place}`)) % OUTCOMES.length]!;
          const both = await bothWays(document, given, choose);
          expect(both?.ours).toEqual(both?.theirs);
          expect(both?.again).toEqual(both?.theirs);
          compared++;
        },
      ),
      { numRuns: 300, maxSkipsPerRun: 1_000 },
    );
    expect(compared).toBeGreaterThan(250);
  });

  test.each([
    'mutation { first(a: 1) { name } second { must } third }',
    'mutation { third a: first(a: 2) { sure { must } } b: first(a: 3) { name } second { name } }',
    'mutation { b: third a: third first(a: 1) { all { must } } c: third }',
  ])('a mutation, one field after the other: %s', async (text) => {
    for (let seed = 0; seed < 30; seed++) {
      const choose: Choose = (place) => OUTCOMES[Math.abs(hashOf(`${seed} ${place}`)) % OUTCOMES.length]!;
      const both = await bothWays(parse(text), {}, choose);
      expect(both?.ours).toEqual(both?.theirs);
    }
  });

  test.each([
    '{ __proto__: name constructor: one { __proto__: name } toJSON: name then: name hasOwnProperty: __typename }',
    '{ __schema { queryType { name } } __type(name: "Other") { fields { name type { kind ofType { name } } } } }',
    '{ one { name } one { must one { name } } ... on Query { one { name color } } }',
  ])('names that mean something to JavaScript, the schema, and fields that are asked for twice: %s', async (text) => {
    const both = await bothWays(parse(text), {}, () => 'value');
    expect(both?.ours).toEqual(both?.theirs);
  });

  test('a list of which an item throws while another waits has nobody wait for what nobody hears of', async () => {
    const operation = parse('{ all { must } }');
    const plan = prepare(schema, operation, operation.definitions[0] as OperationDefinitionNode)?.plan({});
    resolve = (_source, _args, _context, { fieldName }) =>
      fieldName === 'all' ? [rejected('one'), new Error('two'), rejected('three')] : 'text';
    const { data, errors } = await executePlan(plan!, {}, {});
    expect([data, errors?.map(({ message }) => message)]).toEqual([null, ['two']]);
  });

  test.each([
    ['query ($b: Boolean = true) { name @include(if: $b) }', { b: null }],
    ['query ($b: Boolean = true) { name @skip(if: $b) }', { b: null }],
  ])('what is left to graphql-js is a condition that is neither true nor false: %s', async (text, given) => {
    expect(await bothWays(parse(text), given, () => 'value')).toBeUndefined();
  });

  test.each([
    ['query ($x: Int) { text(b: $x) }', {}],
    ['query ($x: Int) { text(b: $x) }', { x: null }],
    ['query ($x: Int = 3) { text(b: $x) }', {}],
    ['query ($c: [Color!] = [GREEN]) { text(c: $c) }', { c: null }],
    ['query ($c: [Color!]) { text(c: $c) }', {}],
    ['query ($p: Point, $j: JSON) { text(p: $p, j: $j) }', { p: { y: 3 }, j: { a: [1] } }],
    ['query ($a: String) { text(a: $a) }', {}],
    ['query ($a: String) { text(a: $a) }', { a: null }],
    ['{ text(p: {}, j: { a: [1, "x", null] }) }', {}],
  ])('arguments are what graphql-js makes of them: %s with %j', async (text, given) => {
    const both = await bothWays(parse(text), given, () => 'value');
    expect(both?.ours).toEqual(both?.theirs);
    const operation = parse(text).definitions[0] as OperationDefinitionNode;
    expect(getVariableValues(schema, operation.variableDefinitions ?? [], given).errors).toBeUndefined();
  });
});

function hashOf(text: string): number {
  let sum = 7;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return (sum ^ (sum >>> 15)) | 0;
}
