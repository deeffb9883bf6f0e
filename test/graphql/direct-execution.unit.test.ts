// A direct execution must make exactly the answer that graphql-js makes. The operations run on random data, and some data causes errors.
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  buildSchema,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  getOperationAST,
  Kind,
  parse,
  validate,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareDirect } from '../../src/graphql/direct-execution.ts';
import { calledOnce, direct, keepDirect } from '../../src/graphql/direct-fields.ts';
import { prepareOperation } from '../../src/graphql/prepared-operation.ts';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

const schema = buildSchema(`
  interface Named { name: String! }
  union Pet = Cat | Dog
  enum Colour { RED BLUE }
  type Cat implements Named { name: String!, lives: Int, colour: Colour!, friends: [Pet!], owner(shout: Boolean! = false): Owner }
  type Dog implements Named { name: String!, loud: Boolean, friends: [Pet]!, owner(shout: Boolean! = false): Owner! }
  type Owner implements Named { name: String!, pets: [[Named!]], effect: String, marked(shout: Boolean! = false): String! }
  input Food { name: String!, colour: Colour }
  type Query { pets(first: Int! = 2, colour: Colour): [Pet!], owner: Owner!, named: Named }
  type Mutation { feed(food: Food!): Owner, rename: Named! }
`);

/** The data of a field: a value, or an error, either at once or as a promise. */
interface Answer {
  as: 'value' | 'promise' | 'thrown' | 'rejected' | 'error';
  of: unknown;
}

let rootCalls = 0;
/** The number of calls of the field `marked` that have an effect. */
let effects = 0;
const given: Resolver = async (_source, _args, context) => {
  rootCalls += 1;
  return resolved((context as { root: Answer }).root);
};
const read =
  (name: string): Resolver =>
  (source, args) => {
    if (name === 'marked' && args.shout) effects += 1;
    const found = resolved((source as Record<string, Answer>)[name]);
    return args.shout && typeof found === 'object' && found !== null && !(found instanceof Promise)
      ? { ...found, name: { as: 'value', of: 'LOUD' } }
      : found;
  };
function resolved(answer: Answer | undefined): unknown {
  if (answer === undefined) return undefined;
  const { as, of } = answer;
  if (as === 'thrown') throw new Error('thrown');
  if (as === 'rejected') return Promise.reject(new Error('rejected'));
  if (as === 'error') return new Error('returned');
  return as === 'promise' ? Promise.resolve(of) : of;
}

for (const name of ['Cat', 'Dog', 'Owner']) {
  for (const field of Object.values((schema.getType(name) as GraphQLObjectType).getFields())) {
    const resolve = read(field.name);
    if (field.name !== 'effect') direct({ resolve }, ({ shout = false }) => shout !== false);
    field.resolve = keepDirect(resolve, calledOnce(resolve));
  }
}
for (const type of [schema.getQueryType()!, schema.getMutationType()!])
  for (const field of Object.values(type.getFields())) field.resolve = calledOnce(given);

