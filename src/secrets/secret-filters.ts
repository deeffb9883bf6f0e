import { accessibleSecrets, isAccessible, namesGivingAccess, tagsGivingAccess } from '../access/access-filter.ts';
import type { Access } from '../generated/vocabulary.ts';

export interface SecretFilters {
  /** Null for an administrator, who sees all; else the subjects by which the caller is granted anything. */
  visibleTo: readonly string[] | null;
  subjects: readonly string[];
  now: Date;
  /** The accesses that let one see a secret. */
  seeing: readonly Access[];
  /** The caller has all of these. */
  access: readonly Access[];
  nameContains: string | null;
  tags: readonly string[];
  expiresBefore: Date | null;
  /** Null for live secrets, else those deleted after then. */
  deletedSince: Date | null;
}

export type Place = (value: unknown) => string;
/** Adds a value to `params`, and tells its place, `$n`. */
export const placeIn =
  (params: unknown[]): Place =>
  (value) =>
    `$${params.push(value)}`;

/**
 * An array of ids that the planner does not look into. How many there are changes no plan here, but by counting on fewer than usual it would find
 * each plan of its own cheaper than one for all, and make a new one for every page.
 */
export const hidden = (ids: string) => `(SELECT ${ids}::uuid[])`;

/** What secrets have to be in to be listed. */
export interface Among {
  /** SQL for the ids of all that are, perhaps some twice. */
  ids: string;
  /** SQL for whether the secret `s` is. */
  has: string;
  /** Where it is tags and names that decide: SQL for those tags (`tag`), each once, and for those names (`name`, `secret_id`). */
  by?: { tags: string; names: string };
}

/** What narrows a list, but for the name. */
export function amongst(query: SecretFilters, place: Place): Among[] {
  const all: Among[] = [];
  if (query.visibleTo !== null) {
    const [subjects, now] = [hidden(place(query.visibleTo)), place(query.now)];
    const having = (access: readonly Access[]): Among => {
      const by = { subjects, now, access: place(access) };
      return {
        ids: accessibleSecrets(by),
        has: isAccessible(by),
        by: { tags: tagsGivingAccess(by), names: namesGivingAccess(by) },
      };
    };
    all.push(...query.access.map((access) => having([access])));
    // Whoever has one of them on a secret sees it.
    if (!query.access.some((access) => query.seeing.includes(access))) all.push(having(query.seeing));
  }
  for (const tag of query.tags) {
    const at = place(tag);
    all.push({
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
    all.push({
      ids: `SELECT x.id FROM secrets x WHERE x.deleted_at IS NULL AND COALESCE(x.expires_at, 'infinity') < ${before}::timestamptz`,
      has: `s.expires_at < ${before}::timestamptz`,
    });
  }
  return all;
}

export const LIVE = 's.deleted_at IS NULL';
/** Names have letters of ASCII only. As if it left a third, which keeps the planner to the order of names. */
export const nameHas = (place: Place, part: string) =>
  `position(lower(${place(part)}::text COLLATE "C") IN lower(s.name COLLATE "C")) > 0`;
