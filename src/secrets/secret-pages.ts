// SQL statements that read one page of secrets. Each statement is fast for a different distribution of the matching secrets. Each statement also
// returns whether it found the complete page.
import { LIVE, type SecretSet } from './secret-filters.ts';

/**
 * `gatheredPage` reads and sorts the matching secrets only if their number is at most a bound. This bound is between `least` and `most`. The more
 * secrets match, the more gathering costs, because gathering reads all matching secrets. The more secrets match, the less a scan costs, because a
 * scan stops when the page is full. The cost of gathering is about equal to the cost of scanning if the number of matching secrets equals the square
 * root of (number of all secrets × page size).
 */
export interface Bounds {
  least: number;
  most: number;
}
export const BOUNDS: Bounds = { least: 1_000, most: 10_000 };
/**
 * Maximum number of sets of secrets that `gatheredPage` counts to find a small set. To count a set, the statement reads ids. The statement reads at
 * most as many ids as `gatheredPage` may gather.
 */
const MOST_COUNTED_SETS = 6;
/**
 * If a set is smaller than the bound `few` by this factor, `gatheredPage` prefers this set, even if the list of sets has another small set before it.
 */
const MUCH_SMALLER = 16;
/** The cost of reading one index entry of a tag and checking that the secret is not deleted, divided by the cost of gathering one secret. */
const ENTRY_COST = 3;

/** The parts of a statement that reads one page of secrets `s`. */
export interface PageQuery {
  limit: number;
  sets: readonly SecretSet[];
  /** SQL conditions on the secret's name. */
  named: readonly string[];
  /** SQL conditions that are true for secrets after the cursor. */
  afterCursor: readonly string[];
  /** The conditions of `afterCursor` that compare the name, if the list is in the order of names. */
  fromCursorName: readonly string[];
  /** Whether the secrets are listed in the order of names. */
  byName: boolean;
  /** SQL for the sort key of a secret. */
  by: string;
  /** The ORDER BY clause for a statement that can also read deleted secrets. */
  inOrder: string;
  /** The ORDER BY clause for a statement that reads no deleted secrets. */
  inLiveOrder: string;
  /** The columns of the sort order. */
  sorting: string;
  /** Whether the page contains only ids and names, in the order of names. PostgreSQL reads such a page from indexes alone. */
  onlyNames: boolean;
  /** The columns of the sort order and of the conditions. With additional columns, PostgreSQL could not read the page from an index alone. */
  deciding: string;
}

/**
 * The parts of a statement: CTEs, additional columns of the result, and the FROM item. The FROM item has the alias `s` for the secrets of the page,
 * with the sort key (`key`), and with all columns of the table, or with only `id` and `name` if `onlyNames` is true.
 */
export interface Statement {
  ctes: string;
  more?: string;
  from: string;
}

/** SQL that reads the secrets for the ids and sort keys of the CTE `page`. */
const secretsOfPage = ({ onlyNames }: PageQuery) =>
  onlyNames
    ? '(SELECT page.id, page.key AS name, page.key FROM page) s'
    : 'page LEFT JOIN LATERAL (SELECT o.*, page.key FROM secrets o WHERE o.id = page.id LIMIT 1) s ON true';
/** Returns SQL for the columns of the page. The parameter is the alias of the table `secrets` in the query. */
const columnsOf = ({ onlyNames }: Pick<PageQuery, 'onlyNames'>, alias: string) =>
  onlyNames ? `${alias}.id, ${alias}.name` : `${alias}.*`;
/** A FROM item for a CTE `page` that already has the columns of the page. */
const WHOLE_PAGE = 'page s';
/** SQL for a FROM item that has the columns of the CTE `cte` even if the page is empty. */
const beside = (cte: string, page: string) => `${cte} LEFT JOIN ${page} ON true`;

const whereAll = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
/** SQL for the CTE `page`, which has the first secrets of `from` that meet `conditions`. The rows of `from` are in list order. */
const first = ({ by, limit }: PageQuery, from: string, conditions: readonly string[]) =>
  `page AS MATERIALIZED (${firstOf({ by, limit }, from, conditions)})`;
const firstOf = ({ by, limit }: Pick<PageQuery, 'by' | 'limit'>, from: string, conditions: readonly string[]) =>
  `SELECT s.id, ${by} AS key FROM (${from}) s ${whereAll(conditions)} LIMIT ${limit}`;

