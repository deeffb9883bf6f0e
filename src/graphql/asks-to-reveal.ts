import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Whether the selection below a field that gives a secret asks for its value to be revealed: so that it is read along, and an attempt on a hidden secret is
 * recorded. What `@skip` and `@include` leave out is not asked for.
 */
export function asksToReveal({ fieldNodes, fragments, variableValues }: GraphQLResolveInfo): boolean {
  const isTrue = (node: FieldNode | DirectiveNode, name: string): boolean => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return variableValues[value.name.value] === true;
    return value?.kind === Kind.BOOLEAN && value.value;
  };
  const isLeftOut = ({ directives = [] }: SelectionNode): boolean =>
    directives.some((node) => {
      const { value } = node.name;
      return (value === 'skip' && isTrue(node, 'if')) || (value === 'include' && !isTrue(node, 'if'));
    });
  const inside = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((node) => {
      if (isLeftOut(node)) return false;
      if (node.kind === Kind.INLINE_FRAGMENT) return inside(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) return inside(fragments[node.name.value]?.selectionSet);
      return node.name.value === 'value' && isTrue(node, 'reveal');
    }) ?? false;
  return fieldNodes.some((node) => inside(node.selectionSet));
}
