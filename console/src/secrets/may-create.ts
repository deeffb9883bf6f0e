import { useAsk } from '../api/queries.ts';
import { type CreateGrantsFragment, ViewerCreateGrants } from '../generated/operations.ts';
import { createsSecrets, useViewer } from '../session/viewer.ts';

export interface Creation {
  /** Whether the viewer may create secrets of any name. */
  anything: boolean;
  /** Tags and names on which a grant gives the viewer CREATE. Undefined while this list is unknown or incomplete. */
  granted: { tags: string[]; names: string[] } | undefined;
  /** The reason why the viewer cannot create any secret. Undefined if the viewer can create secrets, or if the permissions are unknown. */
  whyNot: string | undefined;
}

/** The secrets that the viewer may create. */
export function useCreation(): Creation {
  const anything = createsSecrets(useViewer());
  const { data } = useAsk(ViewerCreateGrants, {}, { enabled: !anything });
  if (anything || data === undefined) return { anything, granted: undefined, whyNot: undefined };
  const { viewer } = data;
  const lists = [...('permissions' in viewer ? [viewer.permissions] : []), ...viewer.groups.map((g) => g.permissions)];
  const granted = targetsOf(lists.flatMap(({ nodes }) => nodes));
  const nothing = granted.tags.length === 0 && granted.names.length === 0;
  const all = lists.every(({ pageInfo }) => !pageInfo.hasNextPage);
  return {
    anything,
    granted: all ? granted : undefined,
    whyNot:
      all && nothing
        ? 'Adding a secret needs the role USER or METADATA_MANAGER, or CREATE on a tag or a name. You have none of these.'
        : undefined,
  };
}

function targetsOf(grants: CreateGrantsFragment['nodes'], now = Date.now()): { tags: string[]; names: string[] } {
  const tags = new Set<string>();
  const names = new Set<string>();
  for (const { access, expiresAt, target } of grants) {
    if (!access.includes('CREATE') || (expiresAt !== null && Date.parse(expiresAt) <= now)) continue;
    if (target.__typename === 'Tag') tags.add(target.id);
    if (target.__typename === 'SecretName') names.add(target.name);
  }
  return { tags: [...tags].sort(), names: [...names].sort() };
}
