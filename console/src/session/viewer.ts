import { createContext, useContext } from 'react';
import type { Role } from '../generated/operations.ts';

/** The signed-in user, with its own roles and those of its groups. */
export interface Viewer {
  id: string;
  name: string;
  username: string;
  roles: ReadonlySet<Role>;
  groups: readonly { id: string; name: string }[];
}

const ViewerContext = createContext<Viewer | undefined>(undefined);
export const ViewerProvider = ViewerContext.Provider;

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === undefined) throw new Error('No user is signed in.');
  return viewer;
}

const any =
  (...roles: Role[]) =>
  (viewer: Viewer) =>
    roles.some((role) => viewer.roles.has(role));

/** Whether the viewer has ADMIN, which passes every access check. */
export const isAdmin = any('ADMIN');
/** Whether the viewer may read all permissions, all principals and the audit log. */
export const readsAll = any('ADMIN', 'AUDITOR');
/** Whether the viewer may create secrets of any name. All other users need a grant with CREATE. */
export const createsSecrets = any('ADMIN', 'USER', 'METADATA_MANAGER');
export const createsApplications = any('ADMIN', 'USER', 'APPLICATION_CREATOR', 'APPLICATION_MANAGER');
