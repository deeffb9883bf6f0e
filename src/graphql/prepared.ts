// An operation of a document that was found valid, with everything about it that can be known before it is asked for.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { type Coerce, coercerFor } from './coerce-variables.ts';
import type { Variables } from './collect-fields.ts';
import { checkCost } from './limits.ts';
import { type Plan, planOf } from './plan.ts';

export interface Prepared {
  readonly coerce: Coerce;
  /** Whether it costs no more than it may, with these coerced variables. */
  isAffordable(variables: Variables): boolean;
  /** Undefined for variables by which it cannot be planned. */
  plan(variables: Variables): Plan | undefined;
}

/** Variables of `@skip` and `@include` that are told apart: sixteen plans at most. */
const MOST_CONDITIONS = 4;
const CONDITIONAL = new Set(['skip', 'include']);
/** Arguments on which a cost depends. */
const COSTLY = new Set(['first', 'reveal']);

/** Undefined for an operation that the schema has not, or that is not to be planned. */
export function prepare(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Prepared | undefined {
  const root = schema.getRootType(operation.operation);
  if (!root || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
  const conditions = [...variablesOf(document, (directive) => CONDITIONAL.has(directive))];
  if (conditions.length > MOST_CONDITIONS) return undefined;

  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node;
  const plans = new Map<string, Plan>();

  return {
    coerce: coercerFor(schema, operation),
    isAffordable: affordability(schema, document, operation),
    plan(variables) {
      // One that is null, or that nobody gave, is an error at its place.
      if (conditions.some((condition) => typeof variables[condition] !== 'boolean')) return undefined;
      const key = conditions.map((condition) => variables[condition]).join();
      const plan = plans.get(key) ?? planOf(schema, fragments, operation, root, variables);
      plans.set(key, plan);
      return plan;
    },
  };
}

function affordability(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
  const check = (variables: Variables) => checkCost(schema, document, operation, variables) === undefined;
  if (variablesOf(document, (_, argument) => COSTLY.has(argument)).size > 0) return check;
  const always = check({});
  return () => always;
}

/** The variables that are passed by these arguments, of fields or directives. */
function variablesOf(document: DocumentNode, matters: (directive: string, argument: string) => boolean): Set<string> {
  const found = new Set<string>();
  const look = (owner: string, given: readonly { name: { value: string }; value: { kind: string } }[] = []) => {
    for (const { name, value } of given)
      if (value.kind === Kind.VARIABLE && matters(owner, name.value))
        found.add((value as unknown as { name: { value: string } }).name.value);
  };
  visit(document, {
    Field: (node) => look('', node.arguments),
    Directive: (node) => look(node.name.value, node.arguments),
  });
  return found;
}
