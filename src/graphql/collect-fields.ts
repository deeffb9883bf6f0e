// GraphQL, October 2021, 6.3.2: which fields a selection asks for of an object of a type, each with every node that asks for it.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLDirective,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;
export type Variables = Readonly<Record<string, unknown>>;

export interface Collecting {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  /** Those that `@skip` and `@include` name are true or false. */
  readonly variables: Variables;
}

/** By their names in the answer, in its order. */
export function collectFields(
  { schema, fragments, variables }: Collecting,
  type: GraphQLObjectType,
  selections: readonly SelectionSetNode[],
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<string>();

  const says = (directive: GraphQLDirective, node: SelectionNode) => getDirectiveValues(directive, node, variables)?.if;
  const isAskedFor = (node: SelectionNode) =>
    says(GraphQLSkipDirective, node) !== true && says(GraphQLIncludeDirective, node) !== false;
  const isMet = (condition: string | undefined) => {
    if (condition === undefined || condition === type.name) return true;
    const named = schema.getType(condition);
    return isAbstractType(named) && schema.isSubType(named, type);
  };

  const look = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD && spread.has(node.name.value)) continue;
      if (!isAskedFor(node)) continue;
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value;
        const known = fields.get(name);
        if (known) known.push(node);
        else fields.set(name, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (isMet(node.typeCondition?.name.value)) look(node.selectionSet);
      } else {
        spread.add(node.name.value);
        const fragment = fragments[node.name.value];
        if (fragment && isMet(fragment.typeCondition.name.value)) look(fragment.selectionSet);
      }
    }
  };
  for (const set of selections) look(set);
  return fields;
}
