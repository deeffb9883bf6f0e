import type { Position } from '../primitives/pages.ts';
import type { Sql } from './client.ts';

export interface ListByName {
  /** SQL for the columns to select, except the column `key`. */
  columns: string;
  /** SQL for the FROM item and the WHERE clause. Placeholders of `params` begin at `$4`. */
  from: string;
  params: readonly unknown[];
  /** The sort columns: first a name, then the id. */
  order: { name: string; id: string };
}

/** Returns at most `limit` rows after the position `after`, sorted by name. Names are compared byte by byte. The `key` of each row is the name. */
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
