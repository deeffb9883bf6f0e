// The limits of one request. The gateway counts the fields of a document and their nesting before graphql-js validates the document, because one
// validation rule takes quadratic time in the number of fields. The gateway checks the cost of an operation after the coercion of the variables.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { MOST_PER_PAGE } from '../primitives/pages.ts';
import { EdgeError } from './edge-error.ts';

export const LIMITS = {
  tokens: 4_000,
  /** Maximum number of levels of nested fields. */
  depth: 12,
  /** Maximum number of levels of nested fields below `__schema` and `__type`. The standard introspection query of graphql-js has 15 levels. */
  introspectionDepth: 20,
  aliases: 100,
  /** Maximum number of fields, spreads and inline fragments together. The selections of a fragment are counted at each spread of the fragment. */
  selections: 1_000,
  rootFields: 100,
  directives: 50,
  /** Maximum number of fragments in the document. The limit is needed because validation compares each fragment with each other fragment. */
  fragments: 100,
  /** Maximum value of the argument `first`, the number of elements on a page. */
  first: MOST_PER_PAGE,
  /**
   * Maximum number of fields that one operation resolves. For example, three nested pages of 50 elements are allowed. A CPU core resolves half a
   * million fields in a second.
   */
  cost: 150_000,
} as const;

/** The assumed length of a list that has no argument `first`, for example a list of tags, roles or access paths. */
const ASSUMED_ITEMS = 10;
const MUTATION_COST = 10;
/**
 * The cost of a revealed value, because the gateway writes an audit event and decrypts up to 256 KiB. With this cost, a request can reveal some 240
 * values.
 */
const REVEAL_COST = 600;
/**
 * The cost of a payload, which can contain 200 secret values. With this cost, a request can have ten payloads. `payloads/work-limit.ts` limits the work
 * on the JSON of the payload.
 */
const PAYLOAD_COST = 15_000;
/**
 * The cost of each selected field of references, because an answer can have 5,000 references. PAYLOAD_COST includes the cost of six fields. Each
 * further field costs a sixth of PAYLOAD_COST.
 */
const REFERENCE_FIELD_COST = PAYLOAD_COST / 6;
/**
 * The cost of a simulation, which makes changes, undoes the changes, and reads 5,000 pairs of principal and secret twice. With this cost, a request
 * can contain five simulations.
 */
const SIMULATION_COST = 28_000;
/** The cost of a verification of the audit log, which reads all audit events. With this cost, a request can contain one verification. */
const VERIFICATION_COST = 100_000;
/**
 * The cost of an argon2id hash of a password. The hash takes a tenth of a second, in threads that all sign-ins share. With this cost, a request can
 * hash fifty passwords.
 */
const PASSWORD_COST = 3_000;
/** The cost of a change of group members, which changes up to 200 database rows. With this cost, a request can contain 29 changes of group members. */
const MEMBERS_COST = 5_000;
/**
 * The cost of a query about past access. The query reads up to 2,000 pairs of principal and secret at two times, or compares 300 grants with the
 * audit log. With this cost, a request can contain ten queries about past access.
 */
const HISTORY_COST = 15_000;
/** The query fields whose cost is PAYLOAD_COST. */
const OF_PAYLOADS = new Set(['resolveReferences', 'checkReferences']);
/**
 * The cost of masking a payload. With this cost, a request can mask a hundred small payloads. `payloads/work-limit.ts` limits the work of masking in the
 * complete request.
 */
const MASK_COST = 1_500;
const OF_MASKS = new Set(['maskPayload', 'archivePayload']);
const MUTATION_COSTS: Readonly<Record<string, number>> = {
  verifyAuditLog: VERIFICATION_COST,
  signIn: PASSWORD_COST,
  createUser: PASSWORD_COST,
  updateUser: PASSWORD_COST,
  addGroupMembers: MEMBERS_COST,
};
const QUERY_COSTS: Readonly<Record<string, number>> = {
  simulateAccess: SIMULATION_COST,
  accessChanges: HISTORY_COST,
  unusedPermissions: HISTORY_COST,
};

const OWN_COSTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Query: QUERY_COSTS,
  Mutation: MUTATION_COSTS,
};

/**
 * The cost of `__schema` or `__type` with all nested selections. The cost is a constant, because the size of the schema limits the size of the
 * answer.
 */
