// Executes an operation with one root field without graphql-js. For a list, graphql-js needs more CPU time than all other steps of the request together.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { settled } from '../concurrency/settled.ts';
import { type DirectResolver, directResolver, type Outcome, type Outcomes } from './direct-fields.ts';

type Variables = Readonly<Record<string, unknown>>;
/** The data of an answer, or the outcomes of the called fields if only graphql-js can make the answer from the outcomes. */
export type DirectResult = { data: Record<string, unknown> } | { outcomes: Outcomes };

/** One execution of an operation. */
interface Run {
  readonly context: unknown;
  readonly variables: Variables;
  /** The outcomes of the root field, and of the calls that may have an effect. */
  readonly outcomes: Map<string, Outcome>;
  /** The fields whose values are promises. */
  pending: Promise<void>[];
  /** True if one of these fields failed. INVARIANT: a pending promise never rejects, because an unhandled rejection ends the process. */
  hasFailed: boolean;
}

const MAY_CONTAIN_VARIABLES: readonly Kind[] = [Kind.VARIABLE, Kind.LIST, Kind.OBJECT];

type Complete = (value: unknown, run: Run) => unknown;

interface FieldPlan {
  readonly key: string;
  readonly resolve: (source: unknown, run: Run) => unknown;
  readonly complete: Complete;
}

const NOT_DIRECT = new Error('Only graphql-js can execute this operation.');

function notDirect(): never {
  throw NOT_DIRECT;
}

/**
 * Prepares the direct execution of an operation. Returns undefined if only graphql-js can execute the operation. A direct execution requires coerced
 * variables. A direct execution calls the root field, and makes the data from the result of the root field and from direct fields. If an error occurs,
 * or if a value does not fit the schema, the execution returns the outcomes of the called fields, and graphql-js makes the answer from these outcomes.
 * INVARIANT: a direct execution makes exactly the data that graphql-js would make. INVARIANT: the outcomes contain the root field and every call with an
 * effect. Therefore graphql-js repeats neither a mutation nor a reveal.
 */
export function prepareDirect(
  schema: GraphQLSchema,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  operation: OperationDefinitionNode,
): ((context: unknown, variables: Variables) => Promise<DirectResult>) | undefined {
  const root = schema.getRootType(operation.operation);
  if (!root || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
  try {
    const plans = planner(schema, fragments);
    const [[key, nodes] = notDirect(), ...others] = plans.fieldsIn(root, [operation.selectionSet]);
    const [node] = nodes;
    const field = root.getFields()[node.name.value];
    const resolve = field?.resolve;
    if (others.length > 0 || field === undefined || resolve === undefined || key === '__proto__') return undefined;
    const complete = plans.completerOf(field.type, nodes, key);
    const path = { prev: undefined, key, typename: root.name };
    const { name: fieldName, type: returnType } = field;
    return async (context, variables) => {
      const info: GraphQLResolveInfo = {
        ...{ fieldName, fieldNodes: nodes, returnType, parentType: root, path, schema, fragments },
        ...{ rootValue: undefined, operation, variableValues: variables },
      };
      const run: Run = { context, variables, outcomes: new Map(), pending: [], hasFailed: false };
      const call = async () => resolve(undefined, getArgumentValues(field, node, variables), context, info);
      const outcome = await settled(call());
      run.outcomes.set(key, outcome);
      if (outcome.status === 'rejected') return run;
      const data = await completed(run, () => ({ [key]: complete(outcome.value, run) }));
      return data === undefined ? run : { data };
    };
  } catch (error) {
    if (error === NOT_DIRECT) return undefined;
    throw error;
  }
}

/** Returns the result of `complete` when all promises of the run are settled. Returns undefined if an error occurred. */
async function completed<T>(run: Run, complete: () => T): Promise<T | undefined> {
  let result: T | undefined;
  try {
    result = complete();
  } catch {
    // graphql-js calls the resolvers again, and reports the error.
  }
  while (run.pending.length > 0) {
    const waiting = run.pending;
    run.pending = [];
    await Promise.all(waiting);
  }
  return run.hasFailed ? undefined : result;
}

function planner(schema: GraphQLSchema, fragments: Readonly<Record<string, FragmentDefinitionNode>>) {
  type Nodes = [FieldNode, ...FieldNode[]];

  /** Returns the selected fields of an object type, by response name. @throws NOT_DIRECT if the selection has a directive */
  const fieldsIn = (type: GraphQLObjectType, sets: readonly SelectionSetNode[]): [string, Nodes][] => {
    const fields = new Map<string, Nodes>();
    const visit = ({ selections }: SelectionSetNode): void => {
      for (const node of selections) {
        if (node.directives !== undefined && node.directives.length > 0) notDirect();
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value;
          const same = fields.get(key);
          if (same === undefined) fields.set(key, [node]);
          else same.push(node);
          continue;
        }
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : (fragments[node.name.value] ?? notDirect());
        if (applies(fragment.typeCondition?.name.value, type)) visit(fragment.selectionSet);
      }
    };
    for (const set of sets) visit(set);
    return [...fields];
  };

  const applies = (condition: string | undefined, type: GraphQLObjectType): boolean => {
    if (condition === undefined || condition === type.name) return true;
    const conditional = schema.getType(condition);
    return isAbstractType(conditional) && schema.isSubType(conditional, type);
  };

  /**
   * Returns the function that makes the data of a value of this type. The function throws if the value does not fit the type. `place` is undefined in a
   * list, because the plan does not know the places of the items.
   */
  const completerOf = (type: GraphQLOutputType, nodes: Nodes, place: string | undefined): Complete => {
    const isRequired = isNonNullType(type);
    const complete = presentCompleterOf(isRequired ? type.ofType : type, nodes, place);
    return (value, run) => {
      if (value !== null && value !== undefined) return complete(value, run);
      return isRequired ? notDirect() : null;
    };
  };

  const presentCompleterOf = (type: GraphQLOutputType, nodes: Nodes, place: string | undefined): Complete => {
    if (isNonNullType(type)) return notDirect();
    if (isListType(type)) {
      const complete = completerOf(type.ofType, nodes, undefined);
      return (value, run) => (Array.isArray(value) ? value.map((item) => complete(item, run)) : notDirect());
    }
    if (isObjectType(type)) {
      if (type.isTypeOf) return notDirect();
      const plans = plansOf(type, nodes, place);
      return (value, run) => objectOf(plans, value, run);
    }
    if (isAbstractType(type)) {
      if (type.resolveType) return notDirect();
      const types = schema.getPossibleTypes(type);
      const plansByType = new Map(types.map((each) => [each.name, plansOf(each, nodes, place)]));
      return (value, run) => {
        const { __typename: name } = value as { __typename?: unknown };
        return objectOf(plansByType.get(name as string) ?? notDirect(), value, run);
      };
    }
    return (value) => {
      if (value instanceof Error || isPromise(value)) return notDirect();
      return type.serialize(value) ?? notDirect();
    };
  };

  const plansOf = (type: GraphQLObjectType, nodes: Nodes, parent: string | undefined): FieldPlan[] =>
    fieldsIn(
      type,
      nodes.map(({ selectionSet }) => selectionSet ?? notDirect()),
    ).map(([key, same]) => {
      const name = same[0].name.value;
      // An object field with this name would be the prototype of the object.
      if (key === '__proto__') return notDirect();
      if (name === TypeNameMetaFieldDef.name) return { key, resolve: () => type.name, complete: (value) => value };
      const field = type.getFields()[name] ?? notDirect();
      const place = parent === undefined ? undefined : `${parent}.${key}`;
      return { key, resolve: resolverOf(field, same[0], place), complete: completerOf(field.type, same, place) };
    });

  return { fieldsIn, completerOf };
}

