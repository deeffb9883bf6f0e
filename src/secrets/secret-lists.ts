import { isReached, reached } from '../access/reached.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Access, SecretOrder } from '../generated/vocabulary.ts';
import { type Position, timeKey } from '../pages.ts';
import type { SecretView } from './secret.ts';
import { COLUMNS, type Row, toView } from './secret-store.ts';

export interface SecretQuery {
  /** Null for an administrator, who sees all; else the subjects by which the caller is granted anything. */
  visibleTo: readonly string[] | null;
  subjects: readonly string[];
  now: Date;
  /** The accesses that let one see a secret. */
  seeing: readonly Access[];
  /** The caller has all of these. */
  access: readonly Access[];
  nameContains: string | null;
  tags: readonly string[];
  expiresBefore: Date | null;
  /** Null for live secrets, else those deleted after then. */
  deletedSince: Date | null;
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

type Place = (value: unknown) => string;
/** `$1` is the caller's subjects. */
const placeIn =
  (params: unknown[]): Place =>
  (value) =>
    `$${params.push(value)}`;

/** What secrets have to be in to be listed. */
interface Among {
  /** SQL for the ids of all that are, perhaps some twice. */
  ids: string;
  /** SQL for whether the secret `s` is. */
  has: string;
}

/** What narrows a list, but for the name. */
function amongst(query: Omit<SecretQuery, 'orderBy'>, place: Place): Among[] {
  const all: Among[] = [];
  if (query.visibleTo !== null) {
    const [subjects, now] = [place(query.visibleTo), place(query.now)];
    const having = (access: readonly Access[]): Among => {
      const by = [subjects, now, place(access)] as const;
      return { ids: reached(...by), has: isReached(...by) };
    };
    all.push(...query.access.map((access) => having([access])));
    // Whoever has one of them on a secret sees it.
    if (!query.access.some((access) => query.seeing.includes(access))) all.push(having(query.seeing));
  }
  for (const tag of query.tags) {
    const at = place(tag);
    all.push({
      ids: `SELECT t.secret_id FROM secret_tags t WHERE t.tag COLLATE "C" = ${at} AND t.valid_to IS NULL`,
      has: `EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = s.id AND t.tag = ${at} AND t.valid_to IS NULL OFFSET 0)`,
    });
  }
  if (query.expiresBefore !== null) {
    const before = place(query.expiresBefore);
    all.push({
      ids: `SELECT x.id FROM secrets x WHERE x.deleted_at IS NULL AND COALESCE(x.expires_at, 'infinity') < ${before}::timestamptz`,
      has: `s.expires_at < ${before}::timestamptz`,
    });
  }
  return all;
}

const LIVE = 's.deleted_at IS NULL';
/** Names have letters of ASCII only. As if it left a third, which keeps the planner to the order of names. */
const nameHas = (place: Place, part: string) =>
  `position(lower(${place(part)}::text COLLATE "C") IN lower(s.name COLLATE "C")) > 0`;

/**
 * Of how many secrets a page is gathered and sorted; of more, it is not far from where one begins to walk. What gathering costs grows with how
 * many are meant, what walking costs falls: they meet near the root of how many there are, times a page.
 */
export interface Bounds {
  least: number;
  most: number;
}
const BOUNDS: Bounds = { least: 1_000, most: 10_000 };
/** So many times as many are walked before all that may be meant are searched. */
const WALKED = 3;
/** Of so many kinds of narrowing the one is sought that leaves few. Each looks at as many as are gathered at most. */
const SOUGHT = 6;
/** Whatever leaves so many times fewer is taken before what leaves few. */
const VERY = 16;
/** Pages that most ask for: their statements are prepared. */
const USUAL: readonly number[] = [51, 201];

/**
 * At most `limit` secrets that the caller may see, each with the sort key of its cursor. Whatever the planner thinks of how many are meant, no
 * more is read than a page needs: if few are meant, those are gathered and sorted; else secrets are walked in the order asked for, each decided
 * by itself; and if that does not fill the page, since the names of those that are meant stand together, say, all are searched, by merging ids.
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
  const { column, by, direction, cast, parse, key } = ORDERS[query.orderBy];
  const byName = column === 'name';
  const among = amongst(query, place);
  const has = among.map((one) => one.has);
  const named = query.nameContains === null ? [] : [nameHas(place, query.nameContains)];
  const beyond = after
    ? [`(${by}, s.id) ${direction === 'ASC' ? '>' : '<'} (${place(parse(after))}::${cast}, ${place(after.id)}::uuid)`]
    : [];
  const inOrder = `ORDER BY ${by} ${direction}, s.id ${direction}`;
  // Names of live secrets are unique, and the index of them has their ids besides.
  const inLiveOrder = byName ? `ORDER BY ${by} ${direction}` : inOrder;
  // No others, or what an index holds would not do.
  const columns = ['s.id', 's.name', ...(byName ? [] : [`s.${column}`])];
  const sorting = columns.join(', ');
  const deciding =
    query.expiresBefore === null || column === 'expires_at' ? sorting : [...columns, 's.expires_at'].join(', ');

  // With every filter there would be too many statements to keep. The limit stands in their text: a plan for just any would not walk.
  const filters = query.tags.length + query.access.length + named.length + (query.expiresBefore === null ? 0 : 2);
  const isUsual = filters === 0 || (filters === 1 && query.orderBy === 'NAME_ASC');
  const sql = isUsual && query.deletedSince === null && USUAL.includes(limit) ? database.prepared : database;
  const page = (from: string, conditions: readonly string[]) =>
    `SELECT s.id, ${by} AS key FROM (${from}) s ${whereAll(conditions)} LIMIT ${limit}`;
  const read = async <More>(by: Sql, ctes: string, more = '', from = 'page'): Promise<(Row & More)[]> =>
    by.query<Row & More>(
      `WITH ${ctes} SELECT ${COLUMNS}${more} FROM ${from}
       LEFT JOIN LATERAL (SELECT * FROM secrets o WHERE o.id = page.id LIMIT 1) s ON true
       ORDER BY page.key ${direction}, page.id ${direction}`,
      params,
    );
  const shown = (rows: readonly Row[]) =>
    rows.filter((row) => row.id !== null).map((row) => ({ ...toView(row), key: key(row) }));

  if (query.deletedSince !== null) {
    const deleted = `s.purged_at IS NULL AND s.deleted_at > ${place(query.deletedSince)}::timestamptz`;
    const all = `SELECT ${deciding} FROM secrets s ${whereAll([deleted, ...named, ...beyond])}`;
    return shown(
      await read(
        database,
        `gone AS MATERIALIZED (${all}),
        page AS MATERIALIZED (${page(`SELECT * FROM gone s ${inOrder} OFFSET 0`, has)})`,
      ),
    );
  }

  const live = [LIVE, ...beyond];
  if (among.length === 0 && (byName || named.length === 0)) {
    const found = `SELECT s.id, ${by} AS key FROM secrets s ${whereAll([...live, ...named])} ${inLiveOrder} LIMIT ${limit}`;
    return shown(await read(sql, `page AS MATERIALIZED (${found})`));
  }

  // In the order of names, what is in a name is looked at along the way; in any other that would be to read every row.
  const byPart = {
    ids: `SELECT s.id FROM secrets s ${whereAll([LIVE, ...named])} ORDER BY s.name COLLATE "C"`,
    has: 'true',
  };
  const sought = [...among, ...(byName || named.length === 0 ? [] : [byPart])].slice(-SOUGHT);
  const leaves = (few: string) => sought.map((_, i) => `WHEN (SELECT n FROM size${i}) <= ${few} THEN ${i}`).join(' ');
  const gathered = await read<{ isFew: boolean; few: number }>(
    sql,
    `bound AS MATERIALIZED (
       SELECT least(${bounds.most}, greatest(${bounds.least}, sqrt(${limit} * greatest(COALESCE(c.reltuples, 0), 0)::float8)))::int AS few
       FROM pg_class c WHERE c.oid = 'secrets'::regclass),
     ${sought
       .map(
         ({ ids }, i) => `set${i} AS MATERIALIZED (SELECT x.id FROM (${ids}) x(id) LIMIT (SELECT few + 1 FROM bound)),
     size${i} AS MATERIALIZED (SELECT count(*) AS n FROM set${i}),`,
       )
       .join('')}
     taken AS MATERIALIZED (SELECT few, CASE ${[`few / ${VERY}`, 'few'].map(leaves).join(' ')} END AS one FROM bound),
     page AS MATERIALIZED (${sought
       .map((one, i) => {
         const own = `SELECT ${deciding} FROM (SELECT DISTINCT x.id FROM set${i} x WHERE (SELECT one FROM taken) = ${i}) x
           CROSS JOIN LATERAL (SELECT ${deciding} FROM secrets s WHERE s.id = x.id AND ${LIVE} LIMIT 1) s
           ${whereAll([...named, ...beyond])} ${inOrder} OFFSET 0`;
         return `(${page(
           own,
           has.filter((other) => other !== one.has),
         )})`;
       })
       .join(' UNION ALL ')})`,
    ', taken.one IS NOT NULL AS "isFew", taken.few',
    'taken LEFT JOIN page ON true',
  );
  const { isFew = true, few = bounds.least } = gathered[0] ?? {};
  if (isFew) return shown(gathered);

  const walk = WALKED * few;
  const walked = await read<{ toTheEnd: boolean }>(
    database,
    `walked AS MATERIALIZED (SELECT ${deciding} FROM secrets s ${whereAll([...live, ...(byName ? named : [])])} ${inLiveOrder} LIMIT ${walk}),
     page AS MATERIALIZED (${page('SELECT * FROM walked', [...(byName ? [] : named), ...has])}),
     ended AS MATERIALIZED (SELECT (SELECT count(*) FROM page) < ${limit} AND (SELECT count(*) FROM walked) < ${walk} AS "toTheEnd")`,
    ', ended."toTheEnd"',
    'ended LEFT JOIN page ON true',
  );
  const found = shown(walked);
  if (found.length >= limit || walked[0]?.toTheEnd) return found;

  // A full join, of which `num_nulls` leaves what is in both: the planner, which may take those for few, can make no lookups one by one of it.
  const ids = among.map((one) => `(${one.ids})`).join(' INTERSECT ');
  const joined = `SELECT ${sorting} FROM (SELECT ${sorting} FROM secrets s WHERE ${LIVE} ORDER BY s.id OFFSET 0) s
    ${ids === '' ? '' : `FULL JOIN (SELECT DISTINCT x.id FROM (${ids}) x(id) ORDER BY x.id OFFSET 0) x ON x.id = s.id`}
    ${whereAll([...(ids === '' ? [] : ['num_nulls(s.id, x.id) = 0']), ...named, ...beyond])} ${inOrder}`;
  return shown(await read(database, `page AS MATERIALIZED (${page(joined, [])})`));
}

const whereAll = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;

/** The WHERE of everything that counts secrets. */
function visibleWhere(query: Omit<SecretQuery, 'orderBy'>, place: Place): string {
  return [LIVE, ...amongst(query, place).map((one) => `s.id IN (${one.ids})`)].join(' AND ');
}

/** Tags on live secrets that the caller may see, with how many; at most `limit`, in order, after `after`. */
export async function listTags(
  sql: Sql,
  query: Omit<SecretQuery, 'orderBy'>,
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
