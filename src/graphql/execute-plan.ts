// Executes what was planned, step by step as `execute` of graphql-js 16 does (GraphQL, October 2021, 6.2 to 6.4): the same resolvers in the same
// order with the same arguments, the same errors at the same places. Only what does not change from one execution to the next was done before.
import {
  defaultTypeResolver,
  type ExecutionResult,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isObjectType,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
} from 'graphql';
import type { Variables } from './collect-fields.ts';
import { FieldErrors } from './field-errors.ts';
import type { Plan, PlannedField, Shape } from './plan.ts';

type Path = GraphQLResolveInfo['path'] | undefined;
type Data = Record<string, unknown>;

/** An object on which any name can be set, `__proto__` as well: quicker than one that is made without a prototype. */
class NoNames {
  [name: string]: unknown;
}
Object.setPrototypeOf(NoNames.prototype, null);

interface Running {
  readonly plan: Plan;
  readonly context: unknown;
  /** Coerced. */
  readonly variables: Variables;
  readonly errors: FieldErrors;
}

/** Never rejects: what goes wrong is among the errors. */
export function executePlan(
  plan: Plan,
  context: unknown,
  variables: Variables,
): Promise<ExecutionResult> | ExecutionResult {
  const running: Running = { plan, context, variables, errors: new FieldErrors() };
  const failed = (error: GraphQLError) => {
    running.errors.add(error, undefined);
    return resultOf(null, running.errors);
  };
  try {
    const isMutation = plan.operation.operation === OperationTypeNode.MUTATION;
    const data = isMutation ? inTurn(running, plan.fields) : atOnce(running, plan.fields, undefined, undefined);
    return isPromise(data) ? data.then((all) => resultOf(all, running.errors), failed) : resultOf(data, running.errors);
  } catch (error) {
    return failed(error as GraphQLError);
  }
}

function resultOf(data: Data | null, { errors }: FieldErrors): ExecutionResult {
  return errors.length === 0 ? { data } : { errors, data };
}

/** Root fields of a mutation, each once the one before it is done. */
function inTurn(running: Running, fields: readonly PlannedField[]): Promise<Data> | Data {
  const data: Data = new NoNames();
  let before: Promise<Data> | Data = data;
  const next = (field: PlannedField): Promise<Data> | Data => {
    const value = executeField(running, field, undefined, pathOf(undefined, field));
    if (isPromise(value)) {
      return value.then((settled) => {
        data[field.name] = settled;
        return data;
      });
    }
    data[field.name] = value;
    return data;
  };
  for (const field of fields) before = isPromise(before) ? before.then(() => next(field)) : next(field);
  return before;
}

function atOnce(running: Running, fields: readonly PlannedField[], source: unknown, path: Path): Promise<Data> | Data {
  const data: Data = new NoNames();
  const waiting: Waiting = { names: [], values: [] };
  try {
    for (const field of fields) {
      const value = executeField(running, field, source, pathOf(path, field));
      // In its place, though it may be waited for.
      data[field.name] = value;
      if (isPromise(value)) {
        waiting.names.push(field.name);
        waiting.values.push(value);
      }
    }
  } catch (error) {
    // The others may reject as well, and somebody has to hear of it.
    if (waiting.names.length > 0) {
      return settled(data, waiting).finally(() => {
        throw error;
      });
    }
    throw error;
  }
  return waiting.names.length > 0 ? settled(data, waiting) : data;
}

interface Waiting {
  readonly names: string[];
  readonly values: Promise<unknown>[];
}

async function settled(data: Data, { names, values }: Waiting): Promise<Data> {
  const all = await Promise.all(values);
  for (let i = 0; i < names.length; i++) data[names[i]!] = all[i];
  return data;
}

function executeField(running: Running, field: PlannedField, source: unknown, path: NonNullable<Path>): unknown {
  const { shape } = field;
  const failed = (error: unknown) =>
    handle(running, locatedError(error, field.nodes, responsePathAsArray(path)), shape, path);
  try {
    const info = infoFor(running, field, path);
    const result = field.resolve(source, field.args(running.variables), running.context, info);
    const value = isPromise(result)
      ? result.then((resolved) => complete(running, field, shape, info, path, resolved))
      : complete(running, field, shape, info, path, result);
    return isPromise(value) ? value.then(undefined, failed) : value;
  } catch (error) {
    return failed(error);
  }
}

function infoFor({ plan, variables }: Running, field: PlannedField, path: NonNullable<Path>): GraphQLResolveInfo {
  return {
    fieldName: field.definition.name,
    fieldNodes: field.nodes,
    returnType: field.definition.type,
    parentType: field.parent,
    path,
    schema: plan.schema,
    fragments: plan.fragments as GraphQLResolveInfo['fragments'],
    rootValue: undefined,
    operation: plan.operation,
    variableValues: variables as GraphQLResolveInfo['variableValues'],
  };
}

