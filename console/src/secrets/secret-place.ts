import { isAdmin, readsAll, type Viewer } from '../session/viewer.ts';

/**
 * Returns the URL path of the page of a secret. For an auditor without the role ADMIN, the path leads to the access review of the secret.
 */
export function secretPlace(viewer: Viewer, name: string): string {
  return onlyAudits(viewer) ? `/audits/access?secret=${encodeURIComponent(name)}` : `/secrets/${name}`;
}

/**
 * Returns true if the viewer is an auditor without the role ADMIN. Such a viewer can review the access to all secrets, but can open a
 * secret's page only with a grant.
 */
export const onlyAudits = (viewer: Viewer): boolean => readsAll(viewer) && !isAdmin(viewer);
