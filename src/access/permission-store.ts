// Reads and writes grants in the table `permissions`.
import { eventId } from '../audit/event-id.ts';
import { eventOf } from '../audit/event-of-change.ts';
import { endRows, factsBegin, factsEnd, grantFact } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { parseGlobalId, type Uuid } from '../primitives/ids.ts';
import { storable } from '../primitives/input.ts';
import { nameKey, oneNamed } from '../primitives/name-key.ts';
import { type Position, timeKey } from '../primitives/pages.ts';
import type { Entry } from '../principals/directory.ts';
import type { GranteeKind } from '../principals/principal.ts';
import { accessibleSecrets } from './access-filter.ts';
import type { Permission, SubjectRef, Target } from './permission.ts';
import type { GrantChanges } from './permission-changes.ts';

export const COLUMNS = `p.id, p.subject_kind AS "subjectKind", p.subject_id AS "subjectId", p.target_kind AS "targetKind", p.target, p.secret_id AS "secretId",
  p.access, p.expires_at AS "expiresAt", p.granted_by AS "grantedBy", p.valid_from AS "grantedAt"`;

/** SQL that selects all grants, including revoked grants. */
export const EVERY_PERMISSION = `SELECT ${COLUMNS} FROM permissions p`;

export interface Row extends Omit<Permission, 'target'> {
  targetKind: Target['kind'];
  target: string;
}

/** The tables of the subjects of grants. */
export const TABLES = {
  USER: 'users',
  GROUP: 'groups',
  APPLICATION: 'applications',
  ROLE: 'role_definitions',
} as const satisfies Record<GranteeKind, string>;
const GRANTEES = Object.keys(TABLES) as GranteeKind[];

/**
 * Inserts a grant. INVARIANT: the subject of a current grant is not deleted. A transaction that deletes a subject locks the subject's row first. The
 * insert of a grant also locks the subject's row. Therefore PostgreSQL runs the deletion of a subject and the insert of a grant to this subject one
 * after the other.
 * @throws NotFound if the subject was deleted by another transaction
 */
