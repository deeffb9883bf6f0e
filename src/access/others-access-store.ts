// Finds access that principals other than the caller have through a name or a tag. The result decides whether a secret may be given a name, and
// whether a caller may remove a tag.
import type { Sql } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { SecretTag } from './policy.ts';

/**
 * SQL for the condition that a grant `p` has not expired and is a grant to others. A grant to the caller, or to a group whose only member is the
 * caller, is not a grant to others.
 */
const toOthers = (caller: string, now: string) => `(p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz)
  AND p.subject_id <> ${caller}::uuid AND NOT (p.subject_kind = 'GROUP'
    AND EXISTS (SELECT FROM group_members m WHERE m.group_id = p.subject_id AND m.valid_to IS NULL AND m.member_id = ${caller}::uuid)
    AND NOT EXISTS (SELECT FROM group_members m WHERE m.group_id = p.subject_id AND m.valid_to IS NULL AND m.member_id <> ${caller}::uuid))`;

/** SQL for the condition that the subject of a grant `p` is not deleted. */
const SUBJECT_EXISTS = ['users', 'applications', 'groups']
  .map((table) => `EXISTS (SELECT FROM ${table} x WHERE x.id = p.subject_id AND x.deleted_at IS NULL)`)
  .join(' OR ');

/** A request to create or restore a secret with a name. */
export interface NameClaim {
  /** UUID of the caller. */
  caller: Uuid;
  name: string;
  /**
   * UUID of the secret to which the request gives the name. `isNameClaimed` ignores past grants on this secret. Null if the secret does not exist
   * yet.
   */
  secretId: Uuid | null;
  /**
   * The time at which the secret was deleted, if the request restores a deleted secret. `isNameClaimed` ignores grants and deletions up to this time.
   * If `since` is null, `isNameClaimed` ignores no grants or deletions because of their time.
   */
  since: Date | null;
  now: Date;
}

/**
 * Returns whether a secret name is claimed. A name is claimed if a grant on the name gives access to principals other than the caller. A deleted
 * secret with the name also claims the name, if two conditions are met. First, a principal other than the caller created the deleted secret. Second,
 * principals other than the caller still had access to this secret when the secret was deleted, through a grant on this secret alone or through a
 * tag. Sends one SQL statement.
 *
 * INVARIANT: a purged secret claims its name under the conditions for a deleted secret, even though the purge removed the secret's tags and revoked
 * its grants. Otherwise a principal with DELETE could purge the secret to free the name.
 */
export async function isNameClaimed(sql: Sql, { name, ...claim }: NameClaim): Promise<boolean> {
  return (await claimedNames(sql, { ...claim, names: [name] })).size > 0;
}

/** Does the same as `isNameClaimed` for several names, with one SQL statement. Returns the claimed names. */
export async function claimedNames(
  sql: Sql,
  { caller, names, secretId, since, now }: Omit<NameClaim, 'name'> & { names: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ name: string }>(
    `SELECT n.name FROM json_array_elements_text($2::json) AS n(name)
     WHERE ${isClaimed({ caller: '$1', name: 'n.name', secretId: '$3', since: '$4', now: '$5' })}`,
    [caller, JSON.stringify(names), secretId, since, now],
  );
  return new Set(rows.map(({ name }) => name));
}

/** SQL for the condition that a secret name is claimed (see `isNameClaimed`). The arguments are SQL expressions for the parts of a `NameClaim`. */
export function isClaimed({ caller, name, secretId, since, now }: Record<keyof NameClaim, string>): string {
  const others = toOthers(caller, now);
  return `(EXISTS (
       SELECT FROM permissions p WHERE p.target_kind = 'SECRET' AND p.target = ${name} AND p.secret_id IS NULL AND p.valid_to IS NULL AND ${others}
         AND (${since}::timestamptz IS NULL OR p.valid_from > ${since}::timestamptz)
     ) OR EXISTS (
       SELECT FROM secrets d
       WHERE d.name COLLATE "C" = ${name} AND d.deleted_at IS NOT NULL AND d.id IS DISTINCT FROM ${secretId}::uuid
         AND d.created_by IS DISTINCT FROM ${caller}::uuid AND (${since}::timestamptz IS NULL OR d.deleted_at > ${since}::timestamptz)
         AND (EXISTS (
           SELECT FROM permissions p WHERE p.target_kind = 'SECRET' AND p.target = ${name} AND p.secret_id = d.id AND ${others}
             AND (p.valid_to IS NULL OR (p.valid_to = d.purged_at AND (${SUBJECT_EXISTS})))
         ) OR EXISTS (
           SELECT FROM secret_tags t JOIN permissions p ON p.target_kind = 'TAG' AND p.target = t.tag AND p.valid_to IS NULL AND ${others}
           WHERE t.secret_id = d.id AND (t.valid_to IS NULL OR t.valid_to >= d.deleted_at)
         ))
     ))`;
}

/**
 * Reads tags of a secret. For each tag, returns the principal that added the tag, and whether the tag gives access to principals other than the
 * caller. Sends one SQL statement.
 */
export async function findSecretTags(
  sql: Sql,
  { caller, secretId, tags, now }: { caller: Uuid; secretId: Uuid; tags: readonly TagText[]; now: Date },
): Promise<SecretTag[]> {
  return sql.query<SecretTag>(
    `SELECT t.tag, t.tagged_by AS "taggedBy", t.tagged_by_admin AS "taggedByAdmin", EXISTS (
       SELECT FROM permissions p WHERE p.target_kind = 'TAG' AND p.target = t.tag AND p.valid_to IS NULL AND ${toOthers('$1', '$4')}
     ) AS "sharesAccess"
     FROM secret_tags t WHERE t.secret_id = $2::uuid AND t.tag = ANY($3::text[]) AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C"`,
    [caller, secretId, tags, now],
  );
}
