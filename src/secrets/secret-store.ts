// SQL that reads and locks secrets. secret-writes.ts has the statements that change secrets.
import { isAccessible } from '../access/access-filter.ts';
import type { Sql, Transaction } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import { type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import { MAX_NAME_LENGTH } from '../primitives/input.ts';
import { inByteOrder, type TagText } from '../primitives/tag-text.ts';
import type { Grant } from '../principals/principal.ts';
import {
  type ChangingSecret,
  MOST_OLDEST,
  MOST_VERSIONS_KEPT,
  type SealedVersion,
  type SecretName,
  type SecretView,
  type VersionView,
} from './secret.ts';

/** SQL for the grants on the name of the secret `s` to `subjects`, the placeholder for the UUIDs of the caller and its groups. */
const grantsTo = (subjects: string) => `(SELECT json_agg(json_build_object(
    'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
    'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
  ) ORDER BY p.id)
  FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
  WHERE p.target_kind = 'SECRET' AND p.target = s.name AND (p.secret_id IS NULL OR p.secret_id = s.id)
    AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL)`;

/** SQL for the columns of the secret `s`, except `id` and `name`. */
const DETAILS = `s.description, s.current_version AS version, s.revision, s.expires_at AS "expiresAt",
  s.created_at AS "createdAt", s.created_by AS "createdBy", s.updated_at AS "updatedAt", s.updated_by AS "updatedBy", s.deleted_at AS "deletedAt"`;

const UNSORTED_TAGS = 'SELECT t.tag FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL';
const TAGS = `ARRAY(${UNSORTED_TAGS} ORDER BY t.tag COLLATE "C")`;

/** SQL for all columns of a `Row`. `$1` is the UUIDs of the caller and its groups. */
const COLUMNS = `s.id, s.name, ${DETAILS}, ${TAGS} AS tags, ${grantsTo('$1')} AS grants`;

/**
 * SQL for all columns of a `Row` in a statement that reads many secrets. `listedView` converts these rows. `subjects` is an expression for the UUIDs
 * of the caller and its groups. The statement looks up the grants on the names only if the caller has a grant on a name. This condition is computed
 * once for each statement. The ORDER BY in this condition makes the planner use the index by subject (see `NAMED`).
 */
export const columnsOfList = (subjects: string) => `s.id, s.name, ${DETAILS}, ARRAY(${UNSORTED_TAGS}) AS tags,
  CASE WHEN (SELECT true FROM permissions p WHERE p.subject_id = ANY(${subjects}::uuid[]) AND p.target_kind = 'SECRET' AND p.valid_to IS NULL
    ORDER BY p.subject_id, p.target LIMIT 1) THEN ${grantsTo(subjects)} END AS grants`;

/** SQL that reads secrets without their values. */
export const PLAIN = `SELECT ${COLUMNS} FROM secrets s`;
const WITH_VALUE = `SELECT ${COLUMNS}, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
  FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version`;

export interface Row extends Omit<SecretView, 'nameGrants' | 'sealed'> {
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[] | null;
  ciphertext?: Uint8Array | null;
  wrappedKey?: Uint8Array | null;
  keyId?: string | null;
  oldest?: Record<string, string> | null;
}

/** The caller for whom secrets are read. */
export interface Viewing {
  /** UUIDs of the caller and the caller's groups. With each secret, the statement reads the grants to these UUIDs. */
  subjects: readonly Uuid[];
  /** Whether the caller sees every secret. */
  all: boolean;
  /** The accesses that make a secret visible to a caller. One of these accesses is enough to make a secret visible. */
  seeing: readonly Access[];
  now: Date;
}

/**
 * SQL that reads secrets one by one. `requested` is a FROM item with one row for each requested secret. `where` is the condition on the secret `s`.
 * The result contains the columns, tags and grants of visible secrets. For a hidden secret, the result contains only the id. The id is needed because
 * the audit log distinguishes hidden secrets and missing secrets.
 *
 * INVARIANT: a hidden secret and a missing secret give rows with equal columns and an equal number of bytes, and PostgreSQL runs the same steps of
 * the query plan for both. Neither the time nor the size of the answer depends on a hidden secret's existence, tags or description.
 *
 * The requested names or ids are passed as JSON. If they were an array, PostgreSQL would see the length of the array and plan the statement again for
 * each length. `$1` is the UUIDs of the caller and its groups, `$2` the requested names or ids, `$3` whether the caller sees all secrets, `$4` the
 * current time, and `$5` the accesses that make a secret visible.
 */
const oneByOne = (requested: string, where: string, name: string) => `
  SELECT k.id, ${name} AS name, f.* FROM ${requested}
  CROSS JOIN LATERAL (SELECT s.* FROM (SELECT 1) one LEFT JOIN secrets s ON ${where} LIMIT 1) s
  CROSS JOIN LATERAL (SELECT COALESCE(s.id, '${ZERO_UUID}') AS id, COALESCE(s.name, '') AS name OFFSET 0) k
  CROSS JOIN LATERAL (SELECT $3::boolean OR ${isAccessible({ subjects: '$1', now: '$4', access: '$5' }, 'k')} AS shows OFFSET 0) v
  LEFT JOIN LATERAL (
    SELECT ${DETAILS}, ${TAGS} AS tags, ${grantsTo('$1')} AS grants WHERE v.shows AND s.id IS NOT NULL OFFSET 0
  ) f ON true`;

const BY_NAME = oneByOne(
  'json_array_elements_text($2::json) AS n(name)',
  's.name COLLATE "C" = n.name AND s.deleted_at IS NULL',
  'n.name',
);
/**
 * `$6` is a time. The SQL reads live secrets, and secrets that were deleted after this time. The SQL pads all secret names to the same length,
 * because a caller who requests secrets by id may not know their names.
 */
const BY_ID = oneByOne(
  'json_array_elements_text($2::json) AS n(id)',
  's.id = n.id::uuid AND s.purged_at IS NULL AND (s.deleted_at IS NULL OR s.deleted_at > $6::timestamptz)',
  `rpad(COALESCE(s.name, ''), ${MAX_NAME_LENGTH})`,
);

const parametersOf = ({ subjects, all, seeing, now }: Viewing, requested: readonly string[]) => [
  subjects,
  JSON.stringify(requested),
  all,
  now,
  seeing,
];

/**
 * Reads the live secrets with these names, with the tags and grants that decide about access. One SQL statement reads all secrets. For a hidden
 * secret, only id and name are read.
 */
export async function findByNames(sql: Sql, viewing: Viewing, names: readonly string[]): Promise<SecretView[]> {
  return present(await sql.query<Row>(BY_NAME, parametersOf(viewing, names)));
}

/** A read of several secrets by name for one principal. */
export interface NamedRead {
  names: readonly string[];
  /** UUIDs of the principal and its groups. */
  subjects: readonly Uuid[];
  /** A value is read if the principal has one of these accesses, or if `all` is true. If null, no value is read. */
  access: readonly Access[] | null;
  /** Whether the principal has ADMIN, and so sees every secret. */
  all: boolean;
  /** The tags through which the principal has one of these accesses. If null, the SQL statement looks up these tags itself. */
  tags: readonly TagText[] | null;
  /** The tags through which the principal sees secrets. If null, the SQL statement looks up these tags itself. */
  seeing: readonly TagText[] | null;
  /** Whether to read the hashes of the oldest values, because the principal may change the secret. */
  changing?: boolean;
}

/** SQL condition that is true if the grant `p` is not expired. */
const LASTS = `(p.expires_at IS NULL OR p.expires_at > $2::timestamptz)`;
const GIVES = `p.access && a.access AND ${LASTS}`;
const SHOWS = `p.access && $3::text[] AND ${LASTS}`;
/** SQL that selects grants on a tag `t`. */
const ON_TAG = `p.target_kind = 'TAG' AND p.target = t.tag AND p.subject_id = ANY(a.subjects) AND p.valid_to IS NULL`;

// Each LATERAL subquery has a LIMIT or an OFFSET, so that PostgreSQL's planner looks up each name separately. With a join, the planner could read
// complete tables for one name if it wrongly estimated the numbers of rows. One subquery reads all columns of a secret, because PostgreSQL runs each
// step of the plan once for every name. `COALESCE` makes the planner use one index for the grants. `named` is computed once for each read. Most
// callers have only grants on tags; for these callers, the statement looks up no grants on names. The ORDER BY makes the planner use the index by
// subject. Without the ORDER BY, PostgreSQL would read all grants for a caller without grants if few principals have grants. The condition with
// BETWEEN is always true. Because of the condition, the planner expects 10 names instead of 1,000. If the planner expected 1,000 names, it would
// cache lookups, and a PostgreSQL server with JIT compilation would compile the statement at each call. INVARIANT: a hidden secret and a missing
// secret give rows with equal columns and an equal number of bytes, and PostgreSQL runs the same steps of the query plan for both (see `oneByOne`).
// The work to decide whether a secret is visible does not depend on the number of its tags.
/** `$1` is the reads as JSON, `$2` the current time, `$3` the accesses that make a secret visible. */
const NAMED = `SELECT e.epoch, f.* FROM access_epoch e LEFT JOIN (
    SELECT a.place, n.name, COALESCE(s.id, '${ZERO_UUID}') AS id, c.*
    FROM (
      SELECT a.*, (SELECT true FROM permissions p WHERE p.subject_id = ANY(a.subjects) AND p.target_kind = 'SECRET' AND p.valid_to IS NULL
        ORDER BY p.subject_id, p.target LIMIT 1) AS named
      FROM json_to_recordset($1::json)
        AS a(place int, names text[], subjects uuid[], "all" boolean, access text[], tags text[], seeing text[], changing boolean)
      WHERE a.place BETWEEN 0 AND 2147483647 OFFSET 0
    ) a
    CROSS JOIN LATERAL unnest(a.names) AS n(name)
    CROSS JOIN LATERAL (
      SELECT s.*, CASE WHEN a.named THEN (
          SELECT json_build_object('give', bool_or(${GIVES}), 'show', bool_or(${SHOWS}), 'grants', json_agg(json_build_object(
            'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
            'group', (SELECT json_build_object('id', g.id, 'name', g.name) FROM groups g WHERE g.id = p.subject_id)) ORDER BY p.id))
          FROM permissions p WHERE p.target_kind = 'SECRET' AND p.target = n.name AND p.subject_id = ANY(a.subjects) AND p.valid_to IS NULL
            AND COALESCE(p.secret_id, s.id) = s.id
        ) END AS granted,
        CASE WHEN a.seeing IS NOT NULL
          THEN (SELECT true FROM secret_tags t WHERE t.secret_id = COALESCE(s.id, '${ZERO_UUID}') AND t.tag = ANY(a.seeing) AND t.valid_to IS NULL LIMIT 1)
          ELSE (SELECT true FROM secret_tags t JOIN permissions p ON ${ON_TAG} AND ${SHOWS} WHERE t.secret_id = s.id AND t.valid_to IS NULL LIMIT 1)
        END AS tagged
      FROM (SELECT 1) one LEFT JOIN secrets s ON s.name COLLATE "C" = n.name AND s.deleted_at IS NULL LIMIT 1
    ) s
    LEFT JOIN LATERAL (
      SELECT ${DETAILS}, g.tags, s.granted->'grants' AS grants, o.ciphertext, o.wrapped_key AS "wrappedKey", o.key_id AS "keyId",
        CASE WHEN a.changing THEN (
          SELECT json_object_agg(v.number, encode(sha256(v.ciphertext), 'hex')) FROM secret_versions v
          WHERE v.secret_id = o.secret_id AND v.ciphertext IS NOT NULL
            AND v.number BETWEEN s.current_version - ${MOST_VERSIONS_KEPT - 1} AND s.current_version - ${MOST_VERSIONS_KEPT - MOST_OLDEST}
        ) END AS oldest
      FROM (SELECT ${TAGS} AS tags OFFSET 0) g
      LEFT JOIN LATERAL (
        SELECT o.* FROM secret_versions o WHERE a.access IS NOT NULL AND o.secret_id = s.id AND o.number = s.current_version
          AND (a."all" OR g.tags && a.tags OR (s.granted->>'give')::boolean
            OR a.tags IS NULL AND EXISTS (SELECT 1 FROM unnest(g.tags) t(tag) JOIN permissions p ON ${ON_TAG} AND ${GIVES})) LIMIT 1
      ) o ON true
      WHERE s.id IS NOT NULL AND (a."all" OR s.tagged OR (s.granted->>'show')::boolean) LIMIT 1
    ) c ON true
  ) f ON true WHERE e.id = 1`;

/**
 * For each read, returns the secrets with the requested names that are not deleted, with the tags and grants that decide about access. The statement
 * reads a secret's current sealed value only if a grant could allow decryption. Also returns the access epoch. One SQL statement serves all reads.
 * The calling function decides about access. For a hidden secret, the statement reads only id and name, so that the response time does not show that
 * the secret exists.
 */
export async function findNamed(
  sql: Sql,
  reads: readonly NamedRead[],
  { seeing, now }: Pick<Viewing, 'seeing' | 'now'>,
): Promise<{ epoch: number; found: SecretView[][] }> {
  const numbered = reads.map((read, place) => ({ place, ...read }));
  const rows = await sql.query<Row & { epoch: number; place: number | null }>(NAMED, [
    JSON.stringify(numbered),
    now,
    seeing,
  ]);
  const [first] = rows;
  if (first === undefined) throw new Error('The table access_epoch has no row.');
  const found: SecretView[][] = reads.map(() => []);
  for (const row of rows) {
    if (row.place === null || row.id === ZERO_UUID) continue;
    found[row.place]?.push(reads[row.place]?.changing ? toChanging(row) : toView(row));
  }
  return { epoch: first.epoch, found };
}

/** A secret with the size of its stored values. */
export interface NamedValues extends SecretView {
  /** Total size in bytes of the secret's sealed values that are not destroyed. */
  bytes: number;
}

/**
 * Reads all secrets with these names to which the caller has one of `accesses`. Does not read the secret values. One SQL statement reads all secrets.
 * The result includes secrets that were deleted after `deletedSince`.
 */
export async function findEverNamed(
  sql: Sql,
  { subjects, all, now }: Omit<Viewing, 'seeing'>,
  accesses: readonly Access[],
  names: readonly string[],
  deletedSince: Date,
): Promise<NamedValues[]> {
  const rows = await sql.query<Row & { bytes: string }>(
    `SELECT ${COLUMNS}, (SELECT COALESCE(sum(octet_length(v.ciphertext)), 0) FROM secret_versions v WHERE v.secret_id = s.id) AS bytes
     FROM secrets s WHERE s.name COLLATE "C" = ANY($2::text[]) AND s.purged_at IS NULL
       AND (s.deleted_at IS NULL OR s.deleted_at > $3::timestamptz)
       AND ($4::boolean OR ${isAccessible({ subjects: '$1', now: '$5', access: '$6' })})`,
    [subjects, names, deletedSince, all, now, accesses],
  );
  return rows.map(({ bytes, ...row }) => ({ ...toView(row), bytes: Number(bytes) }));
}

/** Reads all versions of these secrets whose values are not destroyed, with the sealed values. One SQL statement reads all versions. */
export async function findKeptVersions(sql: Sql, secretIds: readonly Uuid[]): Promise<SealedRow[]> {
  const rows = await sql.query<VersionKey & Pick<Row, 'ciphertext' | 'wrappedKey' | 'keyId'>>(
    `SELECT secret_id AS "secretId", number, ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId"
     FROM secret_versions WHERE secret_id = ANY($1::uuid[]) AND ciphertext IS NOT NULL ORDER BY secret_id, number`,
    [secretIds],
  );
  return rows.map(({ secretId, number, ...parts }) => ({ secretId, number, sealed: sealedOf(parts) }));
}

/**
 * Reads the secrets with these ids. The result includes secrets that were deleted after `deletedSince`. For a hidden secret, only id and name are
 * read.
 */
export async function findByIds(
  sql: Sql,
  viewing: Viewing,
  ids: readonly Uuid[],
  deletedSince: Date,
): Promise<SecretView[]> {
  const rows = present(await sql.query<Row>(BY_ID, [...parametersOf(viewing, ids), deletedSince]));
  return rows.map((secret) => ({ ...secret, name: secret.name.trimEnd() as SecretName }));
}

/** Reads a secret that the caller changed in this transaction, even if the change hid it from the caller. */
export async function readAgain(tx: Transaction, subjects: readonly Uuid[], id: Uuid): Promise<SecretView | undefined> {
  const [row] = await tx.prepared.query<Row>(`${PLAIN} WHERE s.id = $2::uuid AND s.purged_at IS NULL`, [subjects, id]);
  return row && toView(row);
}

/** Whether the caller sees a secret. A hidden secret is not locked, because the wait for the lock would show that the secret exists. */
export type Sees = (secret: SecretView) => boolean;

/**
 * Locks a live secret until the transaction ends, and then reads the secret with its value. A hidden secret is returned without a lock, and the
 * calling function answers as for a missing secret. One SQL statement locks the secret, and a second SQL statement reads it. A single statement that
 * waits for the lock would read the other tables as they were before the wait.
 */
export async function lockByName(
  tx: Transaction,
  viewing: Viewing,
  name: string,
  sees: Sees,
): Promise<SecretView | undefined> {
  const { prepared } = tx;
  const [glimpse] = await findByNames(prepared, viewing, [name]);
  if (glimpse === undefined || !sees(glimpse)) return glimpse;
  const locked = await prepared.query('SELECT id FROM secrets WHERE id = $1::uuid AND deleted_at IS NULL FOR UPDATE', [
    glimpse.id,
  ]);
  if (locked.length === 0) return undefined;
  const [row] = await prepared.query<Row>(`${WITH_VALUE} WHERE s.id = $2::uuid`, [viewing.subjects, glimpse.id]);
  return row && toView(row);
}

/** Whether a live secret has the name. The calling code has locked the name (see `lockName`). */
export async function isNameTaken(tx: Transaction, name: string): Promise<boolean> {
  const rows = await tx.prepared.query('SELECT id FROM secrets WHERE name COLLATE "C" = $1 AND deleted_at IS NULL', [
    name,
  ]);
  return rows.length > 0;
}

/** Waits until no other transaction has locked the secret. */
export async function waitForLock(sql: Sql, id: Uuid): Promise<void> {
  await sql.query('SELECT FROM secrets WHERE id = $1::uuid FOR NO KEY UPDATE', [id]);
}

/** Locks a deleted secret that can still be restored, and reads the secret without its value. A hidden secret is returned without a lock. */
export async function lockDeleted(
  tx: Transaction,
  viewing: Viewing,
  id: Uuid,
  deletedSince: Date,
  sees: Sees,
): Promise<SecretView | undefined> {
  const [glimpse] = await findByIds(tx, viewing, [id], deletedSince);
  if (glimpse === undefined || !sees(glimpse)) return glimpse;
  if (glimpse.deletedAt === null) return undefined;
  const locked = await tx.query(
    'SELECT id FROM secrets WHERE id = $1::uuid AND deleted_at > $2::timestamptz AND purged_at IS NULL FOR UPDATE',
    [id, deletedSince],
  );
  if (locked.length === 0) return undefined;
  const [row] = await tx.query<Row>(`${PLAIN} WHERE s.id = $2::uuid`, [viewing.subjects, id]);
  return row && toView(row);
}

/** The grants on a secret name that apply to every secret with this name. */
export async function grantsOnName(sql: Sql, subjects: readonly Uuid[], name: string): Promise<Grant[]> {
  return (await grantsOnNames(sql, subjects, [name])).get(name) ?? [];
}

/** Does the same as `grantsOnName` for several names, with one SQL statement. */
export async function grantsOnNames(
  sql: Sql,
  subjects: readonly Uuid[],
  names: readonly string[],
): Promise<Map<string, Grant[]>> {
  const rows = await sql.query<Pick<Row, 'grants'> & { name: string }>(
    `SELECT s.name, ${grantsTo('$1')} AS grants FROM (SELECT n.name, NULL::uuid AS id FROM json_array_elements_text($2::json) AS n(name)) s`,
    [subjects, JSON.stringify(names)],
  );
  return new Map(rows.map(({ name, grants }) => [name, toGrants(grants)]));
}

/** Reads the versions of several secrets, newest first, at most `limit` versions for each secret. One SQL statement reads all versions. */
export async function listVersions(
  sql: Sql,
  secretIds: readonly Uuid[],
  limit: number,
  before: number | undefined,
): Promise<(VersionView & { secretId: Uuid })[]> {
  return sql.query(
    `SELECT v.secret_id AS "secretId", v.number, v.created_at AS "createdAt", v.created_by AS "createdBy", v.destroyed_at AS "destroyedAt"
     FROM unnest($1::uuid[]) s(id) CROSS JOIN LATERAL (
       SELECT * FROM secret_versions v WHERE v.secret_id = s.id AND ($2::int IS NULL OR v.number < $2::int) ORDER BY v.number DESC LIMIT $3::int
     ) v ORDER BY v.number DESC`,
    [secretIds, before ?? null, limit],
  );
}

export interface VersionKey {
  secretId: Uuid;
  number: number;
}

export interface SealedRow extends VersionKey {
  /** Null if the value is destroyed. */
  sealed: SealedVersion | null;
}

/** Reads the versions in `keys` that exist, with their sealed values. One SQL statement reads all versions. */
export async function findVersions(sql: Sql, keys: readonly VersionKey[]): Promise<SealedRow[]> {
  const rows = await sql.query<VersionKey & Pick<Row, 'ciphertext' | 'wrappedKey' | 'keyId'>>(
    `SELECT v.secret_id AS "secretId", v.number, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
     FROM (SELECT DISTINCT id, number FROM unnest($1::uuid[], $2::int[]) a(id, number)) requested
     JOIN secret_versions v ON v.secret_id = requested.id AND v.number = requested.number`,
    [keys.map((key) => key.secretId), keys.map((key) => key.number)],
  );
  return rows.map(({ secretId, number, ...parts }) => ({ secretId, number, sealed: sealedOf(parts) }));
}

/** Drops the rows of missing secrets. */
function present(rows: readonly Row[]): SecretView[] {
  return rows.filter(({ id }) => id !== ZERO_UUID).map(toView);
}

/**
 * Converts a database row to a `SecretView`. The function copies each field by name because this is fast, and every read of a secret calls the
 * function. For a hidden secret, the result contains no tags and no grants.
 */
export function toView(row: Row): SecretView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    version: row.version ?? 0,
    revision: row.revision ?? 0,
    expiresAt: row.expiresAt,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
    deletedAt: row.deletedAt,
    tags: row.tags ?? [],
    nameGrants: toGrants(row.grants),
    sealed: sealedOf(row),
  };
}

/** Converts a row with the columns `columnsOfList`. Sorts the tags by bytes, because PostgreSQL would need more time to sort the tags of each row. */
export function listedView(row: Row): SecretView {
  const view = toView(row);
  view.tags = inByteOrder(view.tags);
  return view;
}

function toChanging(row: Row): ChangingSecret {
  const oldest = new Map(Object.entries(row.oldest ?? {}).map(([number, hash]) => [Number(number), hash]));
  return { ...toView(row), oldest, oldestUpTo: (row.version ?? 0) - MOST_VERSIONS_KEPT + MOST_OLDEST };
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
