// Who reaches a secret in exactly the same ways stands in its picture together, where there would be too many otherwise. Pure.
import type { Reaching } from './access-graph-layout.ts';

/** Principals that have the same ways, in the order given; mostly one. */
export interface Alike {
  principals: Reaching['principal'][];
  paths: Reaching['paths'];
}

/** More than these stand together in any case. */
export const MOST_ALIKE = 6;

/** Those that are alike together where they are many, or, as there are more than `most` otherwise, where they are several. */
export function foldAlike(reaching: readonly Reaching[], most: number): Alike[] {
  const classes = [...Map.groupBy(reaching, waysOf).values()];
  const folded = foldOver(MOST_ALIKE, classes);
  return folded.length > most ? foldOver(1, classes) : folded;
}

function foldOver(size: number, classes: readonly Reaching[][]): Alike[] {
  return classes.flatMap((alike) => {
    const apart = alike.length > size ? [alike] : alike.map((one) => [one]);
    return apart.map((ones) => ({ principals: ones.map(({ principal }) => principal), paths: ones[0]?.paths ?? [] }));
  });
}

const waysOf = ({ paths }: Reaching): string =>
  JSON.stringify(
    paths.map(({ access, role, group, tag }) => JSON.stringify([[...access].sort(), role, group?.id, tag?.id])).sort(),
  );

/** `300 members of ops` where one group is all they have in common, or else `300 users`; `50+ …` where there are `more` than are known. */
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
