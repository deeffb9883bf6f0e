// Lists secrets, and the tags of secrets, page by page.
import type { Database, Sql } from '../database/client.ts';
import type { SecretOrder } from '../generated/vocabulary.ts';
import { isUsualLimit, type Position, timeKey } from '../primitives/pages.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { SecretView } from './secret.ts';
import { LIVE, nameHas, opaqueIds, type Place, placeIn, type SecretFilters, setsOf } from './secret-filters.ts';
import {
  BOUNDS,
  type Bounds,
  deletedPage,
  fullPage,
  gatheredPage,
  indexPage,
  mergedPage,
  type PageQuery,
  type Statement,
  scannedPage,
} from './secret-pages.ts';
import { columnsOfList, listedView, type Row } from './secret-store.ts';

/** The id and the name of a secret. The other columns of the secret were not read. */
export type SecretNamed = Pick<SecretView, 'id' | 'name'>;

/** A query for names. The names are in their own order. */
export type NamesQuery = SecretQuery & { orderBy: NameOrder };
export type NameOrder = Extract<SecretOrder, `NAME_${string}`>;

export type Lists = Pick<Database, 'query' | 'prepared'>;

export interface Listed<Secret> {
  epoch: number;
  secrets: (Secret & { key: string })[];
}

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

/** Whether the secrets are listed in the order of names. */
export function isByName(orderBy: SecretOrder): orderBy is NameOrder {
  return ORDERS[orderBy].column === 'name';
}

/**
 * Maximum number of secrets that `scannedPage` reads, divided by the maximum number of secrets that `gatheredPage` reads. If the scan does not
 * complete the page, `fullPage` reads the page.
 */
const SCAN_FACTOR = 3;

/**
 * Reads at most `limit` secrets that the caller may see. Each returned secret contains the sort key for its cursor. Also returns the access epoch at
 * the moment of the first SQL statement.
 *
 * The function tries up to four SQL statements. A page therefore reads few rows, even if PostgreSQL's planner wrongly estimates the number of
 * matching secrets:
 * 1. If the list is in the order of names, `mergedPage` reads the secrets of each tag from an index in the order of names.
 * 2. If few secrets match, `gatheredPage` reads and sorts these secrets.
 * 3. `scannedPage` reads secrets in list order and checks each secret by itself.
 * 4. If the scan does not fill the page, for example because all matching names are adjacent, `fullPage` searches all secrets by merging ids.
 */
export function list(
  database: Lists,
  query: SecretQuery,
  limit: number,
  after?: Position,
  bounds = BOUNDS,
): Promise<Listed<SecretView>> {
  const columns = columnsOfList(opaqueIds('$1'));
  const details = { columns, params: [query.subjects], onlyNames: false, toSecret: listedView };
  return pageOf(database, query, details, { limit, after, bounds });
}

/** Reads the names of the secrets that `list` would read, in the order of names. */
export function listNames(
  database: Lists,
  query: NamesQuery,
  limit: number,
  after?: Position,
  bounds = BOUNDS,
): Promise<Listed<SecretNamed>> {
  const toSecret = ({ id, name }: Row) => ({ id, name });
  const details = { columns: 's.id, s.name', params: [], onlyNames: true, toSecret };
  return pageOf(database, query, details, { limit, after, bounds });
}

