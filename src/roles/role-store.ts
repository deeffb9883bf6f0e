// SQL for roles and the assignments of custom roles.
import { endRows } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { listByName } from '../database/list-by-name.ts';
import { NameTaken } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { storable } from '../primitives/input.ts';
import type { Position } from '../primitives/pages.ts';
import type { RoleDefinition } from './role.ts';

const COLUMNS = 'd.id, d.name, d.permissions, d.system';

export async function findByName(sql: Sql, name: string): Promise<RoleDefinition | undefined> {
  const [row] = await sql.query<RoleDefinition>(
    `SELECT ${COLUMNS} FROM role_definitions d WHERE d.name = $1 AND d.deleted_at IS NULL`,
    [storable(name)],
  );
  return row;
}

/** The system roles, in the order of ids. */
export async function listSystem(sql: Sql): Promise<RoleDefinition[]> {
  return sql.query(`SELECT ${COLUMNS} FROM role_definitions d WHERE d.system AND d.deleted_at IS NULL ORDER BY d.id`);
}

/** Returns at most `limit` roles in the order of names. `system` selects system roles (true), custom roles (false) or all roles (null). */
export function list(
  sql: Sql,
  { system }: { system: boolean | null },
  limit: number,
  after?: Position,
): Promise<(RoleDefinition & { key: string })[]> {
  const from = 'role_definitions d WHERE d.deleted_at IS NULL AND ($4::boolean IS NULL OR d.system = $4::boolean)';
  const order = { name: 'd.name', id: 'd.id' };
  return listByName(sql, { columns: COLUMNS, from, params: [system], order }, limit, after);
}

/** Whether a system role has this name, compared without regard to case. */
export async function isSystemName(sql: Sql, name: string): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM role_definitions WHERE system AND lower(name) = lower($1)', [
    storable(name),
  ]);
  return rows.length > 0;
}

/** Locks a role until the transaction ends. A transaction that assigns the locked role waits for the lock. */
export async function lockByName(tx: Transaction, name: string): Promise<RoleDefinition | undefined> {
  const [row] = await tx.query<RoleDefinition>(
    `SELECT ${COLUMNS} FROM role_definitions d WHERE d.name = $1 AND d.deleted_at IS NULL FOR UPDATE`,
    [storable(name)],
  );
  return row;
}

/** @throws NameTaken that names `name` */
export async function insert(
  tx: Transaction,
  role: RoleDefinition & { createdAt: Date; createdBy: Uuid },
): Promise<void> {
  try {
    await tx.prisma.roleDefinition.create({ data: role });
  } catch (error) {
    throw isDuplicate(error, 'role_definitions_name_live') ? new NameTaken('role', 'name') : error;
  }
}

export async function update(
  tx: Transaction,
  id: Uuid,
  change: { permissions?: string[]; deletedAt?: Date },
): Promise<void> {
  await tx.prisma.roleDefinition.update({ where: { id }, data: change });
}

/** Removes a locked role from all principals that have the role. Returns the number of principals that had the role. */
export async function endAssignments(tx: Transaction, roleId: Uuid, now: Date): Promise<number> {
  return (await endRows(tx, 'custom_role_assignments', now, 'x.role_id = $2::uuid', [roleId])).length;
}