async function insert(tx: Transaction, grant: Permission): Promise<void> {
  const inserted = await tx.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, secret_id, access, expires_at, granted_by, valid_from,
       begun_by_event)
     SELECT $1::uuid, $2, s.id, $4, $5, $6::uuid, $7::text[], $8::timestamptz, $9::uuid, $10::timestamptz, $11::uuid
     FROM ${TABLES[grant.subjectKind]} s WHERE s.id = $3::uuid AND s.deleted_at IS NULL FOR KEY SHARE
     RETURNING id`,
    [
      ...[grant.id, grant.subjectKind, grant.subjectId, grant.target.kind, grant.target.text, grant.secretId],
      ...[grant.access, grant.expiresAt, grant.grantedBy, grant.grantedAt, eventOf(tx, grant.grantedAt)],
    ],
  );
  if (inserted.length === 0) throw new NotFound('user, group or application');
  factsBegin(tx, [grantFact(grant)]);
}

/** Ends and begins grants. */
export async function changeGrants(tx: Transaction, { ended, begun }: GrantChanges, now: Date): Promise<void> {
  const ids = ended.map(({ id }) => id);
  if (ids.length > 0) await endRows(tx, 'permissions', now, 'x.id = ANY($2::uuid[])', [ids]);
  for (const grant of begun) await insert(tx, grant);
}

/**
 * Locks the row of a principal that gets a grant later in the transaction, so that no other transaction deletes the principal. @throws NotFound if the
 * principal is deleted
 */
export async function lockGrantee(tx: Transaction, kind: 'USER' | 'APPLICATION', id: Uuid): Promise<void> {
  const rows = await tx.query(
    `SELECT id FROM ${TABLES[kind]} WHERE id = $1::uuid AND deleted_at IS NULL FOR KEY SHARE`,
    [id],
  );
  if (rows.length === 0) throw new NotFound('user, group or application');
}

/** Finds the subject of a grant. Returns undefined if the subject does not exist. */
export async function findSubject(sql: Sql, ref: SubjectRef): Promise<Entry | undefined> {
  return readSubject(sql, ref, '');
}

/**
 * Finds the subject of a grant, and locks the subject's row until the transaction ends. So changes to the grants of one subject happen one after
 * another. Without this lock, a transaction that waits for the lock of a grant could miss a new grant that replaces the locked grant.
 */
export async function lockSubject(tx: Transaction, ref: SubjectRef): Promise<Entry | undefined> {
  return readSubject(tx, ref, 'FOR NO KEY UPDATE');
}

/** SQL for a `Permission` as JSON. The times are in milliseconds. */
const AS_JSON = `json_build_object('id', p.id, 'subjectKind', p.subject_kind, 'subjectId', p.subject_id, 'secretId', p.secret_id, 'access', p.access,
  'expiresAt', extract(epoch FROM p.expires_at) * 1000, 'grantedBy', p.granted_by, 'grantedAt', extract(epoch FROM p.valid_from) * 1000)`;
const HELD = `, (SELECT json_agg(${AS_JSON} ORDER BY p.id) FROM permissions p
  WHERE p.subject_id = s.id AND p.target_kind = $3 AND p.target = $4 AND p.valid_to IS NULL) AS held`;

/** Finds the subject of a grant, and all its current grants on the target, in the order of their ids. Sends one SQL statement. */
export async function findSubjectWithGrants(
  sql: Sql,
  ref: SubjectRef,
  target: Target,
): Promise<(Entry & { held: Permission[] }) | undefined> {
  type HeldRow = Omit<Permission, 'target' | 'expiresAt' | 'grantedAt'> & {
    expiresAt: number | null;
    grantedAt: number;
  };
  const subject = await readSubject<{ held: HeldRow[] | null }>(sql, ref, '', [HELD, target.kind, target.text]);
  const held = (subject?.held ?? []).map(({ expiresAt, grantedAt, ...row }) => ({
    ...row,
    ...{ target, expiresAt: expiresAt === null ? null : new Date(expiresAt), grantedAt: new Date(grantedAt) },
  }));
  return subject && { ...subject, held };
}

/** Waits until no other transaction has locked the rows of a change of grants. */
export async function waitForGrants(sql: Sql, { kind, id }: Entry, target: Target): Promise<void> {
  if (target.kind === 'TAG') await sql.query('SELECT FROM access_epoch WHERE id = 1 FOR NO KEY UPDATE');
  if (target.kind === 'SECRET')
    await sql.query('SELECT FROM secrets WHERE name COLLATE "C" = $1 AND deleted_at IS NULL FOR NO KEY UPDATE', [
      target.text,
    ]);
  await sql.query(`SELECT FROM ${TABLES[kind]} WHERE id = $1::uuid FOR NO KEY UPDATE`, [id]);
}

async function readSubject<More = unknown>(
  sql: Sql,
  ref: SubjectRef,
  lock: string,
  [columns, ...params]: readonly [columns: string, ...params: string[]] = [''],
): Promise<(Entry & More) | undefined> {
  const id = 'id' in ref ? parseGlobalId(ref.id) : undefined;
  const kind = 'id' in ref ? GRANTEES.find((grantee) => grantee === id?.kind) : ref.kind;
  if (kind === undefined) return undefined;
  const name = kind === 'USER' ? 's.username' : 's.name';
  const [named, key] = kind === 'USER' || kind === 'GROUP' ? ['s.name_key', nameKey] : [name, storable];
  const rows = await sql.query<Entry & More>(
    `SELECT $1 AS kind, s.id, ${name} AS name${columns} FROM ${TABLES[kind]} s
     WHERE ${id ? 's.id = $2::uuid' : `${named} = $2`} AND s.deleted_at IS NULL ${lock}`,
    [kind, id?.uuid ?? ('name' in ref ? key(ref.name) : ''), ...params],
  );
  return 'name' in ref ? oneNamed(rows, ref.name, (row) => row.name) : rows[0];
}

/** Revokes the grants that apply only to one secret, when this secret is purged. */
export async function endOfSecret(tx: Transaction, secretId: Uuid, now: Date): Promise<void> {
  await endRows(tx, 'permissions', now, 'x.secret_id = $2::uuid', [secretId]);
}

/** Revokes all grants to a subject. */
export async function endOfSubject(tx: Transaction, subjectId: Uuid, now: Date): Promise<void> {
  await endRows(tx, 'permissions', now, 'x.subject_id = $2::uuid', [subjectId]);
}

/**
 * Revokes all grants to a subject, or only the subject's grants on targets of one kind. The calling code has locked the subject's row. Returns the
 * revoked grants.
 */
export async function endHeld(
  tx: Transaction,
  subjectId: Uuid,
  kind: Target['kind'] | null,
  now: Date,
): Promise<(Permission & { endedByEvent: Uuid })[]> {
  // The SQL gives each revoked grant a different event id. The id's time and UUID version are copied from the id `$4`, and the other digits are
  // random.
  const rows = await tx.query<Row & { endedByEvent: Uuid }>(
    `UPDATE permissions p SET valid_to = $3::timestamptz, ended_by_event = (left($4::text, 15) || right(gen_random_uuid()::text, 21))::uuid
     WHERE p.subject_id = $1::uuid AND p.valid_to IS NULL AND ($2::text IS NULL OR p.target_kind = $2)
     RETURNING ${COLUMNS}, p.ended_by_event AS "endedByEvent"`,
    [subjectId, kind, now, eventId(now)],
  );
  const ended = rows.map((row) => ({ ...toPermission(row), endedByEvent: row.endedByEvent }));
  factsEnd(tx, ended.map(grantFact));
  return ended;
}

/** Reads the current grants to a subject on a target, in the order of their ids. */
export async function findOn(sql: Sql, subjectId: Uuid, target: Target): Promise<Permission[]> {
  const rows = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p
     WHERE p.subject_id = $1::uuid AND p.target_kind = $2 AND p.target = $3 AND p.valid_to IS NULL ORDER BY p.id`,
    [subjectId, target.kind, target.text],
  );
  return rows.map(toPermission);
}

