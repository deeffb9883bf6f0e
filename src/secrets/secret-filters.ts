// SQL conditions for the filters of a list of secrets.
import { accessibleSecrets, isAccessible, namesGivingAccess, tagsGivingAccess } from '../access/access-filter.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

export interface SecretFilters {
  /**
   * UUIDs of the caller and the caller's groups. Grants to these UUIDs decide which secrets the caller sees. Null if the caller has ADMIN, because a
   * caller with ADMIN sees all secrets.
   */
  visibleTo: readonly Uuid[] | null;
  /** UUIDs of the caller and the caller's groups. With each secret, the statement reads the grants to these UUIDs. */
  subjects: readonly Uuid[];
  now: Date;
  /** The accesses that make a secret visible to a caller. One of these accesses is enough to make a secret visible. */
  seeing: readonly Access[];
  /** The list contains only secrets on which the caller has all these accesses. */
  access: readonly Access[];
  nameContains: string | null;
  tags: readonly TagText[];
  expiresBefore: Date | null;
  /** If null, the list contains secrets that are not deleted. If a time, the list contains secrets that were deleted after this time. */
  deletedSince: Date | null;
}

/** Adds a value to the parameters of a statement, and returns its placeholder `$n`. */
export type Place = (value: unknown) => string;
export const placeIn =
  (params: unknown[]): Place =>
  (value) =>
    `$${params.push(value)}`;

/**
 * Hides the length of an array of ids from PostgreSQL's query planner. If the planner knew the length, the planner would estimate fewer rows than for
 * a generic plan. The planner would then make a new plan for every page.
 */
export const opaqueIds = (ids: string) => `(SELECT ${ids}::uuid[])`;

/** A set of secrets. A list contains the secrets that are in all its sets. */
export interface SecretSet {
  /** SQL for the ids of the secrets in the set. The SQL result may contain an id twice. */
  ids: string;
  /** SQL condition that is true if the secret `s` is in the set. */
  has: string;
  /**
   * Present if tags and names determine the set. `tags` is SQL for the tags (column `tag`), without duplicates. `names` is SQL for the names (columns
   * `name` and `secret_id`).
   */
  by?: { tags: string; names: string };
}

/** Returns one set of secrets for each filter of the query. For the filter by name, no set is returned. */
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
    // If the caller requests an access that makes secrets visible, the list is already limited to visible secrets.
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
 * SQL condition that is true if a secret name contains `part`, in upper or lower case. All letters in secret names are ASCII letters. The condition
 * is an inequality, because PostgreSQL's planner expects an inequality to match a third of all names. With this estimate, the planner uses the index
 * in the order of names.
 */
export const nameHas = (place: Place, part: string) =>
  `position(lower(${place(part)}::text COLLATE "C") IN lower(s.name COLLATE "C")) > 0`;