async function pageOf<Secret>(
  database: Lists,
  query: SecretQuery,
  details: { columns: string; params: readonly unknown[]; onlyNames: boolean; toSecret(row: Row): Secret },
  { limit, after, bounds }: { limit: number; after: Position | undefined; bounds: Bounds },
): Promise<Listed<Secret>> {
  const { columns, onlyNames, toSecret } = details;
  const params = [...details.params];
  const place = placeIn(params);
  const { direction, key } = ORDERS[query.orderBy];
  const page = { ...pageQuery(query, limit, after, place), onlyNames };
  const { sets, named, byName } = page;
  let epoch: number | undefined;
  const read = async <More>(sql: Sql, { ctes, more = '', from }: Statement): Promise<(Row & More)[]> => {
    const rows = await sql.query<Row & More & { epoch: number }>(
      `WITH ${ctes} SELECT e.epoch, ${columns}${more} FROM access_epoch e LEFT JOIN ${from} ON true WHERE e.id = 1
       ORDER BY s.key ${direction}, s.id ${direction}`,
      params,
    );
    epoch ??= rows[0]?.epoch;
    return rows;
  };
  const shown = (rows: readonly Row[]) => {
    if (epoch === undefined) throw new Error('The table access_epoch has no row.');
    const present = rows.filter((row) => row.id !== null);
    return { epoch, secrets: present.map((row) => ({ ...toSecret(row), key: key(row) })) };
  };

  if (query.deletedSince !== null) {
    const deleted = `s.purged_at IS NULL AND s.deleted_at > ${place(query.deletedSince)}::timestamptz`;
    return shown(await read(database, deletedPage(page, deleted)));
  }
  // Only the SQL statements of usual lists are prepared, because all combinations of filters would be too many prepared statements. The limit is part
  // of the SQL text, because PostgreSQL's planner would not choose the scan if the limit were a parameter.
  const filters = query.tags.length + query.access.length + named.length + (query.expiresBefore === null ? 0 : 2);
  const isUsual = filters === 0 || (filters === 1 && query.orderBy === 'NAME_ASC');
  const sql = isUsual && isUsualLimit(limit) ? database.prepared : database;
  if (sets.length === 0 && (byName || named.length === 0)) return shown(await read(sql, indexPage(page)));

  const [first, ...others] = sets;
  if (byName && first?.by !== undefined && others.length === 0) {
    const rows = await read<{ isMerged: boolean }>(sql, mergedPage(first.by, page, bounds.most));
    if (rows[0]?.isMerged) return shown(rows);
  }
  const gathered = await read<{ isFew: boolean; few: number }>(sql, gatheredPage(page, bounds));
  if (gathered[0] === undefined || gathered[0].isFew) return shown(gathered);
  const scanned = await read<{ toTheEnd: boolean }>(database, scannedPage(page, SCAN_FACTOR * gathered[0].few));
  const found = shown(scanned);
  if (found.secrets.length >= limit || scanned[0]?.toTheEnd) return found;
  return shown(await read(database, fullPage(page)));
}

function pageQuery(
  query: SecretQuery,
  limit: number,
  after: Position | undefined,
  place: Place,
): Omit<PageQuery, 'onlyNames'> {
  const { column, by, direction, cast, parse } = ORDERS[query.orderBy];
  const byName = column === 'name';
  const inOrder = `ORDER BY ${by} ${direction}, s.id ${direction}`;
  const order = direction === 'ASC' ? '>' : '<';
  const key = after && `${place(parse(after))}::${cast}`;
  const columns = ['s.id', 's.name', ...(byName ? [] : [`s.${column}`])];
  const decidesByExpiry = query.expiresBefore !== null && column !== 'expires_at';
  return {
    limit,
    sets: setsOf(query, place),
    named: query.nameContains === null ? [] : [nameHas(place, query.nameContains)],
    afterCursor: after ? [`(${by}, s.id) ${order} (${key}, ${place(after.id)}::uuid)`] : [],
    fromCursorName: after && byName ? [`${by} ${order}= ${key}`] : [],
    byName,
    by,
    inOrder,
    // Names of live secrets are unique. The index of names also contains the ids of the secrets.
    inLiveOrder: byName ? `ORDER BY ${by} ${direction}` : inOrder,
    sorting: columns.join(', '),
    deciding: [...columns, ...(decidesByExpiry ? ['s.expires_at'] : [])].join(', '),
  };
}

/** SQL condition for secrets that the caller sees, that are not deleted, and that match all filters. */
function visibleWhere(query: SecretFilters, place: Place): string {
  return [LIVE, ...setsOf(query, place).map(({ ids }) => `s.id IN (${ids})`)].join(' AND ');
}

/**
 * Lists the tags of live secrets that the caller may see. For each tag, the list contains the number of these secrets that have the tag. Returns at
 * most `limit` tags, in order, starting after the tag `after`.
 */
export async function listTags(
  sql: Sql,
  query: SecretFilters,
  { key, only }: { key: string | null; only: readonly TagText[] | null },
  limit: number,
  after?: Position,
): Promise<{ tag: TagText; count: number }[]> {
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
