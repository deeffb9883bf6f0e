import type { Sql } from '../../database/client.ts';
import type { Access } from '../../generated/vocabulary.ts';
import { type Uuid, ZERO_UUID } from '../../primitives/ids.ts';
import type { Position } from '../../primitives/pages.ts';
import { type AccessEntry, type AccessEntryPath, toEntry } from './access-entry.ts';
import { type Moment, type Place, type Relation, relation } from './access-relation.ts';

/** The filters of a query about access. */
export interface AccessQuery extends Moment {
  access: Access | null;
  /**
   * The accesses that let a principal see a secret; null for a viewer who sees all secrets. If `seeing` is not null, the principal queries its own
   * access. The result then has only secrets that the principal sees both now and at the time that the query is about.
   */
  seeing: readonly Access[] | null;
  /**
   * UUIDs of groups, or null for all groups. The query ignores access paths through groups that are not in this list.
   */
  groups: readonly Uuid[] | null;
}

/** An access entry with its position in a page. The position consists of the secret's UUID (`key`) and the principal's UUID (`id`). */
export type EntryWithPosition = AccessEntry & Position;

interface Row {
  principalId: Uuid | null;
  secretId: Uuid;
  paths: AccessEntryPath[] | null;
}

/** The parameters and the SQL parts of a statement that is being built. */
function asking(query: AccessQuery): {
  params: unknown[];
  place: Place;
  sqlFor: Relation;
  /** Whether the principal sees a secret both now and at the time that the query is about. */
  shows: Shows;
  /** Whether the principal sees a secret now. This SQL may be used only for secrets that the principal sees at the time that the query is about. */
  showsNow: Shows;
} {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const sqlFor = relation(place, query, query.access, query.groups);
  const { seeing } = query;
  if (seeing === null) return { params, place, sqlFor, shows: () => 'true', showsNow: () => 'true' };
  const present = query.at === null ? null : relation(place, { now: query.now, at: null }, null);
  const showsNow: Shows = (principal, secret) => (present === null ? 'true' : present.seen(principal, secret, seeing));
  const shows: Shows = (principal, secret) =>
    `${sqlFor.seen(principal, secret, seeing)} AND ${showsNow(principal, secret)}`;
  return { params, place, sqlFor, shows, showsNow };
}
type Shows = (principal: string, secret: string) => string;

/** SQL that finds a principal by UUID. A query about the past also finds deleted principals. */
const PRINCIPAL = (id: string, at: Date | null) => {
  const exists = (alias: string) => (at === null ? `AND ${alias}.deleted_at IS NULL` : '');
  return `(SELECT u.id FROM users u WHERE u.id = ${id} ${exists('u')}
    UNION ALL SELECT a.id FROM applications a WHERE a.id = ${id} ${exists('a')})`;
};

/** SQL that finds a secret by name. The secret must be live at the time that the query is about. */
const NAMED = (name: string, { at }: Moment, sqlFor: Relation) => `
  (SELECT s.id, s.name FROM secrets s WHERE s.name COLLATE "C" = ${name}
    AND ${at === null ? 's.deleted_at IS NULL' : sqlFor.live('s.id')} LIMIT 1)`;

/**
 * Returns at most `limit` principals that have access to a secret, sorted by id, starting after the id `after`. Returns undefined if the secret does
 * not exist. Sends one SQL statement.
 */
