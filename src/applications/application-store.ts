// SQL for applications and their access keys.
import { factsBegin, withFacts, withFactsOf } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { listByName } from '../database/list-by-name.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Position } from '../primitives/pages.ts';
import { beginPeriod, endPeriod } from '../principals/period-store.ts';
import type { AccessKey, Application } from './application.ts';

const COLUMNS = `a.id, a.name, a.description, a.created_at AS "createdAt", a.created_by AS "createdBy",
  a.updated_at AS "updatedAt", a.updated_by AS "updatedBy"`;
/** SQL that reads all applications, including deleted applications. */
export const EVERY_APPLICATION = `SELECT ${COLUMNS} FROM applications a`;
const KEY_COLUMNS = `k.id, k.application_id AS "applicationId", k.active, k.created_at AS "createdAt", k.last_used_at AS "lastUsedAt", k.expires_at AS "expiresAt"`;

export async function findByIds(sql: Sql, ids: readonly Uuid[]): Promise<Application[]> {
  return sql.query(`SELECT ${COLUMNS} FROM applications a WHERE a.id = ANY($1::uuid[]) AND a.deleted_at IS NULL`, [
    ids,
  ]);
}

/** UUID of a caller that sees only itself and the applications that it created. If null, the caller sees every application. */
export type SeenApplications = Uuid | null;

// INVARIANT: the SQL statement returns no row for a hidden application and no row for a missing application. The response time therefore does not
// depend on a hidden application's description.
const isSeen = (place: string) => `(${place}::uuid IS NULL OR a.id = ${place}::uuid OR a.created_by = ${place}::uuid)`;

export async function findSeen(sql: Sql, seen: SeenApplications, ids: readonly Uuid[]): Promise<Application[]> {
  return sql.query(
    `SELECT ${COLUMNS} FROM applications a WHERE a.id = ANY($1::uuid[]) AND a.deleted_at IS NULL AND ${isSeen('$2')}`,
    [ids, seen],
  );
}

/** The fields of an application that decide who may manage the application, and that the audit log contains. */
export type Glimpse = Pick<Application, 'id' | 'name' | 'createdBy'>;

/** The id, name and creator of an application, without a check that the caller sees the application. */
export async function glimpse(sql: Sql, id: Uuid): Promise<Glimpse | undefined> {
  const [row] = await sql.query<Glimpse>(
    'SELECT id, name, created_by AS "createdBy" FROM applications WHERE id = $1::uuid AND deleted_at IS NULL',
    [id],
  );
  return row;
}

/** Returns at most `limit` applications that the caller sees, in the order of names. */
export function list(
  sql: Sql,
  { nameContains, seen }: { nameContains: string | null; seen: SeenApplications },
  limit: number,
  after?: Position,
): Promise<(Application & { key: string })[]> {
  const from = `applications a WHERE a.deleted_at IS NULL AND ${isSeen('$5')}
       AND ($4::text IS NULL OR position(lower($4) IN lower(a.name)) > 0)`;
  const order = { name: 'a.name', id: 'a.id' };
  return listByName(sql, { columns: COLUMNS, from, params: [nameContains, seen], order }, limit, after);
}

export async function insert(tx: Transaction, application: Application): Promise<void> {
  await tx.prisma.application.create({ data: application });
  factsBegin(tx, [['application', application.id, application.createdBy]]);
  await beginPeriod(tx, 'APPLICATION', application.id, application.createdAt);
}

/** Locks an application until the transaction ends. */
export async function lock(tx: Transaction, id: Uuid): Promise<Application | undefined> {
  const rows = await tx.query<Application>(
    `SELECT ${COLUMNS} FROM applications a WHERE a.id = $1::uuid AND a.deleted_at IS NULL FOR UPDATE`,
    [id],
  );
  return rows[0];
}

export async function update(
  tx: Transaction,
  id: Uuid,
  change: { name?: string; description?: string | null; deletedAt?: Date },
  by: { updatedAt: Date; updatedBy: Uuid },
): Promise<void> {
  const data = { ...change, ...by };
  await withFactsOf(tx, 'applications', id, () => tx.prisma.application.update({ where: { id }, data }));
  if (change.deletedAt !== undefined) await endPeriod(tx, id, change.deletedAt);
}

/** Returns the access keys of several applications, oldest first. One SQL statement reads all access keys. */
export async function listKeys(sql: Sql, applicationIds: readonly Uuid[]): Promise<AccessKey[]> {
  return sql.query(
    `SELECT ${KEY_COLUMNS} FROM access_keys k WHERE k.application_id = ANY($1::uuid[]) AND k.deleted_at IS NULL ORDER BY k.created_at, k.id`,
    [applicationIds],
  );
}

/** Returns the application of an access key. Returns undefined if the access key is deleted. */
export async function findByKey(sql: Sql, seen: SeenApplications, keyId: Uuid): Promise<Application | undefined> {
  const [row] = await sql.query<Application>(
    `SELECT ${COLUMNS} FROM access_keys k JOIN applications a ON a.id = k.application_id AND a.deleted_at IS NULL
     WHERE k.id = $1::uuid AND k.deleted_at IS NULL AND ${isSeen('$2')}`,
    [keyId, seen],
  );
  return row;
}

/**
 * Returns an access key and its application, without checking whether the caller sees the application. Returns undefined if the access key is
 * deleted.
 */
export async function findKey(sql: Sql, id: Uuid): Promise<{ key: AccessKey; application: Glimpse } | undefined> {
  const [row] = await sql.query<AccessKey & Omit<Glimpse, 'id'>>(
    `SELECT ${KEY_COLUMNS}, a.name, a.created_by AS "createdBy"
     FROM access_keys k JOIN applications a ON a.id = k.application_id AND a.deleted_at IS NULL
     WHERE k.id = $1::uuid AND k.deleted_at IS NULL`,
    [id],
  );
  if (row === undefined) return undefined;
  const { name, createdBy, ...key } = row;
  return { key, application: { id: key.applicationId, name, createdBy } };
}

export interface NewAccessKey {
  id: Uuid;
  applicationId: Uuid;
  secretHash: Uint8Array;
  keyId: string;
  createdAt: Date;
  createdBy: Uuid;
  expiresAt: Date | null;
}

export async function insertKey(tx: Transaction, key: NewAccessKey): Promise<void> {
  await tx.prisma.accessKey.create({ data: { ...key, secretHash: new Uint8Array(key.secretHash) } });
  const { id, applicationId, secretHash, keyId, expiresAt } = key;
  const hash = Buffer.from(secretHash).toString('hex');
  factsBegin(tx, [['access-key', id, applicationId, hash, keyId, true, 0, expiresAt?.getTime() ?? null]]);
}

/**
 * Activates or deactivates an access key. After a deactivation, the gateway refuses all tokens that were issued for the access key, even after the
 * access key is activated again.
 */
export async function setKeyActive(
  tx: Transaction,
  id: Uuid,
  change: { active: boolean; deletedAt?: Date },
): Promise<void> {
  const data = { ...change, ...(change.active ? {} : { tokenGeneration: { increment: 1 } }) };
  await withFactsOf(tx, 'access_keys', id, () => tx.prisma.accessKey.update({ where: { id }, data }));
}

/** Deletes all access keys of an application. */
export async function deleteKeys(tx: Transaction, applicationId: Uuid, now: Date): Promise<void> {
  await withFacts(tx, 'access_keys', ['x.application_id = $1::uuid', applicationId], () =>
    tx.prisma.accessKey.updateMany({
      where: { applicationId, deletedAt: null },
      data: { active: false, deletedAt: now, tokenGeneration: { increment: 1 } },
    }),
  );
}
