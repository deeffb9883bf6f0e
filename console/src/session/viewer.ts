import { createContext, useContext } from 'react';
import type { Role } from '../generated/operations.ts';

/** The signed-in user. `roles` contains the roles of the user and the roles of the user's groups. */
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

/** Returns true if the viewer has the role ADMIN. A viewer with ADMIN has every access. */
export const isAdmin = any('ADMIN');
/** Returns true if the viewer may read all permissions, all principals and the audit log. */
export const readsAll = any('ADMIN', 'AUDITOR');
/** Returns true if the viewer may create secrets with any name. Other viewers need a grant with CREATE to create a secret. */
export const createsSecrets = any('ADMIN', 'USER', 'METADATA_MANAGER');
export const createsApplications = any('ADMIN', 'USER', 'APPLICATION_CREATOR', 'APPLICATION_MANAGER');
