import type { Database, Sql } from '../database/client.ts';
import type { SecretOrder } from '../generated/vocabulary.ts';
import { type Position, timeKey } from '../primitives/pages.ts';
import type { SecretView } from './secret.ts';
import { amongst, hidden, LIVE, nameHas, type Place, placeIn, type SecretFilters } from './secret-filters.ts';
import {
  BOUNDS,
  gathered,
  merged,
  type Statement,
  searched,
  sorted,
  straight,
  type Wanted,
  walked,
} from './secret-pages.ts';
import { columnsFor, type Row, toView } from './secret-store.ts';

export interface SecretQuery extends SecretFilters {
  orderBy: SecretOrder;
}

const ORDERS = {
  NAME_ASC: {
    column: 'name',
    by: 's.name COLLATE "C"',
    direction: 'ASC',
    key: (row: Row) => row.name,
    cast: 'text',
    parse: (at: Position) => at.key,
  },
  NAME_DESC: {
    column: 'name',
    by: 's.name COLLATE "C"',
    direction: 'DESC',
    key: (row: Row) => row.name,
    cast: 'text',
    parse: (at: Position) => at.key,
  },
  UPDATED_AT_DESC: {
    column: 'updated_at',
    by: 's.updated_at',
    direction: 'DESC',
    key: (row: Row) => row.updatedAt.toISOString(),
    cast: 'timestamptz',
    parse: timeKey,
  },
  EXPIRES_AT_ASC: {
    column: 'expires_at',
    by: "COALESCE(s.expires_at, 'infinity')",
    direction: 'ASC',
    key: (row: Row) => row.expiresAt?.toISOString() ?? 'infinity',
    cast: 'timestamptz',
    parse: (at: Position) => (at.key === 'infinity' ? at.key : timeKey(at)),
  },
} satisfies Record<
  SecretOrder,
  { column: string; by: string; direction: string; key(row: Row): string; cast: string; parse(at: Position): unknown }
>;

/** So many times as many are walked before all that may be meant are searched. */
const WALKED = 3;
/** Pages that most ask for: their statements are prepared. */
const USUAL: readonly number[] = [51, 201];

/**
 * At most `limit` secrets that the caller may see, each with the sort key of its cursor. Whatever the planner thinks of how many are meant, no
 * more is read than a page needs: by name, what carries tags comes off an index in its order; else if few are meant, those are gathered and
 * sorted; else secrets are walked in the order asked for, each decided by itself; and if that does not fill the page, since the names of those
 * that are meant stand together, say, all are searched, by merging ids.
 */
export async function list(
  database: Pick<Database, 'query' | 'prepared'>,
  query: SecretQuery,
  limit: number,
  after?: Position,
  bounds = BOUNDS,
): Promise<(SecretView & { key: string })[]> {
  const params: unknown[] = [query.subjects];
  const place = placeIn(params);
  const { direction, key } = ORDERS[query.orderBy];
  const wanted = wantedOf(query, limit, after, place);
  const { among, named, byName } = wanted;
  const read = async <More>(sql: Sql, { ctes, more = '', from = 'page' }: Statement): Promise<(Row & More)[]> =>
    sql.query<Row & More>(
      `WITH ${ctes} SELECT ${columnsFor(hidden('$1'))}${more} FROM ${from}
       LEFT JOIN LATERAL (SELECT * FROM secrets o WHERE o.id = page.id LIMIT 1) s ON true
       ORDER BY page.key ${direction}, page.id ${direction}`,
      params,
    );
  const shown = (rows: readonly Row[]) =>
    rows.filter((row) => row.id !== null).map((row) => ({ ...toView(row), key: key(row) }));

  if (query.deletedSince !== null) {
    const deleted = `s.purged_at IS NULL AND s.deleted_at > ${place(query.deletedSince)}::timestamptz`;
    return shown(await read(database, sorted(wanted, deleted)));
  }
  // With every filter there would be too many statements to keep. The limit stands in their text: a plan for just any would not walk.
  const filters = query.tags.length + query.access.length + named.length + (query.expiresBefore === null ? 0 : 2);
  const isUsual = filters === 0 || (filters === 1 && query.orderBy === 'NAME_ASC');
  const sql = isUsual && USUAL.includes(limit) ? database.prepared : database;
  if (among.length === 0 && (byName || named.length === 0)) return shown(await read(sql, straight(wanted)));

  const [one, ...others] = among;
  if (byName && one?.by !== undefined && others.length === 0) {
    const rows = await read<{ isMerged: boolean }>(sql, merged(one.by, wanted, bounds.most));
    if (rows[0]?.isMerged) return shown(rows);
  }
  const few = await read<{ isFew: boolean; few: number }>(sql, gathered(wanted, bounds));
  if (few[0] === undefined || few[0].isFew) return shown(few);
  const begun = await read<{ toTheEnd: boolean }>(database, walked(wanted, WALKED * few[0].few));
  const found = shown(begun);
  if (found.length >= limit || begun[0]?.toTheEnd) return found;
  return shown(await read(database, searched(wanted)));
}

