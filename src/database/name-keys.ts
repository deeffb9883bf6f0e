// Computes the comparison forms of names that are older than the column `name_key`.
import type pg from 'pg';
import { nameKey } from '../primitives/name-key.ts';
import { isVisible } from '../primitives/new-name.ts';
import type { Sql } from './client.ts';

const TABLES = [
  { table: 'users', name: 'username' },
  { table: 'groups', name: 'name' },
] as const;
type Table = (typeof TABLES)[number]['table'];

/** Rows that one statement changes. */
const AT_ONCE = 10_000;

/** A name that a new one could not be, identified by its row. The name itself does not belong in a log. */
export interface OddName {
  table: Table;
  /** UUID. */
  id: string;
}

/**
 * Fills `name_key` of all rows, once, in one transaction. The validated constraints on the keys mark that it is done. Names in use that have the
 * same key get different numbers in `key_clash`, and keep their spelling.
 * INVARIANT: runs before the baseline of the audit log (src/audit/fact-baseline.ts) is written. These writes have no event, and the baseline takes
 * the keys as they are.
 * @returns names in use that have invisible characters
 */
export async function fillNameKeys(client: pg.Client): Promise<OddName[]> {
  if (await isFilled(client)) return [];
  const invisible: OddName[] = [];
  await client.query('BEGIN');
  try {
    for (const { table, name } of TABLES) {
      await client.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
      const { rows } = await client.query<Row>(
        `SELECT id, ${name} AS name, deleted_at IS NULL AS live FROM ${table} ORDER BY created_at, id`,
      );
      const keyed = numbered(rows);
      for (let at = 0; at < keyed.length; at += AT_ONCE) {
        const some = keyed.slice(at, at + AT_ONCE);
        await client.query(
          `UPDATE ${table} t SET name_key = k.key, key_clash = k.clash
           FROM unnest($1::uuid[], $2::text[], $3::int[]) k(id, key, clash) WHERE t.id = k.id`,
          [some.map((row) => row.id), some.map((row) => row.key), some.map((row) => row.clash)],
        );
      }
      await client.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${table}_have_keys`);
      invisible.push(...rows.flatMap((row) => (row.live && !isVisible(row.name) ? { table, id: row.id } : [])));
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  return invisible;
}

/** SQL for whether every name has its key. False before the migration that adds the column. */
export const NAMES_HAVE_KEYS = `(SELECT count(*) FILTER (WHERE convalidated) = ${TABLES.length} FROM pg_constraint
  WHERE conname IN (${TABLES.map(({ table }) => `'${table}_have_keys'`).join(', ')}) AND connamespace = current_schema()::regnamespace)`;

export async function isFilled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT ${NAMES_HAVE_KEYS} AS filled`);
  return rows[0].filled;
}

/** Names in use that clash: they have the same key, so each is found only by its exact spelling. UUIDs of each clash, oldest first. */
export async function clashingNames(sql: Sql): Promise<{ table: Table; ids: string[] }[]> {
  const clashing = ({ table }: { table: Table }) =>
    `SELECT '${table}' AS table, array_agg(id::text ORDER BY key_clash) AS ids FROM ${table}
     WHERE key_clash > 0 AND deleted_at IS NULL GROUP BY name_key HAVING count(*) > 1`;
  return sql.query(TABLES.map(clashing).join(' UNION ALL '));
}

interface Row {
  id: string;
  name: string;
  live: boolean;
}

/** Adds each row's key, and its number among the rows in use with the same key: 0 if it is the only one. */
function numbered(rows: readonly Row[]): (Row & { key: string; clash: number })[] {
  const keyed = rows.map((row) => ({ ...row, key: nameKey(row.name), clash: 0 }));
  const live = keyed.filter((row) => row.live);
  for (const alike of Map.groupBy(live, (row) => row.key).values()) {
    if (alike.length > 1) for (const [i, row] of alike.entries()) row.clash = i + 1;
  }
  return keyed;
}
