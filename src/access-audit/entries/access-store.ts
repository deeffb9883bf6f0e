import type { Sql } from '../../database/client.ts';
import type { Access } from '../../generated/vocabulary.ts';
import type { Position } from '../../primitives/pages.ts';
import { type AccessEntry, type AccessWay, toEntry } from './access-entry.ts';
import { type Moment, type Place, type Relation, relation } from './access-relation.ts';

/** What is asked of the relation. What is left out (null) is what is answered. */
export interface AccessQuery extends Moment {
  access: Access | null;
  /**
   * Null for whoever sees all secrets. Else a principal asks about itself: only secrets count that it can see then, and can see now as well, by
   * one of these accesses.
   */
  seeing: readonly Access[] | null;
  /** The groups (UUIDs) through which ways show; null for all. */
  groups: readonly string[] | null;
}

/** A position: the secret's UUID as its key, the principal's as its id. */
export type Found = AccessEntry & Position;

interface Row {
  principalId: string | null;
  secretId: string;
  paths: AccessWay[] | null;
}

/** Before every UUIDv7. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** A statement under construction: its parameters, and the relation that it asks. */
function asking(query: AccessQuery): {
  params: unknown[];
  place: Place;
  asked: Relation;
  /** Whether a secret counts. */
  shows: Shows;
  /** Whether one counts that can be seen at the moment that is asked about. */
  showsNow: Shows;
} {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const asked = relation(place, query, query.access, query.groups);
  const { seeing } = query;
  if (seeing === null) return { params, place, asked, shows: () => 'true', showsNow: () => 'true' };
  const present = query.at === null ? null : relation(place, { now: query.now, at: null }, null);
  const showsNow: Shows = (principal, secret) => (present === null ? 'true' : present.seen(principal, secret, seeing));
  const shows: Shows = (principal, secret) =>
    `${asked.seen(principal, secret, seeing)} AND ${showsNow(principal, secret)}`;
  return { params, place, asked, shows, showsNow };
}
type Shows = (principal: string, secret: string) => string;

/** The principal of a UUID, if there is one; or ever was, for a question about the past. */
const PRINCIPAL = (id: string, at: Date | null) => {
  const there = (alias: string) => (at === null ? `AND ${alias}.deleted_at IS NULL` : '');
  return `(SELECT u.id FROM users u WHERE u.id = ${id} ${there('u')}
    UNION ALL SELECT a.id FROM applications a WHERE a.id = ${id} ${there('a')})`;
};

/** The one secret that has a name, or had it then. */
const NAMED = (name: string, { at }: Moment, asked: Relation) => `
  (SELECT s.id, s.name FROM secrets s WHERE s.name COLLATE "C" = ${name}
    AND ${at === null ? 's.deleted_at IS NULL' : asked.live('s.id')} LIMIT 1)`;

/** Who can do something with a secret, by id, after `after`. At most `limit`; undefined if there is no such secret. One statement. */
export async function whoCan(
  sql: Sql,
  secretName: string,
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<Found[] | undefined> {
  const { params, place, asked } = asking(query);
  const principals = asked.principalsOf('t', `${place(after?.id ?? FIRST)}::uuid`, `${place(limit)}::int`);
  const rows = await sql.query<Row>(
    `SELECT t.id AS "secretId", c.id AS "principalId", ${asked.ways('c.id', 't.id')} AS paths
     FROM ${NAMED(`${place(secretName)}::text`, query, asked)} t LEFT JOIN LATERAL (${principals}) c ON true ORDER BY c.id`,
    params,
  );
  return rows.length === 0 ? undefined : toEntries(rows, query);
}

/** The same for several live secrets (UUIDs), at most `limit` of each, in one statement. */
export async function whoCanEach(
  sql: Sql,
  secretIds: readonly string[],
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<Found[]> {
  const { params, place, asked } = asking(query);
  const principals = asked.principalsOf('t', `${place(after?.id ?? FIRST)}::uuid`, `${place(limit)}::int`);
  const rows = await sql.query<Row>(
    `SELECT t.id AS "secretId", c.id AS "principalId", ${asked.ways('c.id', 't.id')} AS paths
     FROM secrets t CROSS JOIN LATERAL (${principals}) c
     WHERE t.id = ANY(${place(secretIds)}::uuid[]) AND ${asked.live('t.id')} ORDER BY c.id`,
    params,
  );
  return toEntries(rows, query);
}

/** With what a principal (UUID) can do something, by id, after `after`. At most `limit`; undefined if there is no such principal. One statement. */
export async function whatCan(
  sql: Sql,
  principalId: string,
  query: AccessQuery,
  limit: number,
  after?: Position,
): Promise<Found[] | undefined> {
  const { params, place, asked, shows, showsNow } = asking(query);
  const principal = `${place(principalId)}::uuid`;
  const afterSecret = `${place(after?.key ?? FIRST)}::uuid`;
  // What one sees oneself is found by the grants that let one see it. Only CREATE alone has to be looked up, secret by secret.
  const { seeing, access } = query;
  const isSeeing = access === null || seeing === null || seeing.includes(access);
  const secrets = asked.secretsOf(principal, afterSecret, `${place(limit)}::int`, {
    giving: access === null ? seeing : null,
    filter: (id) => (isSeeing ? showsNow : shows)(principal, id),
  });
  const rows = await sql.query<Row>(
    `SELECT t.id AS "principalId", c.id AS "secretId", ${asked.ways('t.id', 'c.id')} AS paths
     FROM ${PRINCIPAL(principal, query.at)} t LEFT JOIN LATERAL (${secrets}) c ON ${asked.active('t.id')} ORDER BY c.id`,
    params,
  );
  return rows.length === 0 ? undefined : toEntries(rows, query);
}

/** By which ways a principal (UUID) can do something with a secret. One statement. */
export async function waysOf(
  sql: Sql,
  principalId: string,
  secretName: string,
  query: AccessQuery,
): Promise<{ principal: boolean; active: boolean; secretId: string | null; entry: Found | null }> {
  const { params, place, asked, shows } = asking(query);
  const principal = `${place(principalId)}::uuid`;
  const [row] = await sql.query<{ principal: string | null; active: boolean; secretId: string | null } & Row>(
    `SELECT p.id AS "principalId", COALESCE(${asked.active('p.id')}, false) AS active, s.id AS "secretId", ${asked.ways('p.id', 's.id')} AS paths
     FROM (SELECT 1) one LEFT JOIN ${PRINCIPAL(principal, query.at)} p ON true
       LEFT JOIN ${NAMED(`${place(secretName)}::text`, query, asked)} s ON ${shows(principal, 's.id')}`,
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

function toEntries(rows: readonly Row[], { access }: AccessQuery): Found[] {
  return rows.flatMap(({ principalId, secretId, paths }) => {
    if (principalId === null || secretId === null || paths === null) return [];
    return { ...toEntry({ principalId, secretId }, paths, access), key: secretId, id: principalId };
  });
}
