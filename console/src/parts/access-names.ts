// Names and descriptions of accesses and roles, in the order in which the console shows them.
import type { Access, Role } from '../generated/operations.ts';

export const ACCESSES = {
  READ: 'See the secret and reveal its value',
  UPDATE: 'Rotate the secret, change description, expiry and tags, share the secret',
  CREATE: 'Create a secret with this name, or with this tag',
  EXECUTE: 'Use the value in workflows without revealing it',
  DELETE: 'Delete and restore the secret, destroy versions',
} satisfies Record<Access, string>;

export const everyAccess = Object.keys(ACCESSES) as Access[];

export const ROLES = {
  ADMIN: 'Passes every check',
  AUDITOR: 'Reads permissions, principals and the audit log, but no values',
  USER: 'Creates secrets and applications',
  METADATA_MANAGER: 'Creates secrets',
  WORKFLOW_MANAGER: 'A role of workflow engines; no effect in this gateway',
  USER_READ_ONLY: 'Has only access that is granted directly; cannot be in a group',
  WORKER: 'A role of workers; no effect in this gateway',
  METADATA_API: 'A role of applications that manage definitions; no effect in this gateway',
  APPLICATION_CREATOR: 'Creates applications',
  APPLICATION_MANAGER: 'Creates and manages applications',
  UNRESTRICTED_WORKER: 'A role of workers; no effect in this gateway',
} satisfies Record<Role, string>;

export const everyRole = Object.keys(ROLES) as Role[];