function wantedOf(query: SecretQuery, limit: number, after: Position | undefined, place: Place): Wanted {
  const { column, by, direction, cast, parse } = ORDERS[query.orderBy];
  const byName = column === 'name';
  const inOrder = `ORDER BY ${by} ${direction}, s.id ${direction}`;
  const order = direction === 'ASC' ? '>' : '<';
  const key = after && `${place(parse(after))}::${cast}`;
  const columns = ['s.id', 's.name', ...(byName ? [] : [`s.${column}`])];
  const decidesByExpiry = query.expiresBefore !== null && column !== 'expires_at';
  return {
    limit,
    among: amongst(query, place),
    named: query.nameContains === null ? [] : [nameHas(place, query.nameContains)],
    beyond: after ? [`(${by}, s.id) ${order} (${key}, ${place(after.id)}::uuid)`] : [],
    fromName: after && byName ? [`${by} ${order}= ${key}`] : [],
    byName,
    by,
    inOrder,
    // Names of live secrets are unique, and the index of them has their ids besides.
    inLiveOrder: byName ? `ORDER BY ${by} ${direction}` : inOrder,
    sorting: columns.join(', '),
    deciding: [...columns, ...(decidesByExpiry ? ['s.expires_at'] : [])].join(', '),
  };
}

/** The WHERE of everything that counts secrets. */
function visibleWhere(query: SecretFilters, place: Place): string {
  return [LIVE, ...amongst(query, place).map((one) => `s.id IN (${one.ids})`)].join(' AND ');
}

/** Tags on live secrets that the caller may see, with how many; at most `limit`, in order, after `after`. */
export async function listTags(
  sql: Sql,
  query: SecretFilters,
  { key, only }: { key: string | null; only: readonly string[] | null },
  limit: number,
  after?: Position,
): Promise<{ tag: string; count: number }[]> {
  const params: unknown[] = [query.subjects];
  const where = [visibleWhere(query, placeIn(params)), '$1::uuid[] IS NOT NULL'];
  if (key !== null) where.push(`starts_with(t.tag, $${params.push(`${key}:`)})`);
  if (only !== null) where.push(`t.tag COLLATE "C" = ANY($${params.push(only)}::text[])`);
  if (after) where.push(`t.tag COLLATE "C" > $${params.push(after.key)}`);
  return sql.query(
    `SELECT t.tag, count(*)::int AS count FROM secret_tags t JOIN secrets s ON s.id = t.secret_id
     WHERE t.valid_to IS NULL AND ${where.join(' AND ')}
     GROUP BY t.tag COLLATE "C", t.tag ORDER BY t.tag COLLATE "C" LIMIT $${params.push(limit)}::int`,
    params,
  );
}
