import type { Access, AuditAction } from '../../generated/vocabulary.ts';

/** For each audit action, the accesses to a secret that allow the action. The list is empty if no grant on a tag or a secret allows the action. */
export const NEEDED_ACCESS = {
  SIGN_IN: [],
  SECRET_CREATE: ['CREATE'],
  SECRET_UPDATE: ['UPDATE'],
  SECRET_ROTATE: ['UPDATE'],
  SECRET_REVEAL: ['READ'],
  SECRET_USE: ['EXECUTE', 'READ'],
  SECRET_DELETE: ['DELETE'],
  SECRET_RESTORE: ['DELETE'],
  SECRET_VERSION_DESTROY: ['DELETE'],
  SECRET_TAG: ['UPDATE'],
  SECRET_UNTAG: ['UPDATE'],
  // A principal with UPDATE on a secret can share the secret.
  PERMISSION_GRANT: ['UPDATE'],
  PERMISSION_REVOKE: ['UPDATE'],
  GROUP_CREATE: [],
  GROUP_UPDATE: [],
  GROUP_DELETE: [],
  GROUP_MEMBER_ADD: [],
  GROUP_MEMBER_REMOVE: [],
  APPLICATION_CREATE: [],
  APPLICATION_UPDATE: [],
  APPLICATION_DELETE: [],
  ACCESS_KEY_CREATE: [],
  ACCESS_KEY_UPDATE: [],
  ACCESS_KEY_DELETE: [],
  USER_CREATE: [],
  USER_UPDATE: [],
  USER_DELETE: [],
  // A simulation uses no grant.
  ACCESS_SIMULATE: [],
  AUDIT_VERIFY: [],
  AUDIT_RETIRE: [],
  AUDIT_ACKNOWLEDGE: [],
  BACKUP_CREATE: [],
  BACKUP_RESTORE: [],
  SIGNING_KEY_ROTATE: [],
  KEYRING_ROTATE: [],
  OPERATION_REGISTER: [],
  OPERATION_REMOVE: [],
  ENV_VARIABLE_SET: [],
  ENV_VARIABLE_DELETE: [],
  RESOURCE_TAG: [],
  RESOURCE_UNTAG: [],
  ROLE_CREATE: [],
  ROLE_UPDATE: [],
  ROLE_DELETE: [],
} as const satisfies Record<AuditAction, readonly Access[]>;

/** The contents of `NEEDED_ACCESS` as a list of pairs. Each pair consists of an action and one access that allows the action. */
export const ALLOWS: readonly { action: AuditAction; access: Access }[] = Object.entries(NEEDED_ACCESS).flatMap(
  ([action, accesses]) => accesses.map((access: Access) => ({ action: action as AuditAction, access })),
);
