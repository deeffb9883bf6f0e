import type { ApplicationRowFragment, Role } from '../generated/operations.ts';
import { isAdmin, type Viewer } from '../session/viewer.ts';

/** Roles that a user who manages an application may change. */
const FREE: readonly Role[] = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'];

/** Whether `viewer` may change this application and create access keys for it. */
export function manages(viewer: Viewer, { createdBy }: ApplicationRowFragment): boolean {
  return isAdmin(viewer) || viewer.roles.has('APPLICATION_MANAGER') || createdBy?.id === viewer.id;
}

/** The reason why `viewer` may not change a role; undefined if `viewer` may change the role. */
export function roleRefusal(viewer: Viewer, { inGroup }: { inGroup: boolean }): (role: Role) => string | undefined {
  return (role) => {
    if (!isAdmin(viewer) && !FREE.includes(role)) return 'Only administrators can change this role';
    if (role === 'USER_READ_ONLY' && inGroup) return 'Not allowed for a member of a group';
    return undefined;
  };
}
