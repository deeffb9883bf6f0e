import { reached } from '../access/reached.ts';
import type { Sql } from '../database/client.ts';
import type { Access, SecretOrder } from '../generated/vocabulary.ts';
import { type Position, timeKey } from '../pages.ts';
import type { SecretView } from './secret.ts';
import { PLAIN, type Row, toView } from './secret-store.ts';

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
    by: 's.name COLLATE "C"',
    direction: 'ASC',
    key: (row: Row) => row.name,
    cast: 'text',
    parse: (at: Position) => at.key,
  },
  NAME_DESC: {
    by: 's.name COLLATE "C"',
    direction: 'DESC',
    key: (row: Row) => row.name,
    cast: 'text',
    parse: (at: Position) => at.key,
  },
  UPDATED_AT_DESC: {
    by: 's.updated_at',
    direction: 'DESC',
    key: (row: Row) => row.updatedAt.toISOString(),
    cast: 'timestamptz',
    parse: timeKey,
  },
  EXPIRES_AT_ASC: {
    by: "COALESCE(s.expires_at, 'infinity')",
    direction: 'ASC',
    key: (row: Row) => row.expiresAt?.toISOString() ?? 'infinity',
    cast: 'timestamptz',
    parse: (at: Position) => (at.key === 'infinity' ? at.key : timeKey(at)),
  },
} satisfies Record<
  SecretOrder,
  { by: string; direction: string; key(row: Row): string; cast: string; parse(at: Position): unknown }
>;

/** The WHERE of everything that lists secrets. `params` starts with the subjects and is added to. */
function visibleWhere(query: Omit<SecretQuery, 'orderBy'>, params: unknown[]): string {
  const place = (value: unknown) => `$${params.push(value)}`;
  const where = [
    query.deletedSince === null
      ? 's.deleted_at IS NULL'
      : `s.purged_at IS NULL AND s.deleted_at > ${place(query.deletedSince)}::timestamptz`,
  ];
  if (query.visibleTo !== null) {
    const [subjects, now] = [place(query.visibleTo), place(query.now)];
    where.push(`s.id IN (${reached(subjects, now, place(query.seeing))})`);
    for (const access of query.access) where.push(`s.id IN (${reached(subjects, now, place([access]))})`);
  }
  if (query.nameContains !== null)
    where.push(`position(lower(${place(query.nameContains)}::text) IN lower(s.name)) > 0`);
  for (const tag of query.tags) {
    where.push(
      `EXISTS (SELECT 1 FROM secret_tags t WHERE t.secret_id = s.id AND t.tag COLLATE "C" = ${place(tag)} AND t.valid_to IS NULL)`,
    );
  }
  if (query.expiresBefore !== null) where.push(`s.expires_at < ${place(query.expiresBefore)}::timestamptz`);
  return where.join(' AND ');
}

/** At most `limit` secrets that the caller may see, each with the sort key of its cursor. */
export async function list(
  sql: Sql,
  query: SecretQuery,
  limit: number,
  after?: Position,
): Promise<(SecretView & { key: string })[]> {
  const params: unknown[] = [query.subjects];
  let where = visibleWhere(query, params);
  const order = ORDERS[query.orderBy];
  if (after) {
    const [key, id] = [`$${params.push(order.parse(after))}`, `$${params.push(after.id)}`];
    where += ` AND (${order.by}, s.id) ${order.direction === 'ASC' ? '>' : '<'} (${key}::${order.cast}, ${id}::uuid)`;
  }
  const rows = await sql.query<Row>(
    `${PLAIN} WHERE ${where} ORDER BY ${order.by} ${order.direction}, s.id ${order.direction} LIMIT $${params.push(limit)}::int`,
    params,
  );
  return rows.map((row) => ({ ...toView(row), key: order.key(row) }));
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
  const where = [visibleWhere(query, params), '$1::uuid[] IS NOT NULL'];
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
