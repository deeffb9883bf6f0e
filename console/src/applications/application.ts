import type { ApplicationRowFragment, Role } from '../generated/operations.ts';
import { isAdmin, type Viewer } from '../session/viewer.ts';

/** Roles of an application that its manager may change without being an administrator. */
const FREE: readonly Role[] = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'];

/** True if `viewer` may change the application and create access keys for the application. */
export function manages(viewer: Viewer, { createdBy }: ApplicationRowFragment): boolean {
  return isAdmin(viewer) || viewer.roles.has('APPLICATION_MANAGER') || createdBy?.id === viewer.id;
}

/** Returns the reason why `viewer` may not change a role. Returns undefined if `viewer` may change the role. */
export function roleRefusal(viewer: Viewer, { inGroup }: { inGroup: boolean }): (role: Role) => string | undefined {
  return (role) => {
    if (!isAdmin(viewer) && !FREE.includes(role)) return 'Only administrators can change this role';
    if (role === 'USER_READ_ONLY' && inGroup) return 'A member of a group cannot have this role';
    return undefined;
  };
}
