import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Returns whether the selection below a field of type Secret contains `value(reveal: true)`. If the result is true, the SQL statement that reads the
 * secret also reads the secret value. The audit log then records an attempt to reveal a secret even if the caller may not see the secret. The
 * function ignores selections that `@skip` or `@include` removes.
 */
export function selectsReveal({ fieldNodes, fragments, variableValues }: GraphQLResolveInfo): boolean {
  const isTrue = (node: FieldNode | DirectiveNode, name: string): boolean => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return variableValues[value.name.value] === true;
    return value?.kind === Kind.BOOLEAN && value.value;
  };
  const isRemoved = ({ directives = [] }: SelectionNode): boolean =>
    directives.some((node) => {
      const { value } = node.name;
      return (value === 'skip' && isTrue(node, 'if')) || (value === 'include' && !isTrue(node, 'if'));
    });
  const inside = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((node) => {
      if (isRemoved(node)) return false;
      if (node.kind === Kind.INLINE_FRAGMENT) return inside(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) return inside(fragments[node.name.value]?.selectionSet);
      return node.name.value === 'value' && isTrue(node, 'reveal');
    }) ?? false;
  return fieldNodes.some((node) => inside(node.selectionSet));
}
