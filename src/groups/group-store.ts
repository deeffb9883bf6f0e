// SQL for groups.
import { factsBegin, RESERVED_MEMBER, withFactsOf } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { listByName } from '../database/list-by-name.ts';
import { NameTaken } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { nameKey, oneNamed } from '../primitives/name-key.ts';
import type { Position } from '../primitives/pages.ts';
import type { DefaultAccess, Group } from './group.ts';

const COLUMNS = `g.id, g.name, g.description, g.default_access AS "defaultAccess", g.created_at AS "createdAt"`;
/** SQL that reads all groups, including deleted groups. */
export const EVERY_GROUP = `SELECT ${COLUMNS} FROM groups g`;

export async function findByIds(sql: Sql, ids: readonly Uuid[]): Promise<Group[]> {
  return sql.query(`SELECT ${COLUMNS} FROM groups g WHERE g.id = ANY($1::uuid[]) AND g.deleted_at IS NULL`, [ids]);
}

/** UUIDs of the groups that the caller sees. If null, the caller sees every group. */
export type SeenGroups = readonly Uuid[] | null;

// INVARIANT: the SQL statement returns no row for a hidden group and no row for a missing group. The response time therefore does not depend on a
// hidden group's description.
const isSeen = (place: string) => `(${place}::uuid[] IS NULL OR g.id = ANY(${place}::uuid[]))`;

export async function findSeen(sql: Sql, seen: SeenGroups, ids: readonly Uuid[]): Promise<Group[]> {
  return sql.query(
    `SELECT ${COLUMNS} FROM groups g WHERE g.id = ANY($1::uuid[]) AND g.deleted_at IS NULL AND ${isSeen('$2')}`,
    [ids, seen],
  );
}

export async function findByName(sql: Sql, seen: SeenGroups, name: string): Promise<Group | undefined> {
  const rows = await sql.query<Group>(
    `SELECT ${COLUMNS} FROM groups g WHERE g.name_key = $1 AND g.deleted_at IS NULL AND ${isSeen('$2')}`,
    [nameKey(name), seen],
  );
  return oneNamed(rows, name, (group) => group.name);
}

/** Returns at most `limit` groups that the caller sees, in the order of names. */
export function list(
  sql: Sql,
  { nameContains, seen }: { nameContains: string | null; seen: SeenGroups },
  limit: number,
  after?: Position,
): Promise<(Group & { key: string })[]> {
  const from = `groups g WHERE g.deleted_at IS NULL AND ${isSeen('$5')}
       AND ($4::text IS NULL OR position($4 IN g.name_key) > 0)`;
  const params = [nameContains && nameKey(nameContains), seen];
  return listByName(sql, { columns: COLUMNS, from, params, order: { name: 'g.name', id: 'g.id' } }, limit, after);
}

export type NewGroup = Group & { createdBy: Uuid };

/** @throws NameTaken that names `name` */
export async function insert(tx: Transaction, group: NewGroup): Promise<void> {
  if (!(await insertUnlessTaken(tx, group))) throw new NameTaken('group', 'name');
}

/**
 * Inserts a group, unless another group has the name. Returns whether the group was inserted. If another transaction is inserting a group with this
 * name, the insert waits until that transaction ends.
 */
export async function insertUnlessTaken(tx: Transaction, group: NewGroup): Promise<boolean> {
  const { id, name, description, defaultAccess, createdAt, createdBy } = group;
  const json = defaultAccess && JSON.stringify(defaultAccess);
  const key = nameKey(name);
  const inserted = await tx.query(
    `INSERT INTO groups (id, name, name_key, description, default_access, created_at, created_by)
     VALUES ($1::uuid, $2, $3, $4, $5::text::jsonb, $6::timestamptz, $7::uuid)
     ON CONFLICT (name_key) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
    [id, name, key, description, json, createdAt, createdBy],
  );
  if (inserted.length > 0) factsBegin(tx, [['group', id, name, key, RESERVED_MEMBER]]);
  return inserted.length > 0;
}

/** Locks a group until the transaction ends. The argument identifies the group by UUID or by name. */
export async function lock(tx: Transaction, which: { id: Uuid } | { name: string }): Promise<Group | undefined> {
  const [where, value] = 'id' in which ? ['g.id = $1::uuid', which.id] : ['g.name_key = $1', nameKey(which.name)];
  const rows = await tx.query<Group>(
    `SELECT ${COLUMNS} FROM groups g WHERE ${where} AND g.deleted_at IS NULL FOR UPDATE`,
    [value],
  );
  return 'id' in which ? rows[0] : oneNamed(rows, which.name, (group) => group.name);
}

/** @throws NameTaken that names `name` */
export async function update(
  tx: Transaction,
  id: Uuid,
  change: { name?: string; description?: string | null; defaultAccess?: DefaultAccess; deletedAt?: Date },
): Promise<void> {
  const { defaultAccess, ...rest } = change;
  const keyed = rest.name === undefined ? {} : { nameKey: nameKey(rest.name) };
  const json = defaultAccess as Record<string, string[]> | undefined;
  try {
    const data = { ...rest, ...keyed, ...(json && { defaultAccess: json }) };
    await withFactsOf(tx, 'groups', id, () => tx.prisma.group.update({ where: { id }, data }));
  } catch (error) {
    throw isDuplicate(error, 'groups_key_live') ? new NameTaken('group', 'name') : error;
  }
}
