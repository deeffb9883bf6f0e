// SQL for users.
import { factsBegin, userFact, withFactsOf } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { listByName } from '../database/list-by-name.ts';
import { NameTaken } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { nameKey, oneNamed } from '../primitives/name-key.ts';
import type { Position } from '../primitives/pages.ts';
import { beginPeriod, endPeriod } from '../principals/period-store.ts';
import type { User } from './user.ts';

const COLUMNS = `u.id, u.username, u.name, u.email, u.active, u.created_at AS "createdAt"`;
/** SQL that reads all users, including deleted users. */
export const EVERY_USER = `SELECT ${COLUMNS} FROM users u`;

export async function findByIds(sql: Sql, ids: readonly Uuid[]): Promise<User[]> {
  return sql.query(`SELECT ${COLUMNS} FROM users u WHERE u.id = ANY($1::uuid[]) AND u.deleted_at IS NULL`, [ids]);
}

/** UUID of a caller who sees no other user. If null, the caller sees every user. */
export type SeenUser = Uuid | null;

// INVARIANT: the SQL statement returns no row for a hidden user and no row for a missing user. The response time therefore does not depend on the
// data of a hidden user.
const isSeen = (place: string) => `(${place}::uuid IS NULL OR u.id = ${place}::uuid)`;

export async function findSeen(sql: Sql, seen: SeenUser, ids: readonly Uuid[]): Promise<User[]> {
  return sql.query(
    `SELECT ${COLUMNS} FROM users u WHERE u.id = ANY($1::uuid[]) AND u.deleted_at IS NULL AND ${isSeen('$2')}`,
    [ids, seen],
  );
}

export async function findByUsername(sql: Sql, seen: SeenUser, username: string): Promise<User | undefined> {
  const rows = await sql.query<User>(
    `SELECT ${COLUMNS} FROM users u WHERE u.name_key = $1 AND u.deleted_at IS NULL AND ${isSeen('$2')}`,
    [nameKey(username), seen],
  );
  return oneNamed(rows, username, (user) => user.username);
}

/** Returns at most `limit` users in the order of usernames. */
export function list(
  sql: Sql,
  nameContains: string | null,
  limit: number,
  after?: Position,
): Promise<(User & { key: string })[]> {
  const from = `users u WHERE u.deleted_at IS NULL
       AND ($4::text IS NULL OR position($5 IN u.name_key) > 0 OR position(lower($4) IN lower(u.name)) > 0)`;
  const params = [nameContains, nameContains && nameKey(nameContains)];
  return listByName(sql, { columns: COLUMNS, from, params, order: { name: 'u.username', id: 'u.id' } }, limit, after);
}

export interface NewUser {
  id: Uuid;
  username: string;
  name: string;
  email: string | null;
  passwordHash: string | null;
  createdAt: Date;
  createdBy: Uuid | null;
}

/** @throws NameTaken that names `username` */
export async function insert(tx: Transaction, user: NewUser): Promise<void> {
  const keyed = { ...user, nameKey: nameKey(user.username), active: true, tokenGeneration: 0 };
  try {
    await tx.prisma.user.create({ data: keyed });
  } catch (error) {
    throw isDuplicate(error, 'users_key_live') ? new NameTaken('user', 'username') : error;
  }
  factsBegin(tx, [userFact(keyed)]);
  await beginPeriod(tx, 'USER', user.id, user.createdAt);
}

/** Locks a user until the transaction ends. The argument identifies the user by UUID or by username. */
export async function lock(tx: Transaction, which: { id: Uuid } | { username: string }): Promise<User | undefined> {
  const [where, value] = 'id' in which ? ['u.id = $1::uuid', which.id] : ['u.name_key = $1', nameKey(which.username)];
  const rows = await tx.query<User>(
    `SELECT ${COLUMNS} FROM users u WHERE ${where} AND u.deleted_at IS NULL FOR UPDATE`,
    [value],
  );
  return 'id' in which ? rows[0] : oneNamed(rows, which.username, (user) => user.username);
}

export interface UserChange {
  name?: string;
  email?: string | null;
  passwordHash?: string | null;
  active?: boolean;
  deletedAt?: Date;
}

/** Changes the data of a user. With `endTokens`, the gateway refuses all tokens of the user that were issued before the change. */
export async function update(
  tx: Transaction,
  id: Uuid,
  change: UserChange,
  { now, endTokens }: { now: Date; endTokens: boolean },
): Promise<void> {
  const data = { ...change, ...(endTokens ? { tokenGeneration: { increment: 1 } } : {}) };
  await withFactsOf(tx, 'users', id, () => tx.prisma.user.update({ where: { id }, data }));
  if (change.active === true) await beginPeriod(tx, 'USER', id, now);
  if (change.active === false) await endPeriod(tx, id, now);
}

export async function anyUser(tx: Transaction): Promise<boolean> {
  return (await tx.prisma.user.count()) > 0;
}