const INTROSPECTION_COST = 5_000;

/** The counts of fields and levels of a selection set. The selections of a fragment are counted at each spread of the fragment. */
interface Shape {
  selections: number;
  aliases: number;
  directives: number;
  rootFields: number;
  depth: number;
  introspectionDepth: number;
}

const NOTHING: Shape = { selections: 0, aliases: 0, directives: 0, rootFields: 0, depth: 0, introspectionDepth: 0 };
/** For each limit, the noun that an error message uses. */
const WORDS = {
  selections: 'selections',
  aliases: 'aliases',
  directives: 'directives',
  rootFields: 'root fields',
  depth: 'levels of fields',
  introspectionDepth: 'levels of introspection',
} satisfies Record<keyof Shape, string>;

/** Parses a document and checks its shape. @throws EdgeError if the document exceeds a limit, GraphQLError for a syntax error */
export function parseWithinLimits(query: string): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: LIMITS.tokens });
  } catch (error) {
    if (error instanceof GraphQLError && /more that \d+ tokens/.test(error.message)) {
      throw new EdgeError('GRAPHQL_VALIDATION_FAILED', `The document has more than ${LIMITS.tokens} tokens.`);
    }
    if (error instanceof GraphQLError) throw error;
    // An error of the parser that is not a GraphQLError is a stack overflow, because the parser is recursive and deeply nested lists exceed the
    // stack.
    throw new EdgeError('GRAPHQL_PARSE_FAILED', 'The document is nested too deeply.');
  }
  checkShape(document);
  return document;
}

/** @throws EdgeError if the operations of `document` together exceed a limit */
export function checkShape(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);

  if (fragments.size > LIMITS.fragments) throw tooMany('fragments', LIMITS.fragments, fragments.size);

  // INVARIANT: the counts of each fragment are computed once. The computation therefore takes linear time, even if fragments contain many spreads of
  // other fragments.
  const measured = new Map<string, Shape>();
  const measure = (set: SelectionSetNode): Shape => {
    let shape = NOTHING;
    for (const node of set.selections) {
      let inner = NOTHING;
      if (node.kind === Kind.FRAGMENT_SPREAD) inner = fragment(node.name.value);
      else if (node.selectionSet) inner = measure(node.selectionSet);
      shape = sum(shape, {
        ...(node.kind === Kind.FIELD ? below(node, inner) : inner),
        selections: inner.selections + 1,
        aliases: inner.aliases + (node.kind === Kind.FIELD && node.alias ? 1 : 0),
        directives: inner.directives + (node.directives?.length ?? 0),
      });
    }
    return shape;
  };
  const fragment = (name: string): Shape => {
    const earlier = measured.get(name);
    if (earlier) return earlier;
    // A fragment that contains a spread of itself is treated as empty here. Validation rejects such a fragment later.
    measured.set(name, NOTHING);
    const node = fragments.get(name);
    const shape = node ? measure(node.selectionSet) : NOTHING;
    measured.set(name, shape);
    return shape;
  };

  let total = NOTHING;
  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION) total = sum(total, measure(node.selectionSet));
    // An unused fragment is checked too, because validation reads unused fragments.
    if (node.kind === Kind.FRAGMENT_DEFINITION) check(fragment(node.name.value), ['selections']);
    let directives = 0;
    if ('directives' in node) directives += node.directives?.length ?? 0;
    if ('variableDefinitions' in node) {
      for (const variable of node.variableDefinitions ?? []) directives += variable.directives?.length ?? 0;
    }
    total = { ...total, directives: total.directives + directives };
  }
  check(total);
}

function check(shape: Shape, keys = Object.keys(WORDS) as (keyof Shape)[]): void {
  for (const key of keys) {
    if (shape[key] > LIMITS[key]) throw tooMany(WORDS[key], LIMITS[key], shape[key]);
  }
}

const tooMany = (what: string, most: number, found: number) =>
  new EdgeError('GRAPHQL_VALIDATION_FAILED', `The document has ${found} ${what}. At most ${most} are allowed.`);

function below(node: FieldNode, inner: Shape): Shape {
  const isIntrospection = node.name.value === '__schema' || node.name.value === '__type';
  return {
    ...inner,
    rootFields: 1,
    depth: isIntrospection ? 1 : inner.depth + 1,
    introspectionDepth: isIntrospection
      ? Math.max(inner.depth, inner.introspectionDepth) + 1
      : inner.introspectionDepth,
  };
}