/**
 * A viewer who does not see all grants. The viewer sees grants to itself, to its groups and to applications that it manages. The viewer also sees
 * grants on the name of a secret on which it has UPDATE.
 */
export interface PermissionViewer {
  /** UUID of the viewer, who sees grants to applications that it created. */
  id: Uuid;
  /** The UUIDs of the viewer and of the viewer's groups. */
  subjects: readonly Uuid[];
  /** A principal with one of these accesses sees a secret. */
  seeing: readonly Access[];
  /** Whether the viewer sees grants to every application. */
  allApplications: boolean;
  now: Date;
}

/** SQL for the condition that `viewer` sees a grant `p`. */
export function visibleWhere(viewer: PermissionViewer, place: (value: unknown) => string): string {
  const subjects = place(viewer.subjects);
  return `(p.subject_id = ANY(${subjects}::uuid[])
    ${viewer.allApplications ? "OR p.subject_kind = 'APPLICATION'" : ''}
    OR p.subject_id IN (SELECT a.id FROM applications a WHERE a.created_by = ${place(viewer.id)}::uuid AND a.deleted_at IS NULL)
    OR p.id IN (
      SELECT o.id FROM secrets s JOIN permissions o ON o.target_kind = 'SECRET' AND o.target = s.name AND o.valid_to IS NULL
        AND (o.secret_id IS NULL OR o.secret_id = s.id)
      WHERE s.deleted_at IS NULL AND s.id IN (${accessibleSecrets({ subjects, now: place(viewer.now), access: place(['UPDATE']) })})))`;
}