/** A page of deleted secrets. The SQL statement sorts the deleted secrets, because no index has them in list order. */
export function deletedPage(query: PageQuery, deleted: string): Statement {
  const { sets, named, afterCursor, deciding, inOrder } = query;
  const all = `SELECT ${deciding} FROM secrets s ${whereAll([deleted, ...named, ...afterCursor])}`;
  const page = first(
    query,
    `SELECT * FROM deleted s ${inOrder} OFFSET 0`,
    sets.map(({ has }) => has),
  );
  return { ctes: `deleted AS MATERIALIZED (${all}), ${page}`, from: secretsOfPage(query) };
}

/** A page of secrets that are not deleted and that meet the conditions on the name. The statement reads the page from an index in list order. */
export function indexPage(query: PageQuery): Statement {
  const { by, named, afterCursor, inLiveOrder, limit } = query;
  // With a condition on the name, PostgreSQL reads the names from the index alone, and reads only the secrets of the page from the table.
  const isWhole = named.length === 0;
  const found = `SELECT ${isWhole ? columnsOf(query, 's') : 's.id'}, ${by} AS key FROM secrets s ${whereAll([LIVE, ...afterCursor, ...named])} ${inLiveOrder} LIMIT ${limit}`;
  return { ctes: `page AS MATERIALIZED (${found})`, from: isWhole ? WHOLE_PAGE : secretsOfPage(query) };
}

/**
 * A page that is merged from one page for each tag and one page for the names. An index lists the secrets of each tag in the order of names. If
 * `isMerged` is false, the statement read no page. The statement reads no page for one of two reasons: (1) reading the pages for the tags and names
 * would cost more than gathering `most` secrets; (2) the query has several tags and a condition on the name.
 */
export function mergedPage({ tags, names }: NonNullable<SecretSet['by']>, query: PageQuery, most: number): Statement {
  const { by, named, afterCursor, fromCursorName, inLiveOrder, limit } = query;
  const columns = columnsOf(query, 'l');
  // With a condition on the name, the search for a full page can read all index entries of a tag. With several tags, the search could read each
  // secret several times.
  const mostTags = Math.min(Math.floor(most / (ENTRY_COST * limit)), named.length === 0 ? most : 1);
  // Because of the LIMIT in the subquery for one secret, PostgreSQL reads the secrets one by one, and stops when the page is full.
  const tagged = `SELECT l.* FROM (
      SELECT t.secret_id AS id, t.name FROM secret_tags t WHERE t.tag COLLATE "C" = tags.tag AND t.valid_to IS NULL) s
    CROSS JOIN LATERAL (SELECT ${columns} FROM secrets l WHERE l.id = s.id AND l.deleted_at IS NULL LIMIT 1) l
    ${whereAll([...named, ...afterCursor])} ${inLiveOrder} LIMIT ${limit}`;
  // Several grants on one name are grouped into one row, because the LIMIT is applied before DISTINCT removes duplicates.
  const ofName = `SELECT l.id FROM secrets l WHERE l.name COLLATE "C" = n.name AND (n.any_of_name OR l.id = ANY(n.ids)) AND l.deleted_at IS NULL LIMIT 1`;
  const sorted = `SELECT s.name, bool_or(s.secret_id IS NULL) AS any_of_name, array_agg(s.secret_id) AS ids
    FROM names s ${whereAll([...named, ...fromCursorName])} GROUP BY s.name ${inLiveOrder} OFFSET 0`;
  return {
    ctes: `tags AS MATERIALIZED (SELECT * FROM (${tags}) x LIMIT ${mostTags + 1}),
      names AS MATERIALIZED (SELECT * FROM (${names}) x LIMIT ${most + 1}),
      counted AS MATERIALIZED (SELECT (SELECT count(*) FROM tags) <= ${mostTags} AND (SELECT count(*) FROM names) <= ${most} AS "isMerged"),
      page AS MATERIALIZED (
        SELECT DISTINCT ON (${by}) ${columnsOf(query, 's')}, ${by} AS key FROM (
          SELECT tagged.* FROM tags CROSS JOIN LATERAL (${tagged}) tagged
          UNION ALL
          SELECT ${columns} FROM (
            SELECT s.id FROM (SELECT named.id, n.name FROM (${sorted}) n CROSS JOIN LATERAL (${ofName}) named) s
              ${whereAll(afterCursor)} ${inLiveOrder} LIMIT ${limit}
          ) s CROSS JOIN LATERAL (SELECT ${columns} FROM secrets l WHERE l.id = s.id LIMIT 1) l
        ) s WHERE (SELECT "isMerged" FROM counted) ${inLiveOrder} LIMIT ${limit})`,
    more: ', counted."isMerged"',
    from: `counted LEFT JOIN ${WHOLE_PAGE} ON true`,
  };
}

