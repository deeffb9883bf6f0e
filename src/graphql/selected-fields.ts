import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/**
 * Returns the names of the fields that a request may select on each node in the field `nodes` of a connection. The result also contains fields
 * that `@skip` or `@include` removes, and fields of fragments for other types.
 */
export function fieldsOfNodes({ fieldNodes, fragments }: Selected): ReadonlySet<string> {
  const nodes = fieldsIn(fieldNodes, fragments).filter(({ name }) => name.value === 'nodes');
  return new Set(fieldsIn(nodes, fragments).map(({ name }) => name.value));
}

interface Selected {
  readonly fieldNodes: readonly FieldNode[];
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

function fieldsIn(nodes: readonly FieldNode[], fragments: Selected['fragments']): FieldNode[] {
  const fields: FieldNode[] = [];
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) fields.push(node);
      else if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet);
      else visit(fragments[node.name.value]?.selectionSet);
    }
  };
  for (const node of nodes) visit(node.selectionSet);
  return fields;
}
