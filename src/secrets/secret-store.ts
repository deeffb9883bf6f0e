import type { Grant, Standing } from '../access/policy.ts';
import type { Sql, Transaction } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { SealedVersion, SecretView, VersionView } from './secret.ts';

/** Of secret `s`, to these subjects: the place of the caller itself and its groups. */
const grantsTo = (subjects: string) => `(SELECT json_agg(json_build_object(
    'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
    'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
  ) ORDER BY p.id)
  FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
  WHERE p.target_kind = 'SECRET' AND p.target = s.name AND (p.secret_id IS NULL OR p.secret_id = s.id)
    AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL)`;

const OWN_COLUMNS = `s.id, s.name, s.description, s.current_version AS version, s.expires_at AS "expiresAt",
  s.created_at AS "createdAt", s.created_by AS "createdBy", s.updated_at AS "updatedAt", s.updated_by AS "updatedBy", s.deleted_at AS "deletedAt"`;

const TAGS = `ARRAY(SELECT t.tag FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C")`;

/** For `subjects`, an expression, those of the caller. */
export const columnsFor = (subjects: string) => `${OWN_COLUMNS}, ${TAGS} AS tags, ${grantsTo(subjects)} AS grants`;
/** `$1` is the caller's subjects. */
const COLUMNS = columnsFor('$1');

export const PLAIN = `SELECT ${COLUMNS} FROM secrets s`;
const WITH_VALUE = `SELECT ${COLUMNS}, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
  FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version`;

export interface Row extends Omit<SecretView, 'nameGrants' | 'sealed' | 'standing'> {
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[] | null;
  ciphertext?: Uint8Array | null;
  wrappedKey?: Uint8Array | null;
  keyId?: string | null;
}

const LIVE_BY_NAME = 'WHERE s.name COLLATE "C" = ANY($2::text[]) AND s.deleted_at IS NULL';

/** Live secrets of these names, in one statement, with the labels and grants by which to decide. */
export async function findByNames(
  sql: Sql,
  subjects: readonly string[],
  names: readonly string[],
): Promise<SecretView[]> {
  return (await sql.query<Row>(`${PLAIN} ${LIVE_BY_NAME}`, [subjects, names])).map(toView);
}

/** Secrets that somebody asks for by name. */
export interface NamedRead {
  /** By which what is found is to be decided on. */
  standing: Standing;
  names: readonly string[];
  /** The caller and its groups. */
  subjects: readonly string[];
  /** One of these must be granted for a value to be read, but to an administrator (`all`). Null: no value is read. */
  access: readonly Access[] | null;
  all: boolean;
  /** The tags by which one of these is granted. Null: not told, to be looked up. */
  tags: readonly string[] | null;
}

const GIVES = `p.access && a.access AND (p.expires_at IS NULL OR p.expires_at > $2::timestamptz)`;

// What is LATERAL here stands behind a LIMIT or an OFFSET, so that each name is looked up by itself whatever the planner believes of the
// numbers of rows: joined, it would read whole tables for one name. What is looked up of a secret stands in one subquery with it, since each
// step of the plan costs every name. `COALESCE` keeps the grants to one index.
// `named` is found once a read: most callers have grants on tags alone, and nothing is looked up among grants on names for them. The order
// leaves it no way but the index by subject: else, where few have grants, all grants are read for the first of one who has none.
// Every place is BETWEEN its bounds: that it is said has the planner think of 10 names rather than of 1,000, for which it would remember what
// it found of each, and have a server that compiles expensive statements compile this one each time.
/** `$1` is the reads as JSON, `$2` the present. */
const NAMED = `SELECT e.epoch, f.* FROM access_epoch e LEFT JOIN (
    SELECT a.place, ${OWN_COLUMNS}, s.tags, s.granted->'grants' AS grants, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
    FROM (
      SELECT a.*, (SELECT true FROM permissions p WHERE p.subject_id = ANY(a.subjects) AND p.target_kind = 'SECRET' AND p.valid_to IS NULL
        ORDER BY p.subject_id, p.target LIMIT 1) AS named
      FROM json_to_recordset($1::json) AS a(place int, names text[], subjects uuid[], "all" boolean, access text[], tags text[])
      WHERE a.place BETWEEN 0 AND 2147483647 OFFSET 0
    ) a
    CROSS JOIN LATERAL unnest(a.names) AS n(name)
    CROSS JOIN LATERAL (
      SELECT s.*, ${TAGS} AS tags, CASE WHEN a.named THEN (
          SELECT json_build_object('give', bool_or(${GIVES}), 'grants', json_agg(json_build_object(
            'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
            'group', (SELECT json_build_object('id', g.id, 'name', g.name) FROM groups g WHERE g.id = p.subject_id)) ORDER BY p.id))
          FROM permissions p WHERE p.target_kind = 'SECRET' AND p.target = s.name AND p.subject_id = ANY(a.subjects) AND p.valid_to IS NULL
            AND COALESCE(p.secret_id, s.id) = s.id
        ) END AS granted
      FROM secrets s WHERE s.name COLLATE "C" = n.name AND s.deleted_at IS NULL LIMIT 1
    ) s
    LEFT JOIN LATERAL (
      SELECT o.ciphertext, o.wrapped_key, o.key_id FROM secret_versions o
      WHERE a.access IS NOT NULL AND o.secret_id = s.id AND o.number = s.current_version
        AND (a."all" OR s.tags && a.tags OR (s.granted->>'give')::boolean
          OR a.tags IS NULL AND EXISTS (SELECT 1 FROM permissions p WHERE p.target_kind = 'TAG' AND p.target = ANY(s.tags)
            AND p.subject_id = ANY(a.subjects) AND p.valid_to IS NULL AND ${GIVES}))
      LIMIT 1
    ) v ON true
  ) f ON true WHERE e.id = 1`;

