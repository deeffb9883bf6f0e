// Pure functions that fold principals with exactly the same access paths into one node, if the graph would otherwise have too many nodes.
import type { Access } from '../generated/operations.ts';

/** A principal, and the access paths that give the principal access to the secret. */
export interface Reaching {
  principal: { __typename?: string; id: string; name: string };
  paths: readonly {
    access: readonly Access[];
    role: string | null;
    group: { id: string; name: string } | null;
    tag: { id: string } | null;
  }[];
}

/** Principals with the same access paths, in the order of the input. Usually a single principal. */
export interface Alike {
  principals: Reaching['principal'][];
  paths: Reaching['paths'];
}

/** A set of more than this number of principals with the same access paths always shares one node. */
export const MOST_ALIKE = 6;

/**
 * Folds each large set of principals with the same access paths into one node. If more than `most` nodes remain, the function also folds
 * the small sets.
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
 * `300 members of ops` if all access paths go through one group, else `300 users`. With `more`, further principals may exist, and a plus
 * sign follows the number: `50+ …`.
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
