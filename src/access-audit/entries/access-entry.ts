import { ordered } from '../../access/permission.ts';
import type { Access, Role } from '../../generated/vocabulary.ts';

/** One way to some accesses: a role, or a grant, perhaps through a group, perhaps through a tag. Ids are UUIDs. */
export interface AccessWay {
  access: Access[];
  role: Role | null;
  permissionId: string | null;
  groupId: string | null;
  /** `key:value`. */
  tag: string | null;
}

/** One principal, one secret, and what the one can do with the other: all that `paths` give together. */
export interface AccessEntry {
  principalId: string;
  secretId: string;
  access: Access[];
  /** Not empty. Roles first, then grants on the name, then those on tags. */
  paths: AccessWay[];
}

/** The entry of a pair with these ways; only as far as they give `only`, if that is not null. */
export function toEntry(
  pair: { principalId: string; secretId: string },
  paths: readonly AccessWay[],
  only: Access | null = null,
): AccessEntry {
  const ways = paths.map((way) => ({ ...way, access: only === null ? ordered(way.access) : [only] }));
  return { ...pair, access: ordered(ways.flatMap((way) => way.access)), paths: ways };
}