export async function principalsWithAccess(
  sql: Sql,
  secretName: string,
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<EntryWithPosition[] | undefined> {
  const { params, place, sqlFor } = asking(query);
  const principals = sqlFor.principalsOf('t', `${place(after?.id ?? ZERO_UUID)}::uuid`, String(limit));
  const rows = await sql.query<Row>(
    `WITH page AS MATERIALIZED (
       SELECT t.id AS secret_id, t.name, c.id
       FROM ${NAMED(`${place(secretName)}::text`, query, sqlFor)} t LEFT JOIN LATERAL (${principals}) c ON true
     )
     SELECT page.secret_id AS "secretId", page.id AS "principalId", ways.paths
     FROM page LEFT JOIN (${sqlFor.pathsOfPage('page')}) ways ON ways.principal_id = page.id ORDER BY page.id`,
    params,
  );
  return rows.length === 0 ? undefined : toEntries(rows, query);
}

/**
 * Returns the principals that have access to each of several live secrets (UUIDs), at most `limit` principals for each secret. Sends one SQL
 * statement.
 */
export async function principalsWithAccessToEach(
  sql: Sql,
  secretIds: readonly Uuid[],
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<EntryWithPosition[]> {
  const { params, place, sqlFor } = asking(query);
  const principals = sqlFor.principalsOf('t', `${place(after?.id ?? ZERO_UUID)}::uuid`, String(limit));
  const rows = await sql.query<Row>(
    `SELECT t.id AS "secretId", c.id AS "principalId", ${sqlFor.paths('c.id', 't.id')} AS paths
     FROM secrets t CROSS JOIN LATERAL (${principals}) c
     WHERE t.id = ANY(${place(secretIds)}::uuid[]) AND ${sqlFor.live('t.id')} ORDER BY c.id`,
    params,
  );
  return toEntries(rows, query);
}

/**
 * Returns at most `limit` secrets to which a principal (UUID) has access, sorted by id, starting after the id `after`. Returns undefined if the
 * principal does not exist. Sends one SQL statement.
 */
export async function secretsWithAccess(
  sql: Sql,
  principalId: Uuid,
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<EntryWithPosition[] | undefined> {
  const { params, place, sqlFor, shows, showsNow } = asking(query);
  const principal = `${place(principalId)}::uuid`;
  const afterSecret = `${place(after?.key ?? ZERO_UUID)}::uuid`;
  // A grant of an access in `seeing` also lets the principal see the secret. A grant of CREATE alone does not let the principal see the secret. In a
  // query about CREATE, the SQL therefore also checks for each secret whether the principal sees the secret.
  const { seeing, access } = query;
  const isSeeing = access === null || seeing === null || seeing.includes(access);
  const secrets = sqlFor.secretsOf(principal, afterSecret, String(limit), {
    giving: access === null ? seeing : null,
    filter: (id) => (isSeeing ? showsNow : shows)(principal, id),
  });
  const rows = await sql.query<Row>(
    `SELECT t.id AS "principalId", c.id AS "secretId", ${sqlFor.paths('t.id', 'c.id')} AS paths
     FROM ${PRINCIPAL(principal, query.at)} t LEFT JOIN LATERAL (${secrets}) c ON ${sqlFor.active('t.id')} ORDER BY c.id`,
    params,
  );
  return rows.length === 0 ? undefined : toEntries(rows, query);
}

/** Returns the paths that give a principal (UUID) access to a secret. Sends one SQL statement. */
export async function pathsBetween(
  sql: Sql,
  principalId: Uuid,
  secretName: string,
  query: AccessQuery,
): Promise<{ principal: boolean; active: boolean; secretId: Uuid | null; entry: EntryWithPosition | null }> {
  const { params, place, sqlFor, shows } = asking(query);
  const principal = `${place(principalId)}::uuid`;
  const [row] = await sql.query<{ principal: Uuid | null; active: boolean; secretId: Uuid | null } & Row>(
    `SELECT p.id AS "principalId", COALESCE(${sqlFor.active('p.id')}, false) AS active, s.id AS "secretId", ${sqlFor.paths('p.id', 's.id')} AS paths
     FROM (SELECT 1) one LEFT JOIN ${PRINCIPAL(principal, query.at)} p ON true
       LEFT JOIN ${NAMED(`${place(secretName)}::text`, query, sqlFor)} s ON ${shows(principal, 's.id')}`,
    params,
  );
  const [entry] = row?.active ? toEntries([row], query) : [];
  return {
    principal: row?.principalId != null,
    active: row?.active ?? false,
    secretId: row?.secretId ?? null,
    entry: entry ?? null,
  };
}

function toEntries(rows: readonly Row[], { access }: AccessQuery): EntryWithPosition[] {
  return rows.flatMap(({ principalId, secretId, paths }) => {
    if (principalId === null || secretId === null || paths === null) return [];
    return { ...toEntry({ principalId, secretId }, paths, access), key: secretId, id: principalId };
  });
}
