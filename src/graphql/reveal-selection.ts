import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Which secret values the selection below a field of type Secret reveals with `value(reveal: true)`: none, only the current version, or also versions
 * that the argument `version` names.
 */
export type Reveals = 'NONE' | 'CURRENT' | 'VERSIONS';

/**
 * Returns which secret values a selection reveals. If the selection reveals a value, the SQL statement that reads the secret also reads the current
 * value. The audit log then records an attempt to reveal a secret even if the caller may not see the secret. The function ignores selections that
 * `@skip` or `@include` removes.
 */
export function revealsIn({ fieldNodes, fragments, variableValues }: GraphQLResolveInfo): Reveals {
  let reveals: Reveals = 'NONE';
  const isTrue = (node: FieldNode | DirectiveNode, name: string): boolean => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return variableValues[value.name.value] === true;
    return value?.kind === Kind.BOOLEAN && value.value;
  };
  const namesVersion = (node: FieldNode): boolean => {
    const value = node.arguments?.find((argument) => argument.name.value === 'version')?.value;
    if (value?.kind === Kind.VARIABLE) return (variableValues[value.name.value] ?? null) !== null;
    return value !== undefined && value.kind !== Kind.NULL;
  };
  const isRemoved = ({ directives = [] }: SelectionNode): boolean =>
    directives.some((node) => {
      const { value } = node.name;
      return (value === 'skip' && isTrue(node, 'if')) || (value === 'include' && !isTrue(node, 'if'));
    });
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const node of set?.selections ?? []) {
      if (isRemoved(node)) continue;
      if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet);
      else if (node.kind === Kind.FRAGMENT_SPREAD) visit(fragments[node.name.value]?.selectionSet);
      else if (node.name.value === 'value' && isTrue(node, 'reveal')) {
        if (namesVersion(node)) reveals = 'VERSIONS';
        else if (reveals === 'NONE') reveals = 'CURRENT';
      }
    }
  };
  for (const node of fieldNodes) visit(node.selectionSet);
  return reveals;
}
