/** Labels of the kinds of changes that users can simulate, by the name of the kind in the GraphQL API. */
export const KINDS = {
  grant: 'Grant a permission',
  revoke: 'Revoke a permission',
  tag: 'Add tags to a secret',
  untag: 'Remove tags from a secret',
  addMember: 'Add a member to a group',
  removeMember: 'Remove a member from a group',
  deleteGroup: 'Delete a group',
  setRoles: 'Change roles',
} as const;

export type ChangeKind = keyof typeof KINDS;

/**
 * The kinds of changes that a viewer with neither ADMIN nor AUDITOR may simulate. The secrets of these changes must be secrets to which the
 * viewer has UPDATE access.
 */
export const OWN_KINDS: readonly ChangeKind[] = ['grant', 'revoke', 'tag', 'untag'];
