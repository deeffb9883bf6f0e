import type { Position } from '../primitives/pages.ts';
import type { Sql } from './client.ts';

export interface ListByName {
  /** The SQL list of the selected columns. The list does not contain the column `key`. */
  columns: string;
  /** The SQL of the FROM item and the WHERE clause. The placeholders of `params` begin at `$4`. */
  from: string;
  params: readonly unknown[];
  /** The sort columns. The first column contains the name, and the second column contains the id. */
  order: { name: string; id: string };
}

/**
 * Returns at most `limit` rows after the position `after`, sorted by name. PostgreSQL compares names byte by byte. The column `key` of each row
 * contains the name.
 */
export function listByName<Row>(
  sql: Sql,
  { columns, from, params, order: { name, id } }: ListByName,
  limit: number,
  after?: Position,
): Promise<(Row & { key: string })[]> {
  return sql.query(
    `SELECT ${columns}, ${name} AS key FROM ${from}
       AND ($2::text IS NULL OR (${name} COLLATE "C", ${id}) > ($2::text, $3::uuid))
     ORDER BY ${name} COLLATE "C", ${id} LIMIT $1::int`,
    [limit, after?.key ?? null, after?.id ?? null, ...params],
  );
}