/** A sorted page of a small set of secrets. If a set has at most `few` secrets, `isFew` is true and the page is complete. */
export function gatheredPage(query: PageQuery, bounds: Bounds): Statement {
  const { sets, named, afterCursor, byName, limit, deciding, inOrder } = query;
  // If the list is in the order of names, a scan checks the names in the index. In any other order, a scan would read the row of every secret to
  // check its name. In that case, the secrets with matching names are an additional set.
  const byPart = {
    ids: `SELECT s.id FROM secrets s ${whereAll([LIVE, ...named])} ORDER BY s.name COLLATE "C"`,
    has: 'true',
  };
  const counted = [...sets, ...(byName || named.length === 0 ? [] : [byPart])].slice(0, MOST_COUNTED_SETS);
  const whenAtMost = (few: string) =>
    counted.map((_, i) => `WHEN (SELECT n FROM size${i}) <= ${few} THEN ${i}`).join(' ');
  const sizes = counted.map(
    ({ ids }, i) => `set${i} AS MATERIALIZED (SELECT x.id FROM (${ids}) x(id) LIMIT (SELECT few + 1 FROM bound)),
      size${i} AS MATERIALIZED (SELECT count(*) AS n FROM set${i})`,
  );
  const pages = counted.map((set, i) => {
    // One index scan for an array of ids costs half as much as a separate lookup of each id.
    const own = `SELECT ${deciding} FROM secrets s
      WHERE s.id = ANY(ARRAY(SELECT x.id FROM set${i} x WHERE (SELECT chosen FROM choice) = ${i})) AND ${[LIVE, ...named, ...afterCursor].join(' AND ')}
      ${inOrder} OFFSET 0`;
    const others = sets.filter((other) => other !== set).map(({ has }) => has);
    return `(${firstOf(query, own, others)})`;
  });
  return {
    ctes: `bound AS MATERIALIZED (
        SELECT least(${bounds.most}, greatest(${bounds.least}, sqrt(${limit} * greatest(COALESCE(c.reltuples, 0), 0)::float8)))::int AS few
        FROM pg_class c WHERE c.oid = 'secrets'::regclass),
      ${sizes.join(',')},
      choice AS MATERIALIZED (SELECT few, CASE ${[`few / ${MUCH_SMALLER}`, 'few'].map(whenAtMost).join(' ')} END AS chosen FROM bound),
      page AS MATERIALIZED (${pages.join(' UNION ALL ')})`,
    more: ', choice.chosen IS NOT NULL AS "isFew", choice.few',
    from: beside('choice', secretsOfPage(query)),
  };
}

/**
 * A page from the first `most` secrets in list order. If `toTheEnd` is true, the scan reached the end of the list. In that case a page shorter than
 * `limit` is complete.
 */
export function scannedPage(query: PageQuery, most: number): Statement {
  const { sets, named, afterCursor, byName, limit, deciding, inLiveOrder } = query;
  const all = `SELECT ${deciding} FROM secrets s ${whereAll([LIVE, ...afterCursor, ...(byName ? named : [])])} ${inLiveOrder} LIMIT ${most}`;
  const page = first(query, 'SELECT * FROM scanned', [...(byName ? [] : named), ...sets.map(({ has }) => has)]);
  return {
    ctes: `scanned AS MATERIALIZED (${all}), ${page}, ended AS MATERIALIZED (
      SELECT (SELECT count(*) FROM page) < ${limit} AND (SELECT count(*) FROM scanned) < ${most} AS "toTheEnd")`,
    more: ', ended."toTheEnd"',
    from: beside('ended', secretsOfPage(query)),
  };
}

/**
 * A page from a search of all secrets. A full join with the condition `num_nulls(...) = 0` has the rows of an inner join. A full join is used because
 * PostgreSQL's planner cannot turn a full join into single lookups. With an inner join, the planner would use single lookups whenever it expected few
 * matches.
 */
export function fullPage(query: PageQuery): Statement {
  const { sets, named, afterCursor, sorting, inOrder } = query;
  const ids = sets.map((set) => `(${set.ids})`).join(' INTERSECT ');
  const joined = `FULL JOIN (SELECT DISTINCT x.id FROM (${ids}) x(id) ORDER BY x.id OFFSET 0) x ON x.id = s.id`;
  const both = [...(ids === '' ? [] : ['num_nulls(s.id, x.id) = 0']), ...named, ...afterCursor];
  const all = `SELECT ${sorting} FROM (SELECT ${sorting} FROM secrets s WHERE ${LIVE} ORDER BY s.id OFFSET 0) s
    ${ids === '' ? '' : joined} ${whereAll(both)} ${inOrder}`;
  return { ctes: first(query, all, []), from: secretsOfPage(query) };
}
