import { useAsk } from '../api/queries.ts';
import { SharableSecrets } from '../generated/operations.ts';
import { isAdmin, useViewer } from '../session/viewer.ts';

/**
 * Whether the viewer may grant anything. ADMIN may grant on tags and secrets. Another viewer may grant on secrets on which the viewer has
 * UPDATE.
 */
export function useMayGrant(): boolean {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(SharableSecrets, {}, { enabled: !admin });
  return admin || (data?.secrets.nodes.length ?? 0) > 0;
}
