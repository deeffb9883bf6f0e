// Checks that the database rows of every secret match the audit log, and that the current value of each secret is the value that was written last.
// Decryption does not show whether rows are outdated, because an older copy of the rows decrypts too.
import type { Sql } from '../database/client.ts';
import { type GlobalIdText, toGlobalId, toUuid, type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import type { RecordedValue } from './audit-checkpoint.ts';
import { type LivingSecret, lifeProblem, type SecretLife } from './secret-life.ts';

const PAGE = 500;

interface Row extends LivingSecret {
  id: Uuid;
  name: string;
  purged: boolean;
  valueHash: string | null;
}

/**
 * Describes the secrets that do not match the audit log, at most `most` secrets. The arguments `recorded` and `lives` are maps with the global ids of
 * secrets as map keys.
 */
export async function valueProblems(
  sql: Sql,
  recorded: ReadonlyMap<GlobalIdText, RecordedValue>,
  lives: ReadonlyMap<GlobalIdText, SecretLife>,
  most: number,
): Promise<string[]> {
  const problems: string[] = [];
  const missing = new Set(recorded.keys());
  for (let after = ZERO_UUID; ; ) {
    const rows = await sql.query<Row>(
      `SELECT s.id, s.name, s.current_version AS version, s.purged_at IS NOT NULL AS purged, encode(sha256(v.ciphertext), 'hex') AS "valueHash",
         s.deleted_at IS NOT NULL AS deleted, (extract(epoch FROM s.expires_at) * 1000)::float8 AS expires,
         ARRAY(SELECT k.number FROM secret_versions k WHERE k.secret_id = s.id AND k.ciphertext IS NOT NULL ORDER BY 1) AS kept
       FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version
       WHERE s.id > $1::uuid ORDER BY s.id LIMIT ${PAGE}`,
      [after],
    );
    for (const row of rows) {
      const id = toGlobalId('SECRET', row.id);
      missing.delete(id);
      const problem = problemOf(row, recorded.get(id), lives.get(id) ?? { id });
      if (problem !== undefined) problems.push(`Secret ${JSON.stringify(row.name)} (${id}): ${problem}`);
    }
    const last = rows.at(-1);
    if (problems.length >= most) return problems.slice(0, most);
    if (last === undefined || rows.length < PAGE) break;
    after = last.id;
  }
  for (const id of missing) {
    if (toUuid(id, 'SECRET') !== undefined)
      problems.push(`Secret ${id} is missing: events recorded its value, but the secret has no row.`);
  }
  return problems.slice(0, most);
}

function problemOf(row: Row, recorded: RecordedValue | undefined, life: SecretLife): string | undefined {
  const { version, purged, kept, valueHash } = row;
  if (recorded === undefined) return 'no event recorded its value.';
  if (recorded.valueHash === '') {
    return purged && kept.length === 0 ? undefined : 'the secret was purged but exists again.';
  }
  if (purged) return 'the secret is marked as purged, but no event purged the secret.';
  const newest = recorded.version ?? 0;
  if (version < newest)
    return `the current version is ${version}, but events wrote version ${newest}: an older copy was restored.`;
  if (version > newest) return `the current version is ${version}, but no event wrote a version after ${newest}.`;
  if (valueHash === null) return `the value of version ${version} is missing.`;
  if (valueHash !== recorded.valueHash)
    return `the value of version ${version} is not the value that the gateway wrote.`;
  return lifeProblem(row, life);
}
