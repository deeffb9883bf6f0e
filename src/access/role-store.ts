import type { Transaction } from '../database/client.ts';
import { LastAdmin } from '../errors.ts';
import type { Role } from '../generated/vocabulary.ts';
import { newId } from '../ids.ts';
import type { SubjectKind } from './permission.ts';

/** Makes `roles` all the roles of a subject: ends what it loses, starts what it gains, and tells both. */
export async function setRoles(
  tx: Transaction,
  subject: { kind: SubjectKind; id: string },
  roles: readonly Role[],
  now: Date,
): Promise<{ added: Role[]; removed: Role[] }> {
  const current = await tx.prisma.roleAssignment.findMany({ where: { subjectId: subject.id, validTo: null } });
  const held = new Set(current.map((row) => row.role as Role));
  const added = [...new Set(roles)].filter((role) => !held.has(role));
  const removed = [...held].filter((role) => !roles.includes(role));
  if (removed.length > 0) {
    await tx.prisma.roleAssignment.updateMany({
      where: { subjectId: subject.id, role: { in: removed }, validTo: null },
      data: { validTo: now },
    });
  }
  if (added.length > 0) {
    await tx.prisma.roleAssignment.createMany({
      data: added.map((role) => ({
        id: newId(),
        subjectKind: subject.kind,
        subjectId: subject.id,
        role,
        validFrom: now,
      })),
    });
  }
  return { added, removed };
}

/**
 * To be asked at the end of every transaction that could take ADMIN from somebody, after `raiseEpoch` at its start, so that no two
 * of them pass each other. Counts active users with a password; applications do not count.
 * @throws LastAdmin if nobody is left
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