/** @throws NOT_DIRECT if the field is not direct, or if the field is in a list and its arguments depend on variables or its call has an effect */
function resolverOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  place: string | undefined,
): FieldPlan['resolve'] {
  if (field.resolve === undefined) {
    const { name } = field;
    return (source) => {
      const value = (source as Readonly<Record<string, unknown>>)[name];
      return typeof value === 'function' ? notDirect() : value;
    };
  }
  const dependsOnVariables = node.arguments?.some(({ value }) => MAY_CONTAIN_VARIABLES.includes(value.kind)) ?? false;
  const constant = dependsOnVariables ? undefined : argumentsOf(field, node);
  const { resolve, mayHaveEffect }: DirectResolver = directResolver(field.resolve, constant) ?? notDirect();
  if (constant !== undefined && !mayHaveEffect)
    return (source, { context }) => resolve(source, constant, context, undefined as never);
  if (place === undefined) return notDirect();
  return (source, { context, variables, outcomes }) => {
    const args = constant ?? getArgumentValues(field, node, variables);
    try {
      const value = resolve(source, args, context, undefined as never);
      outcomes.set(place, { status: 'fulfilled', value });
      return value;
    } catch (reason) {
      outcomes.set(place, { status: 'rejected', reason });
      throw reason;
    }
  };
}

function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Record<string, unknown> {
  try {
    return getArgumentValues(field, node, {});
  } catch {
    return notDirect();
  }
}

function objectOf(plans: readonly FieldPlan[], source: unknown, run: Run): Record<string, unknown> {
  if (typeof source !== 'object' || source instanceof Error || isPromise(source)) return notDirect();
  const object: Record<string, unknown> = {};
  for (const { key, resolve, complete } of plans) {
    const value = resolve(source, run);
    if (isPromise(value)) {
      object[key] = null;
      const set = (result: unknown) => {
        object[key] = complete(result, run);
      };
      const fail = () => {
        run.hasFailed = true;
      };
      run.pending.push(value.then(set).catch(fail));
    } else object[key] = complete(value, run);
  }
  return object;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
