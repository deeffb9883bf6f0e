import { eventOf } from '../audit/event-of-change.ts';
import { endRows, factsBegin } from '../audit/facts.ts';
import type { Transaction } from '../database/client.ts';
import { LastAdmin } from '../errors.ts';
import type { Role } from '../generated/vocabulary.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import { storable } from '../primitives/input.ts';
import type { SubjectKind } from './principal.ts';

export async function rolesOf(tx: Transaction, subjectId: Uuid): Promise<Role[]> {
  const rows = await tx.prisma.roleAssignment.findMany({
    where: { subjectId, validTo: null },
    orderBy: { role: 'asc' },
  });
  return rows.map((row) => row.role as Role);
}

/** Replaces the gateway's roles of a user, group or application. Does not change custom roles. Returns the added and removed roles. */
export async function setRoles(
  tx: Transaction,
  subject: { kind: SubjectKind; id: Uuid },
  roles: readonly Role[],
  now: Date,
): Promise<{ added: Role[]; removed: Role[] }> {
  const held = new Set(await rolesOf(tx, subject.id));
  const added = [...new Set(roles)].filter((role) => !held.has(role));
  const removed = [...held].filter((role) => !roles.includes(role));
  if (removed.length > 0) {
    const which = 'x.subject_id = $2::uuid AND x.role = ANY($3::text[])';
    await endRows(tx, 'role_assignments', now, which, [subject.id, removed]);
  }
  if (added.length > 0) {
    await tx.prisma.roleAssignment.createMany({
      data: added.map((role) => ({
        id: newId(),
        subjectKind: subject.kind,
        subjectId: subject.id,
        role,
        validFrom: now,
        begunByEvent: eventOf(tx, now),
      })),
    });
    factsBegin(
      tx,
      added.map((role) => ['role', subject.kind, subject.id, role]),
    );
  }
  return { added, removed };
}

/** A role that only workflow engines use. A custom role gives no access in the gateway. */
export interface CustomRole {
  /** UUID. */
  id: Uuid;
  name: string;
}

/** Finds custom roles and locks their rows, so that no other transaction deletes them before this transaction ends. */
export async function lockCustomRoles(tx: Transaction, names: readonly string[]): Promise<CustomRole[]> {
  return tx.query(
    `SELECT d.id, d.name FROM role_definitions d WHERE d.name = ANY($1::text[]) AND d.deleted_at IS NULL
     ORDER BY d.id FOR KEY SHARE`,
    [names.map(storable)],
  );
}

export async function customRolesOf(tx: Transaction, subjectId: Uuid): Promise<CustomRole[]> {
  return tx.query(
    `SELECT d.id, d.name FROM custom_role_assignments c JOIN role_definitions d ON d.id = c.role_id
     WHERE c.subject_id = $1::uuid AND c.valid_to IS NULL ORDER BY d.name`,
    [subjectId],
  );
}

/**
 * Replaces the custom roles of a user, group or application. The calling code has locked the subject's row. Returns the names of the added and
 * removed roles.
 */
export async function setCustomRoles(
  tx: Transaction,
  subject: { kind: SubjectKind; id: Uuid },
  roles: readonly CustomRole[],
  now: Date,
): Promise<{ added: string[]; removed: string[] }> {
  const held = await customRolesOf(tx, subject.id);
  const added = roles.filter((role) => !held.some(({ id }) => id === role.id));
  const removed = held.filter((role) => !roles.some(({ id }) => id === role.id));
  if (removed.length > 0) {
    const which = 'x.subject_id = $2::uuid AND x.role_id = ANY($3::uuid[])';
    await endRows(tx, 'custom_role_assignments', now, which, [subject.id, removed.map(({ id }) => id)]);
  }
  if (added.length > 0) {
    await tx.prisma.customRoleAssignment.createMany({
      data: added.map(({ id: roleId }) => ({
        id: newId(),
        subjectKind: subject.kind,
        subjectId: subject.id,
        roleId,
        validFrom: now,
        begunByEvent: eventOf(tx, now),
      })),
    });
    factsBegin(
      tx,
      added.map(({ id }) => ['custom-role', subject.kind, subject.id, id]),
    );
  }
  return { added: added.map(({ name }) => name), removed: removed.map(({ name }) => name) };
}

/**
 * Checks that at least one active user with a password has ADMIN. The check fails if only applications have ADMIN. Every transaction that can remove
 * ADMIN from a principal calls this function at its end. Every transaction that can remove ADMIN also calls `raiseEpoch` at its start. Therefore two
 * of these transactions cannot run at the same time.
 * @throws LastAdmin if no administrator remains
 */
export async function requireAnAdmin(tx: Transaction): Promise<void> {
  const [row] = await tx.query<{ found: boolean }>(
    `SELECT EXISTS (
       SELECT 1 FROM users u WHERE u.active AND u.deleted_at IS NULL AND u.password_hash IS NOT NULL AND EXISTS (
         SELECT 1 FROM role_assignments r WHERE r.role = 'ADMIN' AND r.valid_to IS NULL AND (
           r.subject_id = u.id OR r.subject_id IN (SELECT m.group_id FROM group_members m WHERE m.member_id = u.id AND m.valid_to IS NULL)
         )
       )
     ) AS found`,
  );
  if (!row?.found) throw new LastAdmin();
}

/** SQL for all current role assignments by name, including custom roles. A custom role never has the name of a system role. */
const ALL_ROLES = `
  SELECT r.subject_id, r.role AS name FROM role_assignments r WHERE r.valid_to IS NULL
  UNION ALL SELECT c.subject_id, d.name FROM custom_role_assignments c JOIN role_definitions d ON d.id = c.role_id WHERE c.valid_to IS NULL`;

/**
 * SQL for the UUIDs to which a principal's roles are assigned: the principal's own UUID, and the UUIDs of its groups. `id` is a placeholder or a
 * column.
 */
const HOLDERS = (id: string) =>
  `(SELECT ${id}::uuid UNION ALL SELECT m.group_id FROM group_members m WHERE m.member_id = ${id}::uuid AND m.valid_to IS NULL)`;

/** Whether a principal has ADMIN, directly or through a group. */
export async function hasAdmin(tx: Transaction, principalId: Uuid): Promise<boolean> {
  const [row] = await tx.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM role_assignments r WHERE r.role = 'ADMIN' AND r.valid_to IS NULL AND r.subject_id IN ${HOLDERS('$1')}) AS found`,
    [principalId],
  );
  return row?.found === true;
}

/**
 * SQL for the names of the roles that `application` has and `caller` does not have, except the roles in `free`. Each role in the result prevents the
 * caller from creating an access key for the application. The result includes custom roles, because workflow engines may give permissions to custom
 * roles. The arguments are placeholders or columns.
 */
export const missingRolesSql = (application: string, caller: string, free: string) => `
  SELECT one.name FROM (${ALL_ROLES}) one
  WHERE one.subject_id IN ${HOLDERS(application)} AND one.name <> ALL(${free}::text[])
    AND one.name NOT IN (SELECT mine.name FROM (${ALL_ROLES}) mine WHERE mine.subject_id IN ${HOLDERS(caller)})`;

/** Reads the roles of `missingRolesSql` in one SQL statement. */
export async function missingRoles(
  tx: Transaction,
  applicationId: Uuid,
  callerId: Uuid,
  free: readonly Role[],
): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(missingRolesSql('$1', '$2', '$3'), [applicationId, callerId, free]);
  return rows.map((row) => row.name);
}
