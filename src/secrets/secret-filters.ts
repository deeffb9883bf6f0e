// SQL for the filters of lists of secrets.
import { accessibleSecrets, isAccessible, namesGivingAccess, tagsGivingAccess } from '../access/access-filter.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

export interface SecretFilters {
  /** UUIDs of the caller and its groups, whose grants decide which secrets are visible. Null for ADMIN, who sees all secrets. */
  visibleTo: readonly Uuid[] | null;
  /** UUIDs of the caller and its groups, whose grants are read with each secret. */
  subjects: readonly Uuid[];
  now: Date;
  /** The accesses that make a secret visible. */
  seeing: readonly Access[];
  /** Only secrets on which the caller has all these accesses. */
  access: readonly Access[];
  nameContains: string | null;
  tags: readonly TagText[];
  expiresBefore: Date | null;
  /** Null: live secrets. A time: secrets that were deleted after the time. */
  deletedSince: Date | null;
}

/** Adds a value to the parameters of a statement, and returns its placeholder `$n`. */
export type Place = (value: unknown) => string;
export const placeIn =
  (params: unknown[]): Place =>
  (value) =>
    `$${params.push(value)}`;

/**
 * Hides the length of an array of ids from the planner. With the length, the planner would expect fewer rows than a generic plan does, and would
 * plan the statement again for every page.
 */
export const opaqueIds = (ids: string) => `(SELECT ${ids}::uuid[])`;

/** A set of secrets. A list contains the secrets that are in all its sets. */
export interface SecretSet {
  /** SQL for the ids of the secrets in the set. An id may occur twice. */
  ids: string;
  /** SQL for whether the secret `s` is in the set. */
  has: string;
  /** For a set that tags and names determine: SQL for these tags (`tag`), without duplicates, and for these names (`name`, `secret_id`). */
  by?: { tags: string; names: string };
}

/** The sets of all filters except the filter by name. */
export function setsOf(query: SecretFilters, place: Place): SecretSet[] {
  const sets: SecretSet[] = [];
  if (query.visibleTo !== null) {
    const [subjects, now] = [opaqueIds(place(query.visibleTo)), place(query.now)];
    const having = (access: readonly Access[]): SecretSet => {
      const by = { subjects, now, access: place(access) };
      return {
        ids: accessibleSecrets(by),
        has: isAccessible(by),
        by: { tags: tagsGivingAccess(by), names: namesGivingAccess(by) },
      };
    };
    sets.push(...query.access.map((access) => having([access])));
    // A requested access that makes secrets visible already limits the list to visible secrets.
    if (!query.access.some((access) => query.seeing.includes(access))) sets.push(having(query.seeing));
  }
  for (const tag of query.tags) {
    const at = place(tag);
    sets.push({
      ids: `SELECT t.secret_id FROM secret_tags t WHERE t.tag COLLATE "C" = ${at} AND t.valid_to IS NULL`,
      has: `EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = s.id AND t.tag = ${at} AND t.valid_to IS NULL OFFSET 0)`,
      by: {
        tags: `SELECT ${at}::text AS tag`,
        names: 'SELECT NULL::text AS name, NULL::uuid AS secret_id WHERE false',
      },
    });
  }
  if (query.expiresBefore !== null) {
    const before = place(query.expiresBefore);
    sets.push({
      ids: `SELECT x.id FROM secrets x WHERE x.deleted_at IS NULL AND COALESCE(x.expires_at, 'infinity') < ${before}::timestamptz`,
      has: `s.expires_at < ${before}::timestamptz`,
    });
  }
  return sets;
}

export const LIVE = 's.deleted_at IS NULL';
/**
 * SQL for whether a name contains `part`, in any case. Names have only ASCII letters. The planner expects a third of the names to match an inequality,
 * so it keeps to the index in the order of names.
 */
export const nameHas = (place: Place, part: string) =>
  `position(lower(${place(part)}::text COLLATE "C") IN lower(s.name COLLATE "C")) > 0`;
