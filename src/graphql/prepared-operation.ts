import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { type Coerce, coercerFor } from './coerce-variables.ts';
import { prepareDirect } from './direct-execution.ts';
import { CalledBefore } from './direct-fields.ts';
import { checkCost } from './limits.ts';

type Variables = Readonly<Record<string, unknown>>;

/** An operation of a valid document, together with computed data that does not depend on a request. */
export interface PreparedOperation {
  readonly coerce: Coerce;
  /** Returns whether the cost of the operation with the coerced variables is within the limit. */
  isAffordable(variables: Variables): boolean;
  /**
   * Executes the operation, directly or with graphql-js. The argument `variables` contains the unchanged variables of the client's request. The argument
   * `coerced` contains the values that `coerce` returned for these variables without a problem.
   */
  execute(context: unknown, variables: Variables, coerced: Variables): Promise<ExecutionResult> | ExecutionResult;
}

/** The names of the arguments that affect the cost of an operation. */
const COSTLY = new Set(['first', 'reveal']);

/** Prepares an operation. Returns undefined if the schema does not support the type of the operation, for example a subscription. */
export function prepareOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): PreparedOperation | undefined {
  if (!schema.getRootType(operation.operation) || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return undefined;
  return {
    coerce: coercerFor(schema, operation),
    isAffordable: affordability(schema, document, operation),
    execute: executor(schema, document, operation),
  };
}

function executor(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): PreparedOperation['execute'] {
  const operationName = operation.name?.value;
  const byGraphqlJs = (contextValue: unknown, variableValues: Variables, rootValue?: CalledBefore) =>
    execute({ schema, document, operationName, contextValue, variableValues, rootValue });
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const direct = prepareDirect(schema, Object.fromEntries(fragments.map((node) => [node.name.value, node])), operation);
  if (direct === undefined) return (context, variables) => byGraphqlJs(context, variables);
  return async (context, variables, coerced) => {
    const result = await direct(context, coerced);
    return 'data' in result ? result : byGraphqlJs(context, variables, new CalledBefore(result.outcomes));
  };
}

function affordability(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
  const check = (variables: Variables) => checkCost(schema, document, operation, variables) === undefined;
  if (dependsOnVariables(document)) return check;
  const always = check({});
  return () => always;
}

function dependsOnVariables(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Argument({ name, value }) {
      if (COSTLY.has(name.value) && value.kind === 'Variable') found = true;
    },
  });
  return found;
}
