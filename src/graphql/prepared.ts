// An operation of a document that was found valid, with what about it can be known before it is asked for.
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

export interface Prepared {
  readonly coerce: Coerce;
  /** Whether it costs no more than it may, with these coerced variables. */
  isAffordable(variables: Variables): boolean;
  /** By graphql-js, with variables as they were sent and found in order. */
  execute(context: unknown, variables: Variables): Promise<ExecutionResult> | ExecutionResult;
}

/** Arguments on which a cost depends. */
const COSTLY = new Set(['first', 'reveal']);

/** Undefined for an operation that the schema has not. */
export function prepare(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Prepared | undefined {
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
