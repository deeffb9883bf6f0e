import { useAsk } from '../api/queries.ts';
import { SharableSecrets } from '../generated/operations.ts';
import { isAdmin, useViewer } from '../session/viewer.ts';

/**
 * Returns true if the viewer may grant at least one permission. A viewer with ADMIN may grant access to tags and secrets. Any viewer may
 * grant access to a secret to which the viewer has UPDATE access.
 */
export function useMayGrant(): boolean {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(SharableSecrets, {}, { enabled: !admin });
  return admin || (data?.secrets.nodes.length ?? 0) > 0;
}