/** Finds a current grant that `viewer` sees. A null `viewer` sees all grants. */
export async function findById(sql: Sql, id: Uuid, viewer: PermissionViewer | null): Promise<Permission | undefined> {
  const params: unknown[] = [id];
  const where = viewer === null ? 'true' : visibleWhere(viewer, (value) => `$${params.push(value)}`);
  const [row] = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p WHERE p.id = $1::uuid AND p.valid_to IS NULL AND ${where}`,
    params,
  );
  return row && toPermission(row);
}

export interface PermissionQuery {
  subjectId: Uuid | null;
  target: Target | null;
  kind: Target['kind'] | null;
  /** If not null, the list omits grants that are expired at this time, and grants that apply only to a deleted secret. */
  holdingAt: Date | null;
  /** A null viewer sees all grants. */
  viewer: PermissionViewer | null;
}

/** Lists at most `limit` current grants, newest first. */
export async function list(
  sql: Sql,
  query: PermissionQuery,
  limit: number,
  after?: Position,
): Promise<(Permission & { key: string })[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const where = ['p.valid_to IS NULL'];
  if (query.subjectId !== null) where.push(`p.subject_id = ${place(query.subjectId)}::uuid`);
  if (query.target !== null)
    where.push(`p.target_kind = ${place(query.target.kind)} AND p.target = ${place(query.target.text)}`);
  if (query.kind !== null) where.push(`p.target_kind = ${place(query.kind)}`);
  if (query.holdingAt !== null) {
    where.push(`(p.expires_at IS NULL OR p.expires_at > ${place(query.holdingAt)}::timestamptz)`);
    // A viewer who does not see a secret must not learn that the secret is deleted. A viewer who has only CREATE on a secret does not see the secret.
    const hidden = query.viewer === null ? 'false' : `NOT (p.access && ${place(query.viewer.seeing)}::text[])`;
    where.push(
      `(p.secret_id IS NULL OR ${hidden} OR EXISTS (SELECT FROM secrets s WHERE s.id = p.secret_id AND s.deleted_at IS NULL OFFSET 0))`,
    );
  }
  if (query.viewer !== null) where.push(visibleWhere(query.viewer, place));
  if (after) where.push(`(p.valid_from, p.id) < (${place(timeKey(after))}::timestamptz, ${place(after.id)}::uuid)`);
  const rows = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p WHERE ${where.join(' AND ')} ORDER BY p.valid_from DESC, p.id DESC LIMIT ${place(limit)}::int`,
    params,
  );
  return rows.map((row) => ({ ...toPermission(row), key: row.grantedAt.toISOString() }));
}

/** Lists current grants to several subjects, newest first, at most `limit` for each subject. Sends one SQL statement. */
export async function listOfSubjects(
  sql: Sql,
  subjectIds: readonly Uuid[],
  limit: number,
  after?: Position,
): Promise<(Permission & { key: string })[]> {
  const rows = await sql.query<Row>(
    `SELECT p.* FROM unnest($1::uuid[]) s(id) CROSS JOIN LATERAL (
       SELECT ${COLUMNS} FROM permissions p WHERE p.subject_id = s.id AND p.valid_to IS NULL
         AND ($2::timestamptz IS NULL OR (p.valid_from, p.id) < ($2::timestamptz, $3::uuid))
       ORDER BY p.valid_from DESC, p.id DESC LIMIT $4::int
     ) p ORDER BY p."grantedAt" DESC, p.id DESC`,
    [subjectIds, after ? timeKey(after) : null, after?.id ?? null, limit],
  );
  return rows.map((row) => ({ ...toPermission(row), key: row.grantedAt.toISOString() }));
}

export function toPermission({ targetKind, target, ...row }: Row): Permission {
  return { ...row, target: { kind: targetKind, text: target } as Target };
}