/** Null in the place of what failed, unless it must not be null: then what is around it fails. */
function handle({ errors }: Running, error: GraphQLError, shape: Shape, path: Path): null {
  if (shape.kind === 'NON_NULL') throw error;
  errors.add(error, path);
  return null;
}

function complete(
  running: Running,
  field: PlannedField,
  shape: Shape,
  info: GraphQLResolveInfo,
  path: NonNullable<Path>,
  result: unknown,
): unknown {
  if (result instanceof Error) throw result;
  if (shape.kind === 'NON_NULL') {
    const value = complete(running, field, shape.of, info, path, result);
    if (value !== null) return value;
    throw new Error(`Cannot return null for non-nullable field ${field.parent.name}.${field.definition.name}.`);
  }
  if (result == null) return null;
  switch (shape.kind) {
    case 'LEAF': {
      const value = shape.type.serialize(result);
      if (value == null) throw new Error(`Expected \`${shape.type}.serialize\` to return a non-nullable value.`);
      return value;
    }
    case 'LIST':
      return completeList(running, field, shape.of, info, path, result);
    case 'OBJECT':
      return completeObject(running, field, shape.type, info, path, result);
    case 'ABSTRACT': {
      const { type } = shape;
      const name = (type.resolveType ?? defaultTypeResolver)(result, running.context, info, type);
      const as = (found: unknown) =>
        completeObject(running, field, typeNamed(running.plan, found, field, shape), info, path, result);
      return isPromise(name) ? name.then(as) : as(name);
    }
  }
}

function completeList(
  running: Running,
  field: PlannedField,
  shape: Shape,
  info: GraphQLResolveInfo,
  path: NonNullable<Path>,
  result: unknown,
): unknown {
  if (typeof result !== 'object' || typeof (result as Iterable<unknown>)[Symbol.iterator] !== 'function') {
    throw new GraphQLError(
      `Expected Iterable, but did not find one for field "${field.parent.name}.${field.definition.name}".`,
    );
  }
  const waiting: Promise<unknown>[] = [];
  const completeItem = (item: unknown, key: number): unknown => {
    const at = { prev: path, key, typename: undefined };
    const failed = (error: unknown) =>
      handle(running, locatedError(error, field.nodes, responsePathAsArray(at)), shape, at);
    try {
      const value = isPromise(item)
        ? item.then((resolved) => complete(running, field, shape, info, at, resolved))
        : complete(running, field, shape, info, at, item);
      if (!isPromise(value)) return value;
      const settled = value.then(undefined, failed);
      waiting.push(settled);
      return settled;
    } catch (error) {
      return failed(error);
    }
  };
  const all = [...(result as Iterable<unknown>)];
  try {
    const items = all.map(completeItem);
    return waiting.length > 0 ? Promise.all(items) : items;
  } catch (error) {
    // INVARIANT: no rejection goes unheard, which would end the process. This graphql-js does not see to.
    void Promise.allSettled([...waiting, ...all]);
    throw error;
  }
}

function completeObject(
  running: Running,
  field: PlannedField,
  type: GraphQLObjectType,
  info: GraphQLResolveInfo,
  path: NonNullable<Path>,
  result: unknown,
): Promise<Data> | Data {
  const fields = field.below(type);
  if (!type.isTypeOf) return atOnce(running, fields, result, path);
  const as = (isIt: boolean) => {
    if (!isIt) throw new GraphQLError(`Expected value of type "${type.name}".`, { nodes: field.nodes });
    return atOnce(running, fields, result, path);
  };
  const isIt = type.isTypeOf(result, running.context, info);
  return isPromise(isIt) ? isIt.then(as) : as(isIt);
}

/** The type of an object where one of several may stand. @throws GraphQLError if it is none of them */
function typeNamed(
  { schema }: Plan,
  name: unknown,
  { nodes }: PlannedField,
  { type: abstract }: Extract<Shape, { kind: 'ABSTRACT' }>,
): GraphQLObjectType {
  const type = typeof name === 'string' ? schema.getType(name) : undefined;
  if (isObjectType(type) && schema.isSubType(abstract, type)) return type;
  const found =
    typeof name === 'string' && !type ? `a type "${name}" that does not exist inside the schema` : 'none of its types';
  throw new GraphQLError(`Abstract type "${abstract.name}" was resolved to ${found}.`, { nodes });
}

function pathOf(prev: Path, { name, parent }: PlannedField): NonNullable<Path> {
  return { prev, key: name, typename: parent.name };
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
