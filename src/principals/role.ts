import type { Role } from '../generated/vocabulary.ts';

const ROLES = {
  ADMIN: true,
  AUDITOR: true,
  USER: true,
  METADATA_MANAGER: true,
  WORKFLOW_MANAGER: true,
  USER_READ_ONLY: true,
  WORKER: true,
  METADATA_API: true,
  APPLICATION_CREATOR: true,
  APPLICATION_MANAGER: true,
  UNRESTRICTED_WORKER: true,
  WORKFLOW_ENGINE: true,
} as const satisfies Record<Role, true>;

/**
 * Whether `name` is the name of one of the gateway's own roles. All other roles are custom roles for workflow engines and give no access in the
 * gateway.
 */
export function isRole(name: string): name is Role {
  return Object.hasOwn(ROLES, name);
}