function sum(a: Shape, b: Shape): Shape {
  return {
    selections: bounded(a.selections + b.selections),
    aliases: bounded(a.aliases + b.aliases),
    directives: bounded(a.directives + b.directives),
    rootFields: bounded(a.rootFields + b.rootFields),
    depth: Math.max(a.depth, b.depth),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
  };
}

/** Limits a count, because nested spreads of fragments could make the count infinite. */
const bounded = (count: number) => Math.min(count, 1_000_000_000);

/**
 * Returns an error if the operation costs too much, or if an argument `first` is out of range. Requires coerced `variables` and a valid `document`.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  limit: number = LIMITS.cost,
): EdgeError | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);

  const costOf = (set: SelectionSetNode, parent: GraphQLCompositeType, items: number, each: number): number => {
    let cost = 0;
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        cost += costOfField(node, parent, items, each);
        continue;
      }
      const found = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node;
      if (!found) continue;
      const type = found.typeCondition ? schema.getType(found.typeCondition.name.value) : parent;
      if (isCompositeType(type)) cost += costOf(found.selectionSet, type, items, each);
    }
    return cost;
  };

  /** `items` is the size of the page whose elements `nodes` selects. `each` is the cost of a field without its selections. */
  const costOfField = (node: FieldNode, parent: GraphQLCompositeType, items: number, each: number): number => {
    const name = node.name.value;
    if (name === '__schema' || name === '__type') return INTROSPECTION_COST;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field) return each;
    if (parent.name === 'Secret' && name === 'value') return reveals(node, variables) ? REVEAL_COST : each;
    if (parent.name === 'Query' && OF_PAYLOADS.has(name)) {
      const type = getNamedType(field.type);
      const fields = node.selectionSet && isCompositeType(type) ? costOf(node.selectionSet, type, 1, 1) : 0;
      return Math.max(PAYLOAD_COST, REFERENCE_FIELD_COST * fields);
    }
    if (parent.name === 'Query' && OF_MASKS.has(name)) return MASK_COST;
    const own = OWN_COSTS[parent.name]?.[name] ?? each;
    const page = pageSize(field, node, variables);
    const type = getNamedType(field.type);
    const isList = isListType(getNullableType(field.type));
    const inner =
      node.selectionSet && isCompositeType(type)
        ? costOf(node.selectionSet, type, isList ? ASSUMED_ITEMS : (page ?? ASSUMED_ITEMS), 1)
        : 0;
    return own + inner * (isList ? (page ?? items) : 1);
  };

  try {
    const root = schema.getRootType(operation.operation);
    const each = operation.operation === 'mutation' ? MUTATION_COST : 1;
    const cost = root ? costOf(operation.selectionSet, root, ASSUMED_ITEMS, each) : 0;
    if (cost <= limit) return undefined;
    return new EdgeError(
      'GRAPHQL_VALIDATION_FAILED',
      `The operation costs ${cost}. At most ${limit} is allowed: select fewer fields or smaller pages.`,
    );
  } catch (error) {
    if (error instanceof EdgeError) return error;
    throw error;
  }
}

function reveals(node: FieldNode, variables: Readonly<Record<string, unknown>>): boolean {
  const value = node.arguments?.find(({ name }) => name.value === 'reveal')?.value;
  if (value?.kind === Kind.VARIABLE) return variables[value.name.value] === true;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** The value of the argument `first` of a field. Undefined for a field without this argument. @throws EdgeError if `first` is out of range */
function pageSize(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  const definition = field.args.find(({ name }) => name === 'first');
  if (!definition) return undefined;
  const value = node.arguments?.find(({ name }) => name.value === 'first')?.value;

  let first: unknown = definition.defaultValue ?? LIMITS.first;
  if (value?.kind === Kind.INT) first = Number(value.value);
  else if (value?.kind === Kind.NULL) first = null;
  else if (value?.kind === Kind.VARIABLE && Object.hasOwn(variables, value.name.value))
    first = variables[value.name.value];

  if (typeof first !== 'number' || first < 1 || first > LIMITS.first) {
    const expected = `expected 1 to ${LIMITS.first}`;
    throw new EdgeError('BAD_USER_INPUT', `first: ${expected}`, { field: 'first', expected });
  }
  return first;
}
