import type { Sql, Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { NameTaken } from '../errors.ts';
import { storable } from '../input.ts';
import type { Position } from '../pages.ts';
import type { Group } from './group.ts';

const COLUMNS = `g.id, g.name, g.description, g.created_at AS "createdAt"`;

export async function findByIds(sql: Sql, ids: readonly string[]): Promise<Group[]> {
  return sql.query(`SELECT ${COLUMNS} FROM groups g WHERE g.id = ANY($1::uuid[]) AND g.deleted_at IS NULL`, [ids]);
}

export async function findByName(sql: Sql, name: string): Promise<Group | undefined> {
  return (
    await sql.query<Group>(`SELECT ${COLUMNS} FROM groups g WHERE g.name = $1 AND g.deleted_at IS NULL`, [
      storable(name),
    ])
  )[0];
}

/** By name. `only` narrows to these ids. At most `limit`. */
export async function list(
  sql: Sql,
  { nameContains, only }: { nameContains: string | null; only: readonly string[] | null },
  limit: number,
  after?: Position,
): Promise<(Group & { key: string })[]> {
  const rows = await sql.query<Group>(
    `SELECT ${COLUMNS} FROM groups g WHERE g.deleted_at IS NULL
       AND ($1::text IS NULL OR position(lower($1) IN lower(g.name)) > 0)
       AND ($2::uuid[] IS NULL OR g.id = ANY($2::uuid[]))
       AND ($3::text IS NULL OR (g.name COLLATE "C", g.id) > ($3::text, $4::uuid))
     ORDER BY g.name COLLATE "C", g.id LIMIT $5::int`,
    [nameContains && storable(nameContains), only, after?.key ?? null, after?.id ?? null, limit],
  );
  return rows.map((row) => ({ ...row, key: row.name }));
}

/** @throws NameTaken naming `input.name` */
export async function insert(tx: Transaction, group: Group & { createdBy: string }): Promise<void> {
  await orNameTaken(() => tx.prisma.group.create({ data: group }));
}

/** A group locked until the transaction ends. */
export async function lock(tx: Transaction, id: string): Promise<Group | undefined> {
  const rows = await tx.query<Group>(
    `SELECT ${COLUMNS} FROM groups g WHERE g.id = $1::uuid AND g.deleted_at IS NULL FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** @throws NameTaken naming `input.name` */
export async function update(
  tx: Transaction,
  id: string,
  change: { name?: string; description?: string | null; deletedAt?: Date },
): Promise<void> {
  await orNameTaken(() => tx.prisma.group.update({ where: { id }, data: change }));
}

async function orNameTaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isDuplicate(error, 'groups_name_live') ? new NameTaken('group', 'input.name') : error;
  }
}
