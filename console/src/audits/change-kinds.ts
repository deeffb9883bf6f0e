/** The changes that can be simulated, by their names in the API. */
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

/** Changes that a viewer without ADMIN or AUDITOR may simulate, on secrets on which the viewer has UPDATE. */
export const OWN_KINDS: readonly ChangeKind[] = ['grant', 'revoke', 'tag', 'untag'];
