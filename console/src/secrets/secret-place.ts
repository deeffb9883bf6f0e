import { isAdmin, readsAll, type Viewer } from '../session/viewer.ts';

/** Path of the page about a secret. An auditor who may not see every secret's page gets the path of the access review of the secret. */
export function secretPlace(viewer: Viewer, name: string): string {
  return onlyAudits(viewer) ? `/audits/access?secret=${encodeURIComponent(name)}` : `/secrets/${name}`;
}

/** Whether the viewer may audit all secrets, but may open only the pages of secrets that are granted to the viewer. */
export const onlyAudits = (viewer: Viewer): boolean => readsAll(viewer) && !isAdmin(viewer);
