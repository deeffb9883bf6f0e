import { sortedAccesses } from '../../access/permission.ts';
import type { Access, Role } from '../../generated/vocabulary.ts';

/** A reason why a principal has accesses to a secret: a role or a grant, possibly through a group or a tag. Ids are UUIDs. */
export interface AccessEntryPath {
  access: Access[];
  role: Role | null;
  permissionId: string | null;
  groupId: string | null;
  /** `key:value`. */
  tag: string | null;
}

/** The accesses that one principal has to one secret. `access` combines the accesses of all `paths`. */
export interface AccessEntry {
  principalId: string;
  secretId: string;
  access: Access[];
  /** The list is never empty. Roles come first, then grants on the secret's name, then grants on tags. */
  paths: AccessEntryPath[];
}

/** Builds the entry of a pair from its paths. If `only` is an access, all paths give this access, and the entry contains no other access. */
export function toEntry(
  pair: { principalId: string; secretId: string },
  paths: readonly AccessEntryPath[],
  only: Access | null = null,
): AccessEntry {
  const filtered = paths.map((path) => ({ ...path, access: only === null ? sortedAccesses(path.access) : [only] }));
  return { ...pair, access: sortedAccesses(filtered.flatMap((path) => path.access)), paths: filtered };
}
