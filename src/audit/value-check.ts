// Whether the newest value of every secret is the one that was written last: an older copy of a secret's rows opens like the newest.
import type { Sql } from '../database/client.ts';
import { insideId, outsideId } from '../ids.ts';
import type { RecordedValue } from './audit-checkpoint.ts';

const PAGE = 500;

interface Row {
  id: string;
  name: string;
  version: number;
  purged: boolean;
  kept: number;
  valueHash: string | null;
}

/** What is wrong with the first secret that is not as it was recorded, by outside id; undefined if all are. */
export async function valueProblem(
  sql: Sql,
  recorded: ReadonlyMap<string, RecordedValue>,
): Promise<string | undefined> {
  const missing = new Set(recorded.keys());
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await sql.query<Row>(
      `SELECT s.id, s.name, s.current_version AS version, s.purged_at IS NOT NULL AS purged, encode(sha256(v.ciphertext), 'hex') AS "valueHash",
         (SELECT count(*)::int FROM secret_versions k WHERE k.secret_id = s.id AND k.ciphertext IS NOT NULL) AS kept
       FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version
       WHERE s.id > $1::uuid ORDER BY s.id LIMIT ${PAGE}`,
      [after],
    );
    for (const row of rows) {
      const id = outsideId('SECRET', row.id);
      missing.delete(id);
      const problem = problemOf(row, recorded.get(id));
      if (problem !== undefined) return `Secret ${JSON.stringify(row.name)} (${id}): ${problem}`;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    after = last.id;
  }
  for (const id of missing) {
    if (insideId(id, 'SECRET') !== undefined) return `Secret ${id} is gone, whose value was recorded.`;
  }
  return undefined;
}

function problemOf({ version, purged, kept, valueHash }: Row, recorded: RecordedValue | undefined): string | undefined {
  if (recorded === undefined) return 'no event tells of its value.';
  if (recorded.valueHash === '') return purged && kept === 0 ? undefined : 'it was destroyed, and is there again.';
  if (purged) return 'it is marked as purged, and no event tells of that.';
  const newest = recorded.version ?? 0;
  if (version < newest)
    return `version ${version} is the current one, and version ${newest} was written: an older copy was put back.`;
  if (version > newest) return `version ${version} is the current one, and no event tells of one after ${newest}.`;
  if (valueHash === null) return `the value of version ${version} is gone.`;
  return valueHash === recorded.valueHash
    ? undefined
    : `the value of version ${version} is not the one that was written.`;
}
