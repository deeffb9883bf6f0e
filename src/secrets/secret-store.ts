import type { Grant } from '../access/policy.ts';
import { reached } from '../access/reached.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { NameTaken } from '../errors.ts';
import type { Access, SecretOrder } from '../generated/vocabulary.ts';
import { newId } from '../ids.ts';
import { type Position, timeKey } from '../pages.ts';
import type { SealedVersion, SecretName, SecretView, VersionView } from './secret.ts';

/** `$1` is the caller's subjects: itself and its groups. */
const GRANTS = `(SELECT json_agg(json_build_object(
    'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
    'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
  ) ORDER BY p.id)
  FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
  WHERE p.target_kind = 'SECRET' AND p.target = s.name AND (p.secret_id IS NULL OR p.secret_id = s.id)
    AND p.subject_id = ANY($1::uuid[]) AND p.valid_to IS NULL)`;

const COLUMNS = `s.id, s.name, s.description, s.current_version AS version, s.expires_at AS "expiresAt",
  s.created_at AS "createdAt", s.created_by AS "createdBy", s.updated_at AS "updatedAt", s.updated_by AS "updatedBy", s.deleted_at AS "deletedAt",
  ARRAY(SELECT t.tag FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C") AS tags, ${GRANTS} AS grants`;

const PLAIN = `SELECT ${COLUMNS} FROM secrets s`;
const WITH_VALUE = `SELECT ${COLUMNS}, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
  FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version`;

interface Row extends Omit<SecretView, 'nameGrants' | 'sealed'> {
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[] | null;
  ciphertext?: Uint8Array | null;
  wrappedKey?: Uint8Array | null;
  keyId?: string | null;
}

/** Live secrets of these names, in one statement, with the labels and grants by which to decide. */
export async function findByNames(
  sql: Sql,
  subjects: readonly string[],
  names: readonly string[],
  withValue: boolean,
): Promise<SecretView[]> {
  const rows = await sql.query<Row>(
    `${withValue ? WITH_VALUE : PLAIN} WHERE s.name COLLATE "C" = ANY($2::text[]) AND s.deleted_at IS NULL`,
    [subjects, names],
  );
  return rows.map(toView);
}

/** Secrets of these ids, live or restorable since `deletedSince`. */
export async function findByIds(
  sql: Sql,
  subjects: readonly string[],
  ids: readonly string[],
  deletedSince: Date,
): Promise<SecretView[]> {
  const rows = await sql.query<Row>(
    `${PLAIN} WHERE s.id = ANY($2::uuid[]) AND s.purged_at IS NULL AND (s.deleted_at IS NULL OR s.deleted_at > $3::timestamptz)`,
    [subjects, ids, deletedSince],
  );
  return rows.map(toView);
}

/** Whether the caller sees a secret: what it does not see it neither locks nor waits for, or the waiting would tell. */
export type Sees = (secret: SecretView) => boolean;

/**
 * Locks a live secret for the rest of the transaction, then reads it with its value. One that the caller does not see is
 * returned as it was read, unlocked, to be refused like one that is not there.
 * Locking and reading are two statements: what one that waits for a lock reads beside the locked row is older than the row.
 */
export async function lockByName(
  tx: Transaction,
  subjects: readonly string[],
  name: string,
  sees: Sees,
): Promise<SecretView | undefined> {
  const [glimpse] = await findByNames(tx, subjects, [name], false);
  if (glimpse === undefined || !sees(glimpse)) return glimpse;
  const locked = await tx.query('SELECT id FROM secrets WHERE id = $1::uuid AND deleted_at IS NULL FOR UPDATE', [
    glimpse.id,
  ]);
  if (locked.length === 0) return undefined;
  const [row] = await tx.query<Row>(`${WITH_VALUE} WHERE s.id = $2::uuid`, [subjects, glimpse.id]);
  return row && toView(row);
}

/** The same for a deleted secret that can still be restored. */
export async function lockDeleted(
  tx: Transaction,
  subjects: readonly string[],
  id: string,
  deletedSince: Date,
  sees: Sees,
): Promise<SecretView | undefined> {
  const [glimpse] = await findByIds(tx, subjects, [id], deletedSince);
  if (glimpse === undefined || glimpse.deletedAt === null) return undefined;
  if (!sees(glimpse)) return glimpse;
  const locked = await tx.query(
    'SELECT id FROM secrets WHERE id = $1::uuid AND deleted_at > $2::timestamptz AND purged_at IS NULL FOR UPDATE',
    [id, deletedSince],
  );
  if (locked.length === 0) return undefined;
  const [row] = await tx.query<Row>(`${PLAIN} WHERE s.id = $2::uuid`, [subjects, id]);
  return row && toView(row);
}

/** The grants on a name that hold whether or not there is a secret of it. */
export async function grantsOnName(sql: Sql, subjects: readonly string[], name: string): Promise<Grant[]> {
  const [row] = await sql.query<Pick<Row, 'grants'>>(
    `SELECT ${GRANTS} AS grants FROM (SELECT $2::text AS name, NULL::uuid AS id) s`,
    [subjects, name],
  );
  return toGrants(row?.grants ?? null);
}

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

/** Versions of several secrets, newest first, at most `limit` each, in one statement. */
export async function listVersions(
  sql: Sql,
  secretIds: readonly string[],
  limit: number,
  before: number | undefined,
): Promise<(VersionView & { secretId: string })[]> {
  return sql.query(
    `SELECT v.secret_id AS "secretId", v.number, v.created_at AS "createdAt", v.created_by AS "createdBy", v.destroyed_at AS "destroyedAt"
     FROM unnest($1::uuid[]) s(id) CROSS JOIN LATERAL (
       SELECT * FROM secret_versions v WHERE v.secret_id = s.id AND ($2::int IS NULL OR v.number < $2::int) ORDER BY v.number DESC LIMIT $3::int
     ) v ORDER BY v.number DESC`,
    [secretIds, before ?? null, limit],
  );
}

