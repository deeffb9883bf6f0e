import { useAsk } from '../api/queries.ts';
import { type PermissionRowFragment, SharableSecrets } from '../generated/operations.ts';
import { isAdmin, useViewer, type Viewer } from '../session/viewer.ts';

/** Whether there is anything that whoever is signed in may grant: tags and secrets for ADMIN, for others secrets on which they have UPDATE. */
export function useMayGrant(): boolean {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(SharableSecrets, {}, { enabled: !admin });
  return admin || (data?.secrets.nodes.length ?? 0) > 0;
}

/** Whether `viewer` may take from what somebody has by this permission. */
export function mayRevoke(viewer: Viewer, { target }: Pick<PermissionRowFragment, 'target'>): boolean {
  if (isAdmin(viewer)) return true;
  return target.__typename === 'SecretName' && (target.secret?.viewerAccess.includes('UPDATE') ?? false);
}