/**
 * Live secrets by name, for each read those that there are, with the labels and grants by which to decide, and each with its current sealed
 * value where a grant could allow to open it; and the epoch: one statement for all. It does not decide; but what will not be opened is not
 * read, so that the time an answer takes tells nothing of the length of a hidden value, nor that there is one.
 */
export async function findNamed(
  sql: Sql,
  reads: readonly NamedRead[],
  now: Date,
): Promise<{ epoch: number; found: SecretView[][] }> {
  const asked = reads.map(({ standing: _, ...read }, place) => ({ place, ...read }));
  const rows = await sql.query<Row & { epoch: number; place: number | null }>(NAMED, [JSON.stringify(asked), now]);
  const [first] = rows;
  if (first === undefined) throw new Error('The epoch is not there.');
  const found: SecretView[][] = reads.map(() => []);
  for (const row of rows) {
    const read = row.place === null ? undefined : reads[row.place];
    if (row.place !== null && read !== undefined)
      found[row.place]?.push(Object.assign(toView(row), { standing: read.standing }));
  }
  return { epoch: first.epoch, found };
}

/** What is known of a secret that had or has a name, and how much there is to open of it. */
export interface NamedValues extends SecretView {
  /** Bytes of all its sealed values that are kept. */
  bytes: number;
}

/** All secrets of these names, live or restorable since `deletedSince`, in one statement, without values. */
export async function findEverNamed(
  sql: Sql,
  subjects: readonly string[],
  names: readonly string[],
  deletedSince: Date,
): Promise<NamedValues[]> {
  const rows = await sql.query<Row & { bytes: string }>(
    `SELECT ${COLUMNS}, (SELECT COALESCE(sum(octet_length(v.ciphertext)), 0) FROM secret_versions v WHERE v.secret_id = s.id) AS bytes
     FROM secrets s WHERE s.name COLLATE "C" = ANY($2::text[]) AND s.purged_at IS NULL
       AND (s.deleted_at IS NULL OR s.deleted_at > $3::timestamptz)`,
    [subjects, names, deletedSince],
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
  const { prepared } = tx;
  const [glimpse] = await findByNames(prepared, subjects, [name]);
  if (glimpse === undefined || !sees(glimpse)) return glimpse;
  const locked = await prepared.query('SELECT id FROM secrets WHERE id = $1::uuid AND deleted_at IS NULL FOR UPDATE', [
    glimpse.id,
  ]);
  if (locked.length === 0) return undefined;
  const [row] = await prepared.query<Row>(`${WITH_VALUE} WHERE s.id = $2::uuid`, [subjects, glimpse.id]);
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

/** Member by member: every read makes some. */
export function toView(row: Row): SecretView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    version: row.version,
    expiresAt: row.expiresAt,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
    deletedAt: row.deletedAt,
    tags: row.tags,
    nameGrants: toGrants(row.grants),
    sealed: sealedOf(row),
    standing: null,
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
