import { isAccessible } from '../access/access-filter.ts';
import type { Sql, Transaction } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import { ZERO_UUID } from '../primitives/ids.ts';
import type { Grant } from '../principals/principal.ts';
import type { SealedVersion, SecretName, SecretView, VersionView } from './secret.ts';

/** Of secret `s`, to these subjects: the place of the caller itself and its groups. */
const grantsTo = (subjects: string) => `(SELECT json_agg(json_build_object(
    'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
    'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
  ) ORDER BY p.id)
  FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
  WHERE p.target_kind = 'SECRET' AND p.target = s.name AND (p.secret_id IS NULL OR p.secret_id = s.id)
    AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL)`;

/** The columns of secret `s` other than id and name. */
const DETAILS = `s.description, s.current_version AS version, s.expires_at AS "expiresAt",
  s.created_at AS "createdAt", s.created_by AS "createdBy", s.updated_at AS "updatedAt", s.updated_by AS "updatedBy", s.deleted_at AS "deletedAt"`;

const TAGS = `ARRAY(SELECT t.tag FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C")`;

/** For `subjects`, an expression, those of the caller. */
export const columnsFor = (subjects: string) =>
  `s.id, s.name, ${DETAILS}, ${TAGS} AS tags, ${grantsTo(subjects)} AS grants`;
/** `$1` is the caller's subjects. */
const COLUMNS = columnsFor('$1');

export const PLAIN = `SELECT ${COLUMNS} FROM secrets s`;
const WITH_VALUE = `SELECT ${COLUMNS}, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
  FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version`;

export interface Row extends Omit<SecretView, 'nameGrants' | 'sealed' | 'entitlements'> {
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[] | null;
  ciphertext?: Uint8Array | null;
  wrappedKey?: Uint8Array | null;
  keyId?: string | null;
}

/** The caller that secrets are read for. */
export interface Viewing {
  /** UUIDs of the caller and its groups, whose grants are read with each secret. */
  subjects: readonly string[];
  /** Whether the caller sees every secret. */
  all: boolean;
  /** The kinds of access that make a secret visible. */
  seeing: readonly Access[];
  now: Date;
}

/**
 * SQL that reads secrets one by one. `asked` is a FROM item with one row for each secret that is requested; `where` is the condition on the
 * secret `s`. The result has the details, labels and grants of visible secrets, and only the id of hidden ones, which the audit log needs to
 * distinguish them from missing ones.
 *
 * INVARIANT: a hidden secret and a missing one give a row with the same columns and the same number of bytes, from the same steps of the plan.
 * Neither the time nor the size of the answer depends on a hidden secret's existence, tags or description.
 *
 * The requested names or ids are passed as JSON. For an array PostgreSQL would know the length, and plan the statement again each time.
 * `$1` is the caller's subjects, `$2` the requested names or ids, `$3` whether the caller sees all, `$4` the current time and `$5` the accesses
 * that make a secret visible.
 */
