// Finds access that principals other than the caller have through a name or a tag. It decides whether a secret may get a name, and whether a
// caller may remove a tag.
import type { Sql, Transaction } from '../database/client.ts';
import type { CarriedTag, NameClaims } from './policy.ts';

/** SQL: grant `p` is in force and gives access to another principal. Grants to the caller, and to a group whose only member is the caller, do not. */
const toOthers = (
  caller: string,
  now: string,
) => `p.valid_to IS NULL AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz)
  AND p.subject_id <> ${caller}::uuid AND NOT (p.subject_kind = 'GROUP'
    AND EXISTS (SELECT FROM group_members m WHERE m.group_id = p.subject_id AND m.valid_to IS NULL AND m.member_id = ${caller}::uuid)
    AND NOT EXISTS (SELECT FROM group_members m WHERE m.group_id = p.subject_id AND m.valid_to IS NULL AND m.member_id <> ${caller}::uuid))`;

export interface Claimed {
  /** UUID of the caller. */
  caller: string;
  name: string;
  /** The tags that the secret has or will get. */
  tags: readonly string[];
  /** UUID of the secret, whose own earlier tags do not count. Null if the secret does not exist yet. */
  secretId: string | null;
  /** Counts only grants and deletions after this time: the time when the secret to be restored was deleted. Null counts all. */
  since: Date | null;
  now: Date;
}

/** Whether other principals hold grants on a name, or have access through tags that earlier secrets of this name had. One statement. */
export async function nameClaims(sql: Sql, { caller, name, tags, secretId, since, now }: Claimed): Promise<NameClaims> {
  const [row] = await sql.query<NameClaims>(
    `SELECT EXISTS (
       SELECT FROM permissions p WHERE p.target_kind = 'SECRET' AND p.target = $2 AND p.secret_id IS NULL AND ${toOthers('$1', '$6')}
         AND ($5::timestamptz IS NULL OR p.valid_from > $5::timestamptz)
     ) AS granted, EXISTS (
       SELECT FROM secrets d JOIN secret_tags t ON t.secret_id = d.id AND t.tag = ANY($3::text[]) AND (t.valid_to IS NULL OR t.valid_to >= d.deleted_at)
         JOIN permissions p ON p.target_kind = 'TAG' AND p.target = t.tag AND ${toOthers('$1', '$6')}
       WHERE d.name COLLATE "C" = $2 AND d.deleted_at IS NOT NULL AND d.id IS DISTINCT FROM $4::uuid AND d.created_by IS DISTINCT FROM $1::uuid
         AND ($5::timestamptz IS NULL OR d.deleted_at > $5::timestamptz)
     ) AS tagged`,
    [caller, name, tags, secretId, since, now],
  );
  if (row === undefined) throw new Error('A SELECT without FROM gave no row.');
  return row;
}

/** For each of these tags of a secret: who added it, and whether it gives access to others than the caller. One statement. */
export async function carriedTags(
  tx: Transaction,
  { caller, secretId, tags, now }: { caller: string; secretId: string; tags: readonly string[]; now: Date },
): Promise<CarriedTag[]> {
  return tx.query<CarriedTag>(
    `SELECT t.tag, t.tagged_by AS "taggedBy", t.tagged_by_admin AS "taggedByAdmin", EXISTS (
       SELECT FROM permissions p WHERE p.target_kind = 'TAG' AND p.target = t.tag AND ${toOthers('$1', '$4')}
     ) AS sharing
     FROM secret_tags t WHERE t.secret_id = $2::uuid AND t.tag = ANY($3::text[]) AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C"`,
    [caller, secretId, tags, now],
  );
}