export interface VersionKey {
  secretId: string;
  number: number;
}

export interface SealedRow extends VersionKey {
  /** Null if it is destroyed. */
  sealed: SealedVersion | null;
}

/** Those of these versions that ever were, with their sealed values, in one statement. */
export async function findVersions(sql: Sql, keys: readonly VersionKey[]): Promise<SealedRow[]> {
  const rows = await sql.query<VersionKey & Pick<Row, 'ciphertext' | 'wrappedKey' | 'keyId'>>(
    `SELECT v.secret_id AS "secretId", v.number, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
     FROM (SELECT DISTINCT id, number FROM unnest($1::uuid[], $2::int[]) a(id, number)) asked
     JOIN secret_versions v ON v.secret_id = asked.id AND v.number = asked.number`,
    [keys.map((key) => key.secretId), keys.map((key) => key.number)],
  );
  return rows.map(({ secretId, number, ...parts }) => ({ secretId, number, sealed: sealedOf(parts) }));
}

/** Who writes, and when. */
export interface By {
  by: string;
  now: Date;
}

export interface NewSecret {
  id: string;
  name: SecretName;
  description: string | null;
  expiresAt: Date | null;
}

/** @throws NameTaken naming `field` */
export async function insertSecret(tx: Transaction, secret: NewSecret, { by, now }: By, field: string): Promise<void> {
  await orNameTaken(field, () =>
    tx.prisma.secret.create({
      data: { ...secret, currentVersion: 1, createdAt: now, createdBy: by, updatedAt: now, updatedBy: by },
    }),
  );
}

export async function insertVersion(
  tx: Transaction,
  secretId: string,
  number: number,
  sealed: SealedVersion,
  { by, now }: By,
): Promise<void> {
  const { ciphertext, wrappedKey, keyId } = sealed;
  await tx.prisma.secretVersion.create({
    data: {
      secretId,
      number,
      ciphertext: new Uint8Array(ciphertext),
      wrappedKey: new Uint8Array(wrappedKey),
      keyId,
      createdAt: now,
      createdBy: by,
    },
  });
}

/** Destroys the values of versions for good; the rows stay. `upTo` is the highest number destroyed. */
export async function destroyVersions(
  tx: Transaction,
  secretId: string,
  which: { upTo: number } | { number: number } | 'all',
  now: Date,
): Promise<void> {
  const number = which === 'all' ? {} : 'upTo' in which ? { number: { lte: which.upTo } } : { number: which.number };
  await tx.prisma.secretVersion.updateMany({
    where: { secretId, destroyedAt: null, ...number },
    data: { ciphertext: null, wrappedKey: null, keyId: null, destroyedAt: now },
  });
}

export interface SecretChange {
  description?: string | null;
  expiresAt?: Date | null;
  currentVersion?: number;
}

/** Changes these fields, or none: the tags, say, which are elsewhere. Either way the secret changed now. */
export async function updateSecret(tx: Transaction, id: string, change: SecretChange, { by, now }: By): Promise<void> {
  await tx.prisma.secret.update({ where: { id }, data: { ...change, updatedAt: now, updatedBy: by } });
}

// Deleting and restoring are no change: a secret comes back as it was.

export async function markDeleted(
  tx: Transaction,
  id: string,
  now: Date,
  { purged }: { purged: boolean },
): Promise<void> {
  await tx.prisma.secret.update({ where: { id }, data: { deletedAt: now, ...(purged ? { purgedAt: now } : {}) } });
}

/** @throws NameTaken naming `field` if its name lives again */
export async function markRestored(tx: Transaction, id: string, field: string): Promise<void> {
  await orNameTaken(field, () => tx.prisma.secret.update({ where: { id }, data: { deletedAt: null } }));
}

export async function addTags(tx: Transaction, secretId: string, tags: readonly string[], now: Date): Promise<void> {
  await tx.prisma.secretTag.createMany({ data: tags.map((tag) => ({ id: newId(), secretId, tag, validFrom: now })) });
}

/** Ends these tags, or all of them. */
export async function endTags(
  tx: Transaction,
  secretId: string,
  tags: readonly string[] | 'all',
  now: Date,
): Promise<void> {
  await tx.prisma.secretTag.updateMany({
    where: { secretId, validTo: null, ...(tags === 'all' ? {} : { tag: { in: [...tags] } }) },
    data: { validTo: now },
  });
}

async function orNameTaken<T>(field: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isDuplicate(error, 'secrets_name_live') ? new NameTaken('secret', field) : error;
  }
}

function toView({ grants, ciphertext, wrappedKey, keyId, ...row }: Row): SecretView {
  return { ...row, nameGrants: toGrants(grants), sealed: sealedOf({ ciphertext, wrappedKey, keyId }) };
}

function sealedOf({
  ciphertext,
  wrappedKey,
  keyId,
}: Pick<Row, 'ciphertext' | 'wrappedKey' | 'keyId'>): SealedVersion | null {
  return ciphertext && wrappedKey && keyId ? { ciphertext, wrappedKey, keyId } : null;
}

function toGrants(grants: Row['grants']): Grant[] {
  return (grants ?? []).map((grant) => ({
    ...grant,
    expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt),
  }));
}
