import { endRows } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { NameTaken } from '../errors.ts';
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

/** The system's, by id. */
export async function listSystem(sql: Sql): Promise<RoleDefinition[]> {
  return sql.query(`SELECT ${COLUMNS} FROM role_definitions d WHERE d.system AND d.deleted_at IS NULL ORDER BY d.id`);
}

/** By name; only the system's, or only the others, if asked for. At most `limit`. */
export async function list(
  sql: Sql,
  { system }: { system: boolean | null },
  limit: number,
  after?: Position,
): Promise<(RoleDefinition & { key: string })[]> {
  const rows = await sql.query<RoleDefinition>(
    `SELECT ${COLUMNS} FROM role_definitions d WHERE d.deleted_at IS NULL
       AND ($1::boolean IS NULL OR d.system = $1::boolean)
       AND ($2::text IS NULL OR (d.name COLLATE "C", d.id) > ($2::text, $3::uuid))
     ORDER BY d.name COLLATE "C", d.id LIMIT $4::int`,
    [system, after?.key ?? null, after?.id ?? null, limit],
  );
  return rows.map((row) => ({ ...row, key: row.name }));
}

/** Whether a system role has this name, whatever the case. */
export async function isSystemName(sql: Sql, name: string): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM role_definitions WHERE system AND lower(name) = lower($1)', [
    storable(name),
  ]);
  return rows.length > 0;
}

/** A role locked until the transaction ends: against whoever gives it to somebody as well. */
export async function lockByName(tx: Transaction, name: string): Promise<RoleDefinition | undefined> {
  const [row] = await tx.query<RoleDefinition>(
    `SELECT ${COLUMNS} FROM role_definitions d WHERE d.name = $1 AND d.deleted_at IS NULL FOR UPDATE`,
    [storable(name)],
  );
  return row;
}

/** @throws NameTaken naming `name` */
export async function insert(
  tx: Transaction,
  role: RoleDefinition & { createdAt: Date; createdBy: string },
): Promise<void> {
  try {
    await tx.prisma.roleDefinition.create({ data: role });
  } catch (error) {
    throw isDuplicate(error, 'role_definitions_name_live') ? new NameTaken('role', 'name') : error;
  }
}

export async function update(
  tx: Transaction,
  id: string,
  change: { permissions?: string[]; deletedAt?: Date },
): Promise<void> {
  await tx.prisma.roleDefinition.update({ where: { id }, data: change });
}

/** Takes a role, which is locked, from all who have it. Tells from how many. */
export async function endAssignments(tx: Transaction, roleId: string, now: Date): Promise<number> {
  return (await endRows(tx, 'custom_role_assignments', now, 'x.role_id = $2::uuid', [roleId])).length;
}
