// Reads the current rows of the tables page by page, and returns the facts of these rows.
import type { Sql } from '../database/client.ts';
import { ZERO_UUID } from '../primitives/ids.ts';
import { FACT_SOURCES, type Fact, type FactTable, factSql } from './facts.ts';

const PAGE = 2_000;

/** For each table, the columns that determine the order of reading. The columns of a table are unique together and have an index. */
const KEYS: Readonly<Record<FactTable, { columns: string; types: string[]; start: unknown[] }>> = {
  ...(Object.fromEntries(
    Object.keys(FACT_SOURCES).map((table) => [table, { columns: 'x.id', types: ['uuid'], start: [ZERO_UUID] }]),
  ) as Record<FactTable, { columns: string; types: string[]; start: unknown[] }>),
  signing_keys: { columns: 'x.id', types: ['text'], start: [''] },
  secret_versions: { columns: 'x.secret_id, x.number', types: ['uuid', 'int'], start: [ZERO_UUID, -1] },
};

/**
 * Reads pages of facts, one table after another. A page omits rows that are not in force. Therefore a page can contain fewer facts than the number of
 * rows that the statement read.
 */
export async function* factPages(sql: Sql): AsyncGenerator<Fact[]> {
  for (const table of Object.keys(FACT_SOURCES) as FactTable[]) {
    const { columns, types, start } = KEYS[table];
    const places = types.map((type, i) => `$${i + 1}::${type}`).join(', ');
    for (let after = start; ; ) {
      const rows = await sql.query<{ key: unknown[]; fact: Fact | null }>(
        `SELECT json_build_array(${columns}) AS key, ${factSql(table)} AS fact FROM ${table} x
         WHERE (${columns}) > (${places}) ORDER BY ${columns} LIMIT ${PAGE}`,
        after,
      );
      yield rows.flatMap(({ fact }) => (fact === null ? [] : [fact]));
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) break;
      after = last.key;
    }
  }
}
