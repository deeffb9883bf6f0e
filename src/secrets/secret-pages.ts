// Statements for a page of secrets: each finds it in its own way, and tells whether it has.
import { type Among, LIVE } from './secret-filters.ts';

/**
 * Of how many secrets a page is gathered and sorted; of more, it is not far from where one begins to walk. What gathering costs grows with how
 * many are meant, what walking costs falls: they meet near the root of how many there are, times a page.
 */
export interface Bounds {
  least: number;
  most: number;
}
export const BOUNDS: Bounds = { least: 1_000, most: 10_000 };
/** Of so many kinds of narrowing the one is sought that leaves few. Each looks at as many as are gathered at most. */
const SOUGHT = 6;
/** Whatever leaves so many times fewer is taken before what leaves few. */
const VERY = 16;
/** What an entry of a tag costs, looked at with whether its secret is live, against one that is gathered. */
const ENTRY = 3;

/** What a page is of, as parts of statements about secrets `s`. */
export interface Wanted {
  limit: number;
  among: readonly Among[];
  /** What has to hold of the name, and where the page begins. */
  named: readonly string[];
  beyond: readonly string[];
  /** What `beyond` says of the name alone, where that is what they are ordered by. */
  fromName: readonly string[];
  byName: boolean;
  by: string;
  /** ORDER BY, of any secrets and of live ones. */
  inOrder: string;
  inLiveOrder: string;
  /** The columns by which to sort, and those by which to decide as well. No others, or what an index holds would not do. */
  sorting: string;
  deciding: string;
}

/** CTEs, of which `page` has ids with their keys, and what is told besides. */
export interface Statement {
  ctes: string;
  more?: string;
  from?: string;
}

const whereAll = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
/** The first of those that come in order from `from`, of which `conditions` hold. */
const first = ({ by, limit }: Wanted, from: string, conditions: readonly string[]) =>
  `page AS MATERIALIZED (${firstOf({ by, limit }, from, conditions)})`;
const firstOf = ({ by, limit }: Pick<Wanted, 'by' | 'limit'>, from: string, conditions: readonly string[]) =>
  `SELECT s.id, ${by} AS key FROM (${from}) s ${whereAll(conditions)} LIMIT ${limit}`;

/** Of deleted ones, which no index has in any such order. */
export function sorted(wanted: Wanted, deleted: string): Statement {
  const { among, named, beyond, deciding, inOrder } = wanted;
  const all = `SELECT ${deciding} FROM secrets s ${whereAll([deleted, ...named, ...beyond])}`;
  const page = first(
    wanted,
    `SELECT * FROM gone s ${inOrder} OFFSET 0`,
    among.map(({ has }) => has),
  );
  return { ctes: `gone AS MATERIALIZED (${all}), ${page}` };
}

/** Of all live ones, or of those whose names have a part: in the order of an index. */
export function straight({ by, named, beyond, inLiveOrder, limit }: Wanted): Statement {
  const found = `SELECT s.id, ${by} AS key FROM secrets s ${whereAll([LIVE, ...beyond, ...named])} ${inLiveOrder} LIMIT ${limit}`;
  return { ctes: `page AS MATERIALIZED (${found})` };
}

/**
 * The page, with `isMerged`, off an index that has what carries a tag in the order of names, tag after tag; unless there are so many tags or
 * names that to look at a page of each would cost more than to gather `most`, or more than one tag where a part of the name is looked for.
 */
export function merged({ tags, names }: NonNullable<Among['by']>, wanted: Wanted, most: number): Statement {
  const { by, named, beyond, fromName, inLiveOrder, limit } = wanted;
  // With a part of the name nothing tells how far to read: of one tag not beyond all secrets, of several as often as each carries one of them.
  const mostTags = Math.min(Math.floor(most / (ENTRY * limit)), named.length === 0 ? most : 1);
  // Scalar, so that it is looked up for one after the other, and no further than the page goes.
  const live = '(SELECT true FROM secrets l WHERE l.id = s.id AND l.deleted_at IS NULL LIMIT 1)';
  const tagged = `SELECT s.id, s.name FROM (
      SELECT t.secret_id AS id, t.name FROM secret_tags t WHERE t.tag COLLATE "C" = tags.tag AND t.valid_to IS NULL) s
    ${whereAll([live, ...named, ...beyond])} ${inLiveOrder} LIMIT ${limit}`;
  // Each name once, however often it is granted: its page counts to the limit before what comes twice is dropped.
  const ofName = `SELECT l.id FROM secrets l WHERE l.name COLLATE "C" = n.name AND (n.any_of_name OR l.id = ANY(n.ids)) AND l.deleted_at IS NULL LIMIT 1`;
  const sorted = `SELECT s.name, bool_or(s.secret_id IS NULL) AS any_of_name, array_agg(s.secret_id) AS ids
    FROM names s ${whereAll([...named, ...fromName])} GROUP BY s.name ${inLiveOrder} OFFSET 0`;
  return {
    ctes: `tags AS MATERIALIZED (SELECT * FROM (${tags}) x LIMIT ${mostTags + 1}),
      names AS MATERIALIZED (SELECT * FROM (${names}) x LIMIT ${most + 1}),
      counted AS MATERIALIZED (SELECT (SELECT count(*) FROM tags) <= ${mostTags} AND (SELECT count(*) FROM names) <= ${most} AS "isMerged"),
      page AS MATERIALIZED (
        SELECT s.id, ${by} AS key FROM (
          SELECT tagged.* FROM tags CROSS JOIN LATERAL (${tagged}) tagged
          UNION
          (SELECT s.id, s.name FROM (SELECT named.id, n.name FROM (${sorted}) n CROSS JOIN LATERAL (${ofName}) named) s
            ${whereAll(beyond)} ${inLiveOrder} LIMIT ${limit})
        ) s WHERE (SELECT "isMerged" FROM counted) ${inLiveOrder} LIMIT ${limit})`,
    more: ', counted."isMerged"',
    from: 'counted LEFT JOIN page ON true',
  };
}

