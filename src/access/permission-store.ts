import type { Sql, Transaction } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import { newId } from '../ids.ts';
import { type Position, timeKey } from '../pages.ts';
import type { Permission, SubjectKind, Target } from './permission.ts';

const COLUMNS = `p.id, p.subject_kind AS "subjectKind", p.subject_id AS "subjectId", p.target_kind AS "targetKind", p.target, p.secret_id AS "secretId",
  p.access, p.expires_at AS "expiresAt", p.granted_by AS "grantedBy", p.valid_from AS "grantedAt"`;

interface Row extends Omit<Permission, 'target'> {
  targetKind: Target['kind'];
  target: string;
}

export interface NewPermission {
  subjectKind: SubjectKind;
  subjectId: string;
  target: Target;
  secretId: string | null;
  access: readonly Access[];
  expiresAt: Date | null;
  grantedBy: string;
  now: Date;
}

export async function insert(tx: Transaction, permission: NewPermission): Promise<Permission> {
  const { target, access, now, ...rest } = permission;
  const id = newId();
  await tx.prisma.permission.create({
    data: { ...rest, id, targetKind: target.kind, target: target.text, access: [...access], validFrom: now },
  });
  return { ...rest, id, target, access: [...access], grantedAt: now };
}

export async function end(tx: Transaction, ids: readonly string[], now: Date): Promise<void> {
  await tx.prisma.permission.updateMany({ where: { id: { in: [...ids] }, validTo: null }, data: { validTo: now } });
}

/** Ends what was good for one secret only, once that is gone for good. */
export async function endOfSecret(tx: Transaction, secretId: string, now: Date): Promise<void> {
  await tx.prisma.permission.updateMany({ where: { secretId, validTo: null }, data: { validTo: now } });
}

/** Ends all that a subject has. */
export async function endOfSubject(tx: Transaction, subjectId: string, now: Date): Promise<void> {
  await tx.prisma.permission.updateMany({ where: { subjectId, validTo: null }, data: { validTo: now } });
}

/** What a subject has on a target, locked until the transaction ends. */
export async function lockOn(tx: Transaction, subjectId: string, target: Target): Promise<Permission[]> {
  const rows = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p
     WHERE p.subject_id = $1::uuid AND p.target_kind = $2 AND p.target = $3 AND p.valid_to IS NULL ORDER BY p.id FOR UPDATE`,
    [subjectId, target.kind, target.text],
  );
  return rows.map(toPermission);
}

export async function findById(sql: Sql, id: string): Promise<Permission | undefined> {
  const [row] = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p WHERE p.id = $1::uuid AND p.valid_to IS NULL`,
    [id],
  );
  return row && toPermission(row);
}

export interface PermissionQuery {
  subjectId: string | null;
  target: Target | null;
  /** Null for those who see all. Else grants to these subjects show, and those on the name of the target if `targetShown`. */
  visibleSubjects: readonly string[] | null;
  targetShown: boolean;
  /** Grants to applications made by this principal show as well. */
  creatorId: string;
  /** So do grants to every application. */
  allApplications: boolean;
}

/** Newest first. At most `limit`. */
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
  if (query.visibleSubjects !== null && !query.targetShown) {
    where.push(`(p.subject_id = ANY(${place(query.visibleSubjects)}::uuid[])
      ${query.allApplications ? "OR p.subject_kind = 'APPLICATION'" : ''}
      OR p.subject_id IN (SELECT a.id FROM applications a WHERE a.created_by = ${place(query.creatorId)}::uuid AND a.deleted_at IS NULL))`);
  }
  if (after) where.push(`(p.valid_from, p.id) < (${place(timeKey(after))}::timestamptz, ${place(after.id)}::uuid)`);
  const rows = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM permissions p WHERE ${where.join(' AND ')} ORDER BY p.valid_from DESC, p.id DESC LIMIT ${place(limit)}::int`,
    params,
  );
  return rows.map((row) => ({ ...toPermission(row), key: row.grantedAt.toISOString() }));
}

/** Grants to several subjects, newest first, at most `limit` each, in one statement. */
export async function listOfSubjects(
  sql: Sql,
  subjectIds: readonly string[],
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

function toPermission({ targetKind, target, ...row }: Row): Permission {
  return { ...row, target: { kind: targetKind, text: target } };
}
