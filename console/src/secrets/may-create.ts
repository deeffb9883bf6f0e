import { useAsk } from '../api/queries.ts';
import { type CreateGrantsFragment, ViewerCreateGrants } from '../generated/operations.ts';
import { createsSecrets, useViewer } from '../session/viewer.ts';

export interface Creation {
  /** True if the viewer may create secrets with any name. */
  anything: boolean;
  /**
   * The tags and secret names for which a grant gives the viewer CREATE access. The property is undefined while the query is loading, or if
   * the gateway has more grants than the query returned.
   */
  granted: { tags: string[]; names: string[] } | undefined;
  /**
   * The reason why the viewer cannot create any secret. The property is undefined if the viewer can create a secret, or if the console does
   * not know the permissions of the viewer.
   */
  whyNot: string | undefined;
}

/** Returns which secrets the viewer may create. */
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
        ? 'To add a secret, you need the role USER or METADATA_MANAGER, or a grant that gives you CREATE access to a tag or a secret name. You have neither the role nor the grant.'
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