const oneByOne = (asked: string, where: string, name: string) => `
  SELECT k.id, ${name} AS name, f.* FROM ${asked}
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
/** `$6` is the earliest time of deletion that counts. All names are padded to one length, since the caller does not know them yet. */
const BY_ID = oneByOne(
  'json_array_elements_text($2::json) AS n(id)',
  's.id = n.id::uuid AND s.purged_at IS NULL AND (s.deleted_at IS NULL OR s.deleted_at > $6::timestamptz)',
  `rpad(COALESCE(s.name, ''), 255)`,
);

const viewed = ({ subjects, all, seeing, now }: Viewing, asked: readonly string[]) => [
  subjects,
  JSON.stringify(asked),
  all,
  now,
  seeing,
];

/** Secrets of these names that are not deleted, with the labels and grants that decide about access; only id and name of a hidden one. One statement. */
export async function findByNames(sql: Sql, viewing: Viewing, names: readonly string[]): Promise<SecretView[]> {
  return present(await sql.query<Row>(BY_NAME, viewed(viewing, names)));
}

/** Secrets that one principal reads by name. */
export interface NamedRead {
  names: readonly string[];
  /** The caller and its groups. */
  subjects: readonly string[];
  /** One of these must be granted for a value to be read, but to an administrator (`all`). Null: no value is read. */
  access: readonly Access[] | null;
  all: boolean;
  /** The tags through which the caller has one of these accesses. Null: the statement looks them up. */
  tags: readonly string[] | null;
  /** The tags through which the caller sees secrets. Null: the statement looks them up. */
  seeing: readonly string[] | null;
}

const LASTS = `(p.expires_at IS NULL OR p.expires_at > $2::timestamptz)`;
const GIVES = `p.access && a.access AND ${LASTS}`;
const SHOWS = `p.access && $3::text[] AND ${LASTS}`;
/** Grants on a tag `t`. */
const ON_TAG = `p.target_kind = 'TAG' AND p.target = t.tag AND p.subject_id = ANY(a.subjects) AND p.valid_to IS NULL`;

// What is LATERAL here stands behind a LIMIT or an OFFSET, so that each name is looked up by itself whatever the planner believes of the
// numbers of rows: joined, it would read whole tables for one name. What is looked up of a secret stands in one subquery with it, since each
// step of the plan costs every name. `COALESCE` keeps the grants to one index.
// `named` is found once a read: most callers have grants on tags alone, and nothing is looked up among grants on names for them. The order
// leaves it no way but the index by subject: else, where few have grants, all grants are read for the first of one who has none.
// Every place is BETWEEN its bounds: that it is said has the planner think of 10 names rather than of 1,000, for which it would remember what
// it found of each, and have a server that compiles expensive statements compile this one each time.
// INVARIANT: a hidden secret and a missing one give a row with the same columns and the same number of bytes, from the same steps of the plan
// (see `oneByOne`). The work to decide whether a secret is visible does not depend on the number of its tags.
/** `$1` is the reads as JSON, `$2` the current time, `$3` the accesses that make a secret visible. */
const NAMED = `SELECT e.epoch, f.* FROM access_epoch e LEFT JOIN (
    SELECT a.place, n.name, COALESCE(s.id, '${ZERO_UUID}') AS id, c.*
    FROM (
      SELECT a.*, (SELECT true FROM permissions p WHERE p.subject_id = ANY(a.subjects) AND p.target_kind = 'SECRET' AND p.valid_to IS NULL
        ORDER BY p.subject_id, p.target LIMIT 1) AS named
      FROM json_to_recordset($1::json) AS a(place int, names text[], subjects uuid[], "all" boolean, access text[], tags text[], seeing text[])
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
      SELECT ${DETAILS}, g.tags, s.granted->'grants' AS grants, o.ciphertext, o.wrapped_key AS "wrappedKey", o.key_id AS "keyId"
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
 * For each read, the secrets of its names that exist and are not deleted, with the labels and grants that decide about access, and with the
 * current sealed value if a grant could allow opening it. Also returns the epoch. One statement for all reads. The caller decides about access,
 * but of a hidden secret only the id and the name are read, so that the time of an answer does not show that it exists.
 */
export async function findNamed(
  sql: Sql,
  reads: readonly NamedRead[],
  { seeing, now }: Pick<Viewing, 'seeing' | 'now'>,
): Promise<{ epoch: number; found: SecretView[][] }> {
  const asked = reads.map((read, place) => ({ place, ...read }));
  const rows = await sql.query<Row & { epoch: number; place: number | null }>(NAMED, [
    JSON.stringify(asked),
    now,
    seeing,
  ]);
  const [first] = rows;
  if (first === undefined) throw new Error('The epoch is not there.');
  const found: SecretView[][] = reads.map(() => []);
  for (const row of rows) {
    if (row.place !== null && row.id !== ZERO_UUID) found[row.place]?.push(toView(row));
  }
  return { epoch: first.epoch, found };
}

/** What is known of a secret that had or has a name, and how much there is to open of it. */
export interface NamedValues extends SecretView {
  /** Bytes of all its sealed values that are kept. */
  bytes: number;
}

/** All secrets of these names, deleted ones included if deleted after `deletedSince`, on which the caller has one of `accesses`. Without values; one statement. */
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

/** Every version of these secrets that is kept, with its sealed value, in one statement. */
export async function findKeptVersions(sql: Sql, secretIds: readonly string[]): Promise<SealedRow[]> {
  const rows = await sql.query<VersionKey & Pick<Row, 'ciphertext' | 'wrappedKey' | 'keyId'>>(
    `SELECT secret_id AS "secretId", number, ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId"
     FROM secret_versions WHERE secret_id = ANY($1::uuid[]) AND ciphertext IS NOT NULL ORDER BY secret_id, number`,
    [secretIds],
  );
  return rows.map(({ secretId, number, ...parts }) => ({ secretId, number, sealed: sealedOf(parts) }));
}

/** Secrets of these ids, deleted ones included if deleted after `deletedSince`. Only id and name of a hidden one. */
export async function findByIds(
  sql: Sql,
  viewing: Viewing,
  ids: readonly string[],
  deletedSince: Date,
): Promise<SecretView[]> {
  const rows = present(await sql.query<Row>(BY_ID, [...viewed(viewing, ids), deletedSince]));
  return rows.map((secret) => ({ ...secret, name: secret.name.trimEnd() as SecretName }));
}

/** Reads a secret that the caller changed in this transaction, even if the change hid it from the caller. */
export async function readAgain(
  tx: Transaction,
  subjects: readonly string[],
  id: string,
): Promise<SecretView | undefined> {
  const [row] = await tx.prepared.query<Row>(`${PLAIN} WHERE s.id = $2::uuid AND s.purged_at IS NULL`, [subjects, id]);
  return row && toView(row);
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

/** The same for a deleted secret that can still be restored. */
export async function lockDeleted(
  tx: Transaction,
  viewing: Viewing,
  id: string,
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

/** The grants on a name that hold whether or not there is a secret of it. */
export async function grantsOnName(sql: Sql, subjects: readonly string[], name: string): Promise<Grant[]> {
  const [row] = await sql.query<Pick<Row, 'grants'>>(
    `SELECT ${grantsTo('$1')} AS grants FROM (SELECT $2::text AS name, NULL::uuid AS id) s`,
    [subjects, name],
  );
  return toGrants(row?.grants ?? null);
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

/** Drops the rows of missing secrets. */
function present(rows: readonly Row[]): SecretView[] {
  return rows.filter(({ id }) => id !== ZERO_UUID).map(toView);
}

/** Copies member by member, which is fast, since every read does this. A hidden secret has no tags and grants, so nobody has access to it. */
export function toView(row: Row): SecretView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    version: row.version ?? 0,
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