/** The page if anything leaves few, with `isFew`; else how many would have been, `few`. */
export function gathered(wanted: Wanted, bounds: Bounds): Statement {
  const { among, named, beyond, byName, limit, deciding, inOrder } = wanted;
  // In the order of names, what is in a name is looked at along the way; in any other that would be to read every row.
  const byPart = {
    ids: `SELECT s.id FROM secrets s ${whereAll([LIVE, ...named])} ORDER BY s.name COLLATE "C"`,
    has: 'true',
  };
  const sought = [...among, ...(byName || named.length === 0 ? [] : [byPart])].slice(0, SOUGHT);
  const leaves = (few: string) => sought.map((_, i) => `WHEN (SELECT n FROM size${i}) <= ${few} THEN ${i}`).join(' ');
  const sets = sought.map(
    ({ ids }, i) => `set${i} AS MATERIALIZED (SELECT x.id FROM (${ids}) x(id) LIMIT (SELECT few + 1 FROM bound)),
      size${i} AS MATERIALIZED (SELECT count(*) AS n FROM set${i})`,
  );
  const pages = sought.map((one, i) => {
    // As one search of the index by an array: half of what as many lookups cost.
    const own = `SELECT ${deciding} FROM secrets s
      WHERE s.id = ANY(ARRAY(SELECT x.id FROM set${i} x WHERE (SELECT one FROM taken) = ${i})) AND ${[LIVE, ...named, ...beyond].join(' AND ')}
      ${inOrder} OFFSET 0`;
    const others = among.filter((other) => other !== one).map(({ has }) => has);
    return `(${firstOf(wanted, own, others)})`;
  });
  return {
    ctes: `bound AS MATERIALIZED (
        SELECT least(${bounds.most}, greatest(${bounds.least}, sqrt(${limit} * greatest(COALESCE(c.reltuples, 0), 0)::float8)))::int AS few
        FROM pg_class c WHERE c.oid = 'secrets'::regclass),
      ${sets.join(',')},
      taken AS MATERIALIZED (SELECT few, CASE ${[`few / ${VERY}`, 'few'].map(leaves).join(' ')} END AS one FROM bound),
      page AS MATERIALIZED (${pages.join(' UNION ALL ')})`,
    more: ', taken.one IS NOT NULL AS "isFew", taken.few',
    from: 'taken LEFT JOIN page ON true',
  };
}

/** The page, or its beginning, of the first `most`; `toTheEnd` if there are no more. */
export function walked(wanted: Wanted, most: number): Statement {
  const { among, named, beyond, byName, limit, deciding, inLiveOrder } = wanted;
  const all = `SELECT ${deciding} FROM secrets s ${whereAll([LIVE, ...beyond, ...(byName ? named : [])])} ${inLiveOrder} LIMIT ${most}`;
  const page = first(wanted, 'SELECT * FROM walked', [...(byName ? [] : named), ...among.map(({ has }) => has)]);
  return {
    ctes: `walked AS MATERIALIZED (${all}), ${page}, ended AS MATERIALIZED (
      SELECT (SELECT count(*) FROM page) < ${limit} AND (SELECT count(*) FROM walked) < ${most} AS "toTheEnd")`,
    more: ', ended."toTheEnd"',
    from: 'ended LEFT JOIN page ON true',
  };
}

/**
 * The page, of all. A full join, of which `num_nulls` leaves what is in both: the planner, which may take those for few, can make no lookups one
 * by one of it.
 */
export function searched(wanted: Wanted): Statement {
  const { among, named, beyond, sorting, inOrder } = wanted;
  const ids = among.map((one) => `(${one.ids})`).join(' INTERSECT ');
  const joined = `FULL JOIN (SELECT DISTINCT x.id FROM (${ids}) x(id) ORDER BY x.id OFFSET 0) x ON x.id = s.id`;
  const both = [...(ids === '' ? [] : ['num_nulls(s.id, x.id) = 0']), ...named, ...beyond];
  const all = `SELECT ${sorting} FROM (SELECT ${sorting} FROM secrets s WHERE ${LIVE} ORDER BY s.id OFFSET 0) s
    ${ids === '' ? '' : joined} ${whereAll(both)} ${inOrder}`;
  return { ctes: first(wanted, all, []) };
}
