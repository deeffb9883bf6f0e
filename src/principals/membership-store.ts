import { eventOf } from '../audit/event-of-change.ts';
import { endRows, factsBegin } from '../audit/facts.ts';
import type { Sql, Transaction } from '../database/client.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import { eachNamed, nameKey } from '../primitives/name-key.ts';
import { type Position, timeKey } from '../primitives/pages.ts';
import type { Entry } from './directory.ts';

export interface Member {
  kind: 'USER' | 'APPLICATION';
  id: Uuid;
}

/** Adds `members` to a group. Ignores principals that are already in the group. Returns the added members. */
export async function addMembers(
  tx: Transaction,
  groupId: Uuid,
  members: readonly Member[],
  now: Date,
  event: Uuid = eventOf(tx, now),
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
      begunByEvent: event,
    })),
  });
  factsBegin(
    tx,
    added.map((member) => ['member', groupId, member.id]),
  );
  return added;
}

/** The groups that a principal is in, sorted by name. */
export async function groupsOf(tx: Transaction, memberId: Uuid): Promise<{ id: Uuid; name: string }[]> {
  return tx.query(
    `SELECT g.id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
     WHERE m.member_id = $1::uuid AND m.valid_to IS NULL ORDER BY g.name`,
    [memberId],
  );
}

/** Removes members from a group. Returns the UUIDs of the removed members. */
export async function endMemberships(
  tx: Transaction,
  which: { groupId: Uuid; memberIds?: readonly Uuid[] } | { memberId: Uuid },
  now: Date,
  event: Uuid = eventOf(tx, now),
): Promise<string[]> {
  const [where, params] =
    'memberId' in which
      ? ['x.member_id = $2::uuid', [which.memberId]]
      : [
          'x.group_id = $2::uuid AND ($3::uuid[] IS NULL OR x.member_id = ANY($3::uuid[]))',
          [which.groupId, which.memberIds ?? null],
        ];
  const ended = await endRows(tx, 'group_members', now, where, params, event);
  return ended.map(([, , memberId]) => String(memberId));
}

/**
 * Lists members of several groups, at most `limit` members for each group, in the order in which the members joined the group. Sends one SQL
 * statement.
 */
export async function listMembers(
  sql: Sql,
  groupIds: readonly Uuid[],
  limit: number,
  after?: Position,
): Promise<{ groupId: Uuid; id: Uuid; memberId: Uuid; key: string }[]> {
  const rows = await sql.query<{ groupId: Uuid; id: Uuid; memberId: Uuid; validFrom: Date }>(
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

/**
 * Finds users by username, and applications by UUID. The map keys are the usernames and UUIDs in the spelling of the request.
 */
export async function findMembers(
  sql: Sql,
  { usernames, applications }: { usernames: readonly string[]; applications: readonly Uuid[] },
): Promise<{ users: Map<string, Entry>; applications: Map<Uuid, Entry> }> {
  const rows = await sql.query<Entry>(
    `SELECT 'USER' AS kind, id, username AS name FROM users WHERE name_key = ANY($1::text[]) AND deleted_at IS NULL
     UNION ALL SELECT 'APPLICATION', id, name FROM applications WHERE id = ANY($2::uuid[]) AND deleted_at IS NULL`,
    [usernames.map(nameKey), applications],
  );
  const of = (kind: Member['kind']) => rows.filter((row) => row.kind === kind);
  return {
    users: eachNamed(of('USER'), usernames),
    applications: new Map(of('APPLICATION').map((row) => [row.id, row])),
  };
}

/** Finds groups by name. The map keys are the names in the spelling of the request. */
export async function findGroups(sql: Sql, names: readonly string[]): Promise<Map<string, Entry>> {
  const rows = await sql.query<Entry>(
    `SELECT 'GROUP' AS kind, id, name FROM groups WHERE name_key = ANY($1::text[]) AND deleted_at IS NULL`,
    [names.map(nameKey)],
  );
  return eachNamed(rows, names);
}
