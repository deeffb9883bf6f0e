// Limits the number of nodes in the access graph. One node can represent several principals that have exactly the same access paths.
import type { Access } from '../generated/operations.ts';

/** A principal that has access to a secret, and the access paths of the principal. */
export interface Reaching {
  principal: { __typename?: string; id: string; name: string };
  paths: readonly {
    access: readonly Access[];
    role: string | null;
    group: { id: string; name: string } | null;
    tag: { id: string } | null;
  }[];
}

/** Principals that share one node, because they have the same access paths. Most nodes have a single principal. */
export interface Alike {
  principals: Reaching['principal'][];
  paths: Reaching['paths'];
}

/** If more than this number of principals have the same access paths, the principals always share one graph node. */
export const MOST_ALIKE = 6;

/**
 * Merges each set of more than `MOST_ALIKE` principals with the same access paths into one graph node. If more than `most` nodes remain,
 * the function also merges smaller sets.
 */
export function foldAlike(reaching: readonly Reaching[], most: number): Alike[] {
  const classes = [...Map.groupBy(reaching, pathsKey).values()];
  const folded = foldOver(MOST_ALIKE, classes);
  return folded.length > most ? foldOver(1, classes) : folded;
}

function foldOver(size: number, classes: readonly Reaching[][]): Alike[] {
  return classes.flatMap((alike) => {
    const apart = alike.length > size ? [alike] : alike.map((one) => [one]);
    return apart.map((ones) => ({ principals: ones.map(({ principal }) => principal), paths: ones[0]?.paths ?? [] }));
  });
}

const pathsKey = ({ paths }: Reaching): string =>
  JSON.stringify(
    paths.map(({ access, role, group, tag }) => JSON.stringify([[...access].sort(), role, group?.id, tag?.id])).sort(),
  );

/**
 * Returns the label of a graph node, for example `300 members of ops` if all access paths use one group. Without a common group, the label
 * is for example `300 users`. If `more` is true, a plus sign follows the number, for example `300+ users`, because further principals may
 * exist.
 */
export function alikeLabel({ principals, paths }: Alike, more: boolean): string {
  const [first] = principals;
  if (principals.length === 1 && first) return first.name;
  const groups = new Map(paths.map(({ group }) => [group?.id, group?.name]));
  const [group] = groups.values();
  const count = `${principals.length}${more ? '+' : ''}`;
  if (groups.size === 1 && group !== undefined) return `${count} members of ${group}`;
  const kinds = new Set(principals.map(({ __typename }) => __typename === 'Application'));
  return `${count} ${kinds.size > 1 ? 'principals' : kinds.has(true) ? 'applications' : 'users'}`;
}
