// The words of the audit log.
import type { AuditAction, AuditOutcome } from '../generated/operations.ts';

/** What was tried: whether it was done is told by the outcome. */
export const ACTIONS = {
  SIGN_IN: 'Sign in',
  SECRET_CREATE: 'Create a secret',
  SECRET_UPDATE: 'Change description or expiry',
  SECRET_ROTATE: 'Give a new value',
  SECRET_REVEAL: 'Reveal a value',
  SECRET_USE: 'Use a value',
  SECRET_DELETE: 'Delete a secret',
  SECRET_RESTORE: 'Restore a secret',
  SECRET_VERSION_DESTROY: 'Destroy a version',
  SECRET_TAG: 'Add tags',
  SECRET_UNTAG: 'Take tags away',
  PERMISSION_GRANT: 'Grant a permission',
  PERMISSION_REVOKE: 'Revoke a permission',
  GROUP_CREATE: 'Create a group',
  GROUP_UPDATE: 'Change a group',
  GROUP_DELETE: 'Delete a group',
  GROUP_MEMBER_ADD: 'Add a member',
  GROUP_MEMBER_REMOVE: 'Remove a member',
  APPLICATION_CREATE: 'Create an application',
  APPLICATION_UPDATE: 'Change an application',
  APPLICATION_DELETE: 'Delete an application',
  ACCESS_KEY_CREATE: 'Create an access key',
  ACCESS_KEY_UPDATE: 'Activate or deactivate an access key',
  ACCESS_KEY_DELETE: 'Delete an access key',
  USER_CREATE: 'Create a user',
  USER_UPDATE: 'Change a user',
  USER_DELETE: 'Delete a user',
  ACCESS_SIMULATE: 'Simulate changes',
  AUDIT_VERIFY: 'Check the audit log',
  AUDIT_RETIRE: 'Retire a month of the audit log',
  SIGNING_KEY_ROTATE: 'Replace the signing key',
  KEYRING_ROTATE: 'Change the keyring',
  OPERATION_REGISTER: 'Register an operation',
  OPERATION_REMOVE: 'Remove a registered operation',
  ENV_VARIABLE_SET: 'Set an environment variable',
  ENV_VARIABLE_DELETE: 'Delete an environment variable',
  RESOURCE_TAG: 'Add tags to a resource',
  RESOURCE_UNTAG: 'Take tags from a resource',
  ROLE_CREATE: 'Define a role',
  ROLE_UPDATE: 'Change a role',
  ROLE_DELETE: 'Delete a role',
} satisfies Record<AuditAction, string>;

export const everyAction = Object.keys(ACTIONS) as AuditAction[];

export const OUTCOMES = {
  DONE: 'Done',
  REFUSED: 'Refused',
  FAILED: 'Failed',
} satisfies Record<AuditOutcome, string>;

export const everyOutcome = Object.keys(OUTCOMES) as AuditOutcome[];
