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
} as const satisfies Record<Role, true>;

/** Whether a role of this name can mean something here. All others are kept for workflow engines and decide nothing. */
export function isRole(name: string): name is Role {
  return Object.hasOwn(ROLES, name);
}
