/** The changes that can be tried, by the names that the API has for them. */
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

/** What others than ADMIN and AUDITOR may try, of secrets on which they have UPDATE. */
export const OWN_KINDS: readonly ChangeKind[] = ['grant', 'revoke', 'tag', 'untag'];
