// The custom scalars of the GraphQL schema: DateTime, SecretValue and JSON.
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { parseDateTime } from '../primitives/date-time.ts';
import { valueProblem } from '../primitives/input.ts';
import { parseJson } from '../primitives/json.ts';
import { MASK, Sensitive } from '../sensitive.ts';

const JSON_DEPTH = 100;

/** The error of a scalar that rejects a value. The message names the expected value. INVARIANT: the message consists of constants. */
export class ScalarProblem extends GraphQLError {
  constructor(expected: string, node?: ValueNode) {
    super(`expected ${expected}`, node && { nodes: node });
    this.name = 'ScalarProblem';
  }
}

function parseInstant(text: unknown, node?: ValueNode): Date {
  const instant = typeof text === 'string' ? parseDateTime(text) : undefined;
  if (instant === undefined) throw new ScalarProblem('an instant such as 2026-01-31T09:30:00Z', node);
  return instant;
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  parseValue: (input) => parseInstant(input),
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : undefined, node),
  serialize(output) {
    const year = output instanceof Date ? output.getUTCFullYear() : Number.NaN;
    if (!(year >= 1 && year <= 9999))
      throw new TypeError('DateTime can serialize only a Date from the year 0001 to the year 9999');
    return (output as Date).toISOString().replace('.000Z', 'Z');
  },
});

/** The scalar for a secret value. A parsed input is a `Sensitive`. A serialized output is a `Sensitive` or the mask. */
export const SecretValueScalar = new GraphQLScalarType<Sensitive, string>({
  name: 'SecretValue',
  parseValue: (input) => secretValue(input),
  parseLiteral: (node) => secretValue(node.kind === Kind.STRING ? node.value : undefined, node),
  serialize(output) {
    if (output instanceof Sensitive) return output.expose();
    if (output === MASK) return MASK;
    // INVARIANT: the scalar SecretValue refuses to serialize a plain string, because the string could be a secret value. The error message does not
    // quote the string.
    throw new TypeError('SecretValue can serialize only a Sensitive or the mask');
  },
});

function secretValue(input: unknown, node?: ValueNode): Sensitive {
  if (typeof input !== 'string') throw new ScalarProblem('a string', node);
  const problem = valueProblem(input);
  if (problem !== undefined) throw new ScalarProblem(problem, node);
  return new Sensitive(input);
}

export const JSONScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  parseValue: (input) => checkedJson(input),
  parseLiteral: (node, variables) => fromLiteral(node, variables ?? {}, 0),
  serialize: (output) => output,
});

/**
 * The scalar JSON rejects deeply nested JSON, because recursive code would exceed the call stack. The scalar rejects Infinity, because JSON.stringify
 * converts Infinity to null. A number that a double cannot represent, such as `1e999`, keeps its original text (see `json.ts`).
 */
function checkedJson(input: unknown): unknown {
  const check = (value: unknown, depth: number): void => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new ScalarProblem('finite numbers');
    if (typeof value !== 'object' || value === null) return;
    if (depth > JSON_DEPTH) throw new ScalarProblem(`JSON at most ${JSON_DEPTH} levels deep`);
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) check(value[i], depth + 1);
    else for (const key of Object.keys(value)) check((value as Record<string, unknown>)[key], depth + 1);
  };
  check(input, 0);
  return input;
}

function fromLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>>, depth: number): unknown {
  if (depth > JSON_DEPTH) throw new ScalarProblem(`JSON at most ${JSON_DEPTH} levels deep`, node);
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return parseJson(node.value);
    case Kind.LIST:
      return node.values.map((item) => fromLiteral(item, variables, depth + 1) ?? null);
    case Kind.OBJECT:
      // An assignment to the field `__proto__` would change the prototype of the object. `Object.fromEntries` adds a normal field `__proto__`
      // instead of changing the prototype.
      return Object.fromEntries(
        node.fields
          .map(({ name, value }) => [name.value, fromLiteral(value, variables, depth + 1)] as const)
          .filter(([, value]) => value !== undefined),
      );
    case Kind.VARIABLE:
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : undefined;
    case Kind.ENUM:
      throw new ScalarProblem('JSON', node);
  }
}

export const scalarResolvers = { DateTime: DateTimeScalar, SecretValue: SecretValueScalar, JSON: JSONScalar };
