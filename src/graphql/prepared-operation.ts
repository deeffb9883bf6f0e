import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { type Coerce, coercerFor } from './coerce-variables.ts';
import { checkCost } from './limits.ts';

type Variables = Readonly<Record<string, unknown>>;

/** An operation of a valid document, together with computed data that does not depend on a request. */
export interface PreparedOperation {
  readonly coerce: Coerce;
  /** Returns whether the cost of the operation with the coerced variables is within the limit. */
  isAffordable(variables: Variables): boolean;
  /**
   * Executes the operation with graphql-js. The argument `variables` contains the unchanged variables of the client's request. The caller must first
   * call `coerce`, and `coerce` must find no problem in the variables.
   */
  execute(context: unknown, variables: Variables): Promise<ExecutionResult> | ExecutionResult;
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
    execute: (contextValue, variableValues) =>
      execute({ schema, document, operationName: operation.name?.value, contextValue, variableValues }),
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
