// Labels of the actions and the outcomes of audit events.
import type { AuditAction, AuditOutcome } from '../generated/operations.ts';

/** Labels of actions, in the past tense. The outcome of an audit event says whether its action succeeded. */
export const ACTIONS = {
  SIGN_IN: 'Signed in',
  SECRET_CREATE: 'Created secret',
  SECRET_UPDATE: 'Changed description or expiry',
  SECRET_ROTATE: 'Rotated secret',
  SECRET_REVEAL: 'Revealed value',
  SECRET_USE: 'Used value',
  SECRET_DELETE: 'Deleted secret',
  SECRET_RESTORE: 'Restored secret',
  SECRET_VERSION_DESTROY: 'Destroyed version',
  SECRET_TAG: 'Added tags',
  SECRET_UNTAG: 'Removed tags',
  PERMISSION_GRANT: 'Granted permission',
  PERMISSION_REVOKE: 'Revoked permission',
  GROUP_CREATE: 'Created group',
  GROUP_UPDATE: 'Changed group',
  GROUP_DELETE: 'Deleted group',
  GROUP_MEMBER_ADD: 'Added member',
  GROUP_MEMBER_REMOVE: 'Removed member',
  APPLICATION_CREATE: 'Created application',
  APPLICATION_UPDATE: 'Changed application',
  APPLICATION_DELETE: 'Deleted application',
  ACCESS_KEY_CREATE: 'Created access key',
  ACCESS_KEY_UPDATE: 'Activated or deactivated access key',
  ACCESS_KEY_DELETE: 'Deleted access key',
  USER_CREATE: 'Created user',
  USER_UPDATE: 'Changed user',
  USER_DELETE: 'Deleted user',
  ACCESS_SIMULATE: 'Simulated changes',
  AUDIT_VERIFY: 'Verified audit log',
  AUDIT_RETIRE: 'Removed old month from audit log',
  AUDIT_ACKNOWLEDGE: 'Acknowledged gap in audit log',
  BACKUP_CREATE: 'Backed up database',
  BACKUP_RESTORE: 'Restored backup',
  SIGNING_KEY_ROTATE: 'Rotated signing key',
  KEYRING_ROTATE: 'Changed keyring',
  OPERATION_REGISTER: 'Registered operation',
  OPERATION_REMOVE: 'Removed registered operation',
  ENV_VARIABLE_SET: 'Set environment variable',
  ENV_VARIABLE_DELETE: 'Deleted environment variable',
  RESOURCE_TAG: 'Added tags to resource',
  RESOURCE_UNTAG: 'Removed tags from resource',
  ROLE_CREATE: 'Defined role',
  ROLE_UPDATE: 'Changed role',
  ROLE_DELETE: 'Deleted role',
} satisfies Record<AuditAction, string>;

export const everyAction = Object.keys(ACTIONS) as AuditAction[];

export const OUTCOMES = {
  DONE: 'Done',
  REFUSED: 'Refused',
  FAILED: 'Failed',
} satisfies Record<AuditOutcome, string>;

export const everyOutcome = Object.keys(OUTCOMES) as AuditOutcome[];
