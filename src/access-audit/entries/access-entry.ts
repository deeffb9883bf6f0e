import { sortedAccesses } from '../../access/permission.ts';
import type { Access, Role } from '../../generated/vocabulary.ts';
import type { Uuid } from '../../primitives/ids.ts';
import type { TagText } from '../../primitives/tag-text.ts';

/**
 * An access path is a role or a grant that gives a principal accesses to a secret. The path can lead through a group or a tag. The ids in a path are
 * UUIDs.
 */
export interface AccessEntryPath {
  access: Access[];
  role: Role | null;
  permissionId: Uuid | null;
  groupId: Uuid | null;
  /** `key:value`. */
  tag: TagText | null;
}

/** The accesses that one principal has to one secret. `access` combines the accesses of all `paths`. */
export interface AccessEntry {
  principalId: Uuid;
  secretId: Uuid;
  access: Access[];
  /**
   * The list of paths is never empty. Paths through roles come first, then paths through grants on the secret's name, then paths through grants on
   * tags.
   */
  paths: AccessEntryPath[];
}

/**
 * Builds the access entry of a principal and a secret from the paths that give the principal access to the secret. If `only` is an access, every path
 * gives this access, and the entry contains only this access.
 */
export function toEntry(
  pair: { principalId: Uuid; secretId: Uuid },
  paths: readonly AccessEntryPath[],
  only: Access | null = null,
): AccessEntry {
  const filtered = paths.map((path) => ({ ...path, access: only === null ? sortedAccesses(path.access) : [only] }));
  return { ...pair, access: sortedAccesses(filtered.flatMap((path) => path.access)), paths: filtered };
}
