import type { Sql } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';

/** The use of one encryption key: how many objects of each kind are wrapped or hashed under this encryption key. */
export interface KeyUsage {
  /** Number of versions of secrets, including values that were captured for UPDATE_SECRET tasks. */
  versions: number;
  signingKeys: number;
  auditKeys: number;
  /** Number of access keys, without deleted access keys. */
  accessKeys: number;
}

export const UNUSED: KeyUsage = { versions: 0, signingKeys: 0, auditKeys: 0, accessKeys: 0 };

/** Returns the number of data keys that are wrapped under one encryption key. */
export function countDataKeys({
  versions,
  signingKeys,
  auditKeys,
}: Pick<KeyUsage, 'versions' | 'signingKeys' | 'auditKeys'>): number {
  return versions + signingKeys + auditKeys;
}

/** Returns the use of each encryption key, by the id of the encryption key. An unused encryption key has no entry. */
export async function keyUsage(sql: Sql): Promise<Map<string, KeyUsage>> {
  const rows = await sql.query<{ keyId: string; kind: keyof KeyUsage; count: number }>(
    `SELECT key_id AS "keyId", 'versions' AS kind, count(*)::int AS count FROM (
       SELECT key_id FROM secret_versions WHERE key_id IS NOT NULL UNION ALL SELECT key_id FROM captured_values
     ) sealed GROUP BY key_id
     UNION ALL SELECT key_id, 'signingKeys', count(*)::int FROM signing_keys GROUP BY key_id
     UNION ALL SELECT key_id, 'auditKeys', count(*)::int FROM audit_keys GROUP BY key_id
     UNION ALL SELECT key_id, 'accessKeys', count(*)::int FROM access_keys WHERE deleted_at IS NULL GROUP BY key_id
     ORDER BY 1, 2`,
  );
  const usage = new Map<string, KeyUsage>();
  for (const { keyId, kind, count } of rows) usage.set(keyId, { ...(usage.get(keyId) ?? UNUSED), [kind]: count });
  return usage;
}

/** An access key whose secret is hashed under an encryption key of the keyring. */
export interface AccessKeyUse {
  /** UUID. */
  id: Uuid;
  application: string;
  lastUsedAt: Date | null;
}

/** Returns at most `limit` access keys under the encryption key `keyId`. The list begins with the access key that was unused for the longest time. */
export async function accessKeysUnder(sql: Sql, keyId: string, limit: number): Promise<AccessKeyUse[]> {
  return sql.query(
    `SELECT k.id, a.name AS application, k.last_used_at AS "lastUsedAt"
     FROM access_keys k JOIN applications a ON a.id = k.application_id
     WHERE k.key_id = $1 AND k.deleted_at IS NULL ORDER BY k.last_used_at NULLS FIRST, k.id LIMIT $2::int`,
    [keyId, limit],
  );
}
