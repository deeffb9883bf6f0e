import { isAdmin, readsAll, type Viewer } from '../session/viewer.ts';

/** Where somebody is told about a secret: its page; or, for an auditor, to whom not every secret has one, who can do what with it. */
export function secretPlace(viewer: Viewer, name: string): string {
  return onlyAudits(viewer) ? `/audits/access?secret=${encodeURIComponent(name)}` : `/secrets/${name}`;
}

/** Whoever reads about all secrets under Audits, and sees those alone that were granted to it. */
export const onlyAudits = (viewer: Viewer): boolean => readsAll(viewer) && !isAdmin(viewer);
