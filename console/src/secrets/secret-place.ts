import { isAdmin, readsAll, type Viewer } from '../session/viewer.ts';

/** Path of the page about a secret: its own page or, for an auditor without access to every secret page, its access review. */
export function secretPlace(viewer: Viewer, name: string): string {
  return onlyAudits(viewer) ? `/audits/access?secret=${encodeURIComponent(name)}` : `/secrets/${name}`;
}

/** Whether the viewer audits all secrets, but sees only the pages of secrets granted to it. */
export const onlyAudits = (viewer: Viewer): boolean => readsAll(viewer) && !isAdmin(viewer);
