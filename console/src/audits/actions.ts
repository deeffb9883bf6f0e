// The words of the audit log.
import type { AuditAction, AuditOutcome } from '../generated/operations.ts';

/** What somebody did, or tried to. */
export const ACTIONS = {
  SIGN_IN: 'Signed in',
  SECRET_CREATE: 'Created a secret',
  SECRET_UPDATE: 'Changed description or expiry',
  SECRET_ROTATE: 'Gave a new value',
  SECRET_REVEAL: 'Looked at the value',
  SECRET_USE: 'Used the value',
  SECRET_DELETE: 'Deleted a secret',
  SECRET_RESTORE: 'Restored a secret',
  SECRET_VERSION_DESTROY: 'Destroyed a version',
  SECRET_TAG: 'Added tags',
  SECRET_UNTAG: 'Took tags away',
  PERMISSION_GRANT: 'Granted a permission',
  PERMISSION_REVOKE: 'Revoked a permission',
  GROUP_CREATE: 'Created a group',
  GROUP_UPDATE: 'Changed a group',
  GROUP_DELETE: 'Deleted a group',
  GROUP_MEMBER_ADD: 'Added a member',
  GROUP_MEMBER_REMOVE: 'Removed a member',
  APPLICATION_CREATE: 'Created an application',
  APPLICATION_UPDATE: 'Changed an application',
  APPLICATION_DELETE: 'Deleted an application',
  ACCESS_KEY_CREATE: 'Created an access key',
  ACCESS_KEY_UPDATE: 'Activated or deactivated an access key',
  ACCESS_KEY_DELETE: 'Deleted an access key',
  USER_CREATE: 'Created a user',
  USER_UPDATE: 'Changed a user',
  USER_DELETE: 'Deleted a user',
  AUDIT_VERIFY: 'Checked the audit log',
  AUDIT_RETIRE: 'Retired a month of the audit log',
  SIGNING_KEY_ROTATE: 'Replaced the signing key',
  KEYRING_ROTATE: 'Changed the keyring',
  OPERATION_REGISTER: 'Registered an operation',
  OPERATION_REMOVE: 'Removed a registered operation',
  ENV_VARIABLE_SET: 'Set an environment variable',
  ENV_VARIABLE_DELETE: 'Deleted an environment variable',
  RESOURCE_TAG: 'Added tags to a resource',
  RESOURCE_UNTAG: 'Took tags from a resource',
  ROLE_CREATE: 'Defined a role',
  ROLE_UPDATE: 'Changed a role',
  ROLE_DELETE: 'Deleted a role',
} satisfies Record<AuditAction, string>;

export const everyAction = Object.keys(ACTIONS) as AuditAction[];

export const OUTCOMES = {
  DONE: 'Done',
  REFUSED: 'Refused',
  FAILED: 'Failed',
} satisfies Record<AuditOutcome, string>;

export const everyOutcome = Object.keys(OUTCOMES) as AuditOutcome[];
