// Descriptions of accesses and roles. The console shows accesses and roles in the order of these lists.
import type { Access, Role } from '../generated/operations.ts';

export const ACCESSES = {
  READ: 'See the secret and reveal its value',
  UPDATE: 'Rotate the secret, change its description, expiry time and tags, share the secret',
  CREATE: 'Create a secret with this name, or with this tag',
  EXECUTE: 'Use the secret value in workflows without revealing the value',
  DELETE: 'Delete the secret, restore the secret, destroy versions of the secret',
} satisfies Record<Access, string>;

export const everyAccess = Object.keys(ACCESSES) as Access[];

export const ROLES = {
  ADMIN: 'Has access to everything',
  AUDITOR: 'Can read all permissions, principals and audit events, but no secret values',
  USER: 'Can create secrets and applications, and register workflow definitions',
  METADATA_MANAGER:
    'Can create secrets, manage environment variables, and register, change and delete workflow definitions',
  WORKFLOW_MANAGER: 'This role has an effect only in workflow engines, not in this gateway',
  USER_READ_ONLY: 'Cannot be in a group, so only direct grants give access',
  WORKER: 'This role of workers has no effect in this gateway',
  METADATA_API: 'Can register workflow definitions',
  APPLICATION_CREATOR: 'Can create applications',
  APPLICATION_MANAGER: 'Can create applications and manage all applications',
  UNRESTRICTED_WORKER: 'This role of workers has no effect in this gateway',
  WORKFLOW_ENGINE: 'Can resolve the input of tasks and report the results of tasks in place of a Conductor server',
} satisfies Record<Role, string>;

export const everyRole = Object.keys(ROLES) as Role[];