/** Mostly values that fit the schema. */
const { pet, owner: person } = fc.letrec<{ pet: unknown; owner: unknown }>((tie) => {
  const answered = (of: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown> = fc.constant(null)) =>
    fc.record({
      as: fc.oneof(
        { weight: 60, arbitrary: fc.constant('value') },
        { weight: 8, arbitrary: fc.constant('promise') },
        { weight: 1, arbitrary: fc.constantFrom('thrown', 'rejected', 'error') },
      ),
      of: fc.oneof({ weight: 40, arbitrary: of }, { weight: 1, arbitrary: odd }),
    });
  const name = answered(fc.string({ maxLength: 3 }), fc.constantFrom(null, undefined, 7, {}));
  const pets = fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('pet'), { maxLength: 3 }));
  const owner = fc.record({
    __typename: fc.constant('Owner'),
    name,
    pets: answered(fc.array(pets, { maxLength: 2 }), fc.constantFrom(null, 'text', [7])),
    effect: answered(fc.constant('e')),
    marked: answered(fc.string({ maxLength: 3 }), fc.constantFrom(null, {}, undefined)),
  });
  return {
    owner,
    pet: fc.oneof(
      { depthSize: 'small', maxDepth: 3 },
      fc.constant({ __typename: 'Cat', name: { as: 'value', of: 'a' }, colour: { as: 'value', of: 'RED' } }),
      fc.record({
        __typename: fc.constant('Cat'),
        name,
        lives: answered(fc.integer({ min: 0, max: 9 }), fc.constantFrom(null, 1.5, 'many')),
        colour: answered(fc.constantFrom('RED', 'BLUE'), fc.constantFrom(null, 'GREEN')),
        friends: answered(pets),
        owner: answered(owner),
      }),
      fc.record({
        __typename: fc.oneof(
          { weight: 30, arbitrary: fc.constant('Dog') },
          fc.constantFrom('Owner', 'Bird', undefined),
        ),
        name,
        loud: answered(fc.boolean()),
        friends: answered(pets, fc.constantFrom(null, [null])),
        owner: answered(owner),
      }),
    ),
  };
});
const root = fc.oneof(
  { weight: 20, arbitrary: fc.record({ as: fc.constant('value'), of: fc.array(pet, { maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ as: fc.constant('value'), of: pet }) },
  { weight: 20, arbitrary: fc.record({ as: fc.constant('value'), of: person }) },
  fc.record({ as: fc.constantFrom('rejected', 'thrown', 'error', 'value'), of: fc.constant(null) }),
) as fc.Arbitrary<Answer>;

const DIRECT = [
  '{ pets { __typename ... on Cat { name lives colour } ... on Dog { name loud } } }',
  'query ($first: Int!) { p: pets(first: $first) { ... on Named { n: name } ...C } } fragment C on Cat { lives friends { ...D } } fragment D on Pet { __typename ... on Dog { loud loud } }',
  '{ pets { ... on Cat { owner { name } owner { pets { name } } } ... on Dog { quiet: owner(shout: false) { name } } } }',
  '{ owner { name pets { __typename name } } }',
  '{ named { name ... on Owner { pets { name ... on Cat { colour friends { ... on Dog { name } } } } } } }',
  '{ owner { name marked(shout: true) } }',
  '{ o: owner { pets { name } m: marked(shout: true) ...Twice name } } fragment Twice on Owner { marked(shout: true) quiet: marked }',
  '{ named { ... on Named { name } ... on Owner { marked(shout: true) pets { name } } ... on Cat { owner { marked(shout: true) } } } }',
  'mutation ($name: String!) { feed(food: { name: $name, colour: RED }) { __typename name marked(shout: true) pets { name } } }',
  'mutation ($food: Food!) { f: feed(food: $food) { name } }',
  'mutation { rename { name ... on Owner { a: marked(shout: true) b: marked(shout: true) } } }',
  'query ($shout: Boolean!) { owner { name marked(shout: $shout) pets { name } } }',
  'query ($yes: Boolean!, $missing: Boolean) { owner { name marked(shout: $yes) m: marked(shout: $missing) } }',
  'query ($null: Boolean) { owner { name a: marked(shout: true) marked(shout: $null) } }',
];
const NOT_DIRECT = [
  '{ pets { ... on Cat { name @include(if: true) } } }',
  '{ pets { ... on Cat { __proto__: name } } }',
  '{ owner { effect } }',
  '{ owner { name } named { name } }',
  '{ pets { ... on Cat { owner(shout: true) { name } } } }',
  '{ pets { ... on Cat { owner { marked(shout: true) } } } }',
  '{ owner { marked(shout: true) @skip(if: false) } }',
  'query ($shout: Boolean!) { owner { name @include(if: $shout) marked } }',
  'mutation { rename { name } again: rename { name } }',
  'query ($shout: Boolean!) { pets { ... on Dog { owner(shout: $shout) { name } } } }',
  '{ __typename }',
];
const VARIABLES = { first: 3, shout: false, yes: true, null: null, name: 'a', food: { name: 'b' } };

function prepared(text: string) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document)!;
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const isDirect =
    prepareDirect(schema, Object.fromEntries(fragments.map((node) => [node.name.value, node])), operation) !==
    undefined;
  return { document, isDirect, operation: prepareOperation(schema, document, operation)! };
}

// If an item of a list fails at once, graphql-js does not handle the errors of earlier items that are promises. The test ignores these rejections. Every
// other unhandled rejection fails the test, because an unhandled rejection ends the process of a gateway.
const listeners = process.listeners('unhandledRejection');
beforeAll(() => {
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason, promise) => {
    if (!(reason instanceof GraphQLError)) for (const listener of listeners) listener(reason, promise);
  });
});
afterAll(async () => {
  // Node reports a rejection after the microtasks of its turn.
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

async function counted(work: () => unknown) {
  rootCalls = 0;
  effects = 0;
  const answer = JSON.stringify(await work());
  return { answer, rootCalls, effects };
}

/** Executes the operation on random data, and requires that graphql-js makes the same answer with the same calls. Returns the kinds of answers. */
async function expectEqualAnswers({ document, operation }: ReturnType<typeof prepared>) {
  const { values, problems } = operation.coerce(VARIABLES);
  expect(problems).toEqual([]);
  const seen = { data: 0, errors: 0, effects: 0 };
  await fc.assert(
    fc.asyncProperty(root, async (answer) => {
      const contextValue = { root: answer };
      const expected = await counted(() => execute({ schema, document, contextValue, variableValues: VARIABLES }));
      expect(await counted(() => operation.execute(contextValue, VARIABLES, values))).toEqual(expected);
      seen[expected.answer.startsWith('{"errors"') ? 'errors' : 'data'] += 1;
      seen.effects += expected.effects;
    }),
    { numRuns: 250 },
  );
  return seen;
}

test.each(DIRECT)('the answer of the direct execution of %s equals the answer of graphql-js', async (text) => {
  const operation = prepared(text);
  expect(operation.isDirect).toBe(true);
  const seen = await expectEqualAnswers(operation);
  expect(seen.errors).toBeGreaterThan(20);
  // `shout` must not be null, so each answer of this operation contains an error.
  if (!text.includes('$null')) expect(seen.data).toBeGreaterThan(20);
  if (/shout: (true|\$yes)/.test(text)) expect(seen.effects).toBeGreaterThan(20);
});

test.each(NOT_DIRECT)('graphql-js executes %s, because the operation has a part that is not direct', (text) => {
  expect(prepared(text).isDirect).toBe(false);
});
