import type { Sql, Transaction } from '../database/client.ts';
import { newId } from '../ids.ts';
import { type Position, timeKey } from '../pages.ts';

export interface Member {
  kind: 'USER' | 'APPLICATION';
  id: string;
}

/** Those of `members` that are not in the group yet join it. */
export async function addMembers(
  tx: Transaction,
  groupId: string,
  members: readonly Member[],
  now: Date,
): Promise<Member[]> {
  const current = await tx.prisma.groupMember.findMany({
    where: { groupId, memberId: { in: members.map((member) => member.id) }, validTo: null },
  });
  const inside = new Set(current.map((row) => row.memberId));
  const added = members.filter((member) => !inside.has(member.id));
  await tx.prisma.groupMember.createMany({
    data: added.map((member) => ({
      id: newId(),
      groupId,
      memberKind: member.kind,
      memberId: member.id,
      validFrom: now,
    })),
  });
  return added;
}

/** Ends memberships, and tells whose. */
export async function endMemberships(
  tx: Transaction,
  which: { groupId: string; memberIds?: readonly string[] } | { memberId: string },
  now: Date,
): Promise<string[]> {
  const where =
    'memberId' in which
      ? { memberId: which.memberId, validTo: null }
      : {
          groupId: which.groupId,
          validTo: null,
          ...(which.memberIds ? { memberId: { in: [...which.memberIds] } } : {}),
        };
  const ended = await tx.prisma.groupMember.findMany({ where, select: { memberId: true } });
  await tx.prisma.groupMember.updateMany({ where, data: { validTo: now } });
  return ended.map((row) => row.memberId);
}

/** Members of several groups in the order they joined, at most `limit` each, in one statement. */
export async function listMembers(
  sql: Sql,
  groupIds: readonly string[],
  limit: number,
  after?: Position,
): Promise<{ groupId: string; id: string; memberId: string; key: string }[]> {
  const rows = await sql.query<{ groupId: string; id: string; memberId: string; validFrom: Date }>(
    `SELECT g.id AS "groupId", m.id, m.member_id AS "memberId", m.valid_from AS "validFrom"
     FROM unnest($1::uuid[]) g(id) CROSS JOIN LATERAL (
       SELECT * FROM group_members m WHERE m.group_id = g.id AND m.valid_to IS NULL
         AND ($2::timestamptz IS NULL OR (m.valid_from, m.id) > ($2::timestamptz, $3::uuid))
       ORDER BY m.valid_from, m.id LIMIT $4::int
     ) m ORDER BY m.valid_from, m.id`,
    [groupIds, after ? timeKey(after) : null, after?.id ?? null, limit],
  );
  return rows.map(({ validFrom, ...row }) => ({ ...row, key: validFrom.toISOString() }));
}
