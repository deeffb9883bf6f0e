// Replaces all group memberships of a user.
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { eventId } from '../audit/event-id.ts';
import type { Transaction } from '../database/client.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';
import { addMembers, endMemberships, findGroups, groupsOf } from '../principals/membership-store.ts';

/**
 * Makes a user a member of exactly the groups with these names. INVARIANT: the calling code has raised the access epoch, so no other transaction
 * deletes a group before this transaction ends.
 * @returns an event for each group that the user joined or left
 * @throws NotFound that names the first group in `field` that does not exist
 */
export async function setGroups(
  tx: Transaction,
  user: { id: Uuid; subject: EventSubject },
  names: readonly string[],
  { now, field }: { now: Date; field: string },
): Promise<NewEvent[]> {
  const found = await findGroups(tx, names);
  const unknown = names.findIndex((name) => !found.has(name));
  if (unknown >= 0) throw new NotFound('group', `${field}.${unknown}`);
  // Names with different spellings can find the same group, so the groups are compared by id.
  const wanted = new Map([...found.values()].map((group) => [group.id, group]));
  const current = await groupsOf(tx, user.id);
  const joined = [...wanted.values()].filter((group) => !current.some(({ id }) => id === group.id));
  const left = current.filter((group) => !wanted.has(group.id));

  const eventOf = (action: AuditAction, { id, name }: { id: Uuid; name: string }) => ({
    id: eventId(now),
    action,
    subject: { kind: 'GROUP' as const, id: toGlobalId('GROUP', id), name },
    changes: { members: [user.subject] },
  });
  const events: NewEvent[] = [];
  for (const group of joined) {
    const event = eventOf('GROUP_MEMBER_ADD', group);
    await addMembers(tx, group.id, [{ kind: 'USER', id: user.id }], now, event.id);
    events.push(event);
  }
  for (const group of left) {
    const event = eventOf('GROUP_MEMBER_REMOVE', group);
    await endMemberships(tx, { groupId: group.id, memberIds: [user.id] }, now, event.id);
    events.push(event);
  }
  return events;
}

/** @throws Conflict that names `field` if the user has USER_READ_ONLY and is in a group */
export async function requireReadOnlyInNoGroup(tx: Transaction, userId: Uuid, field: string): Promise<void> {
  const rows = await tx.query(
    `SELECT 1 FROM role_assignments r JOIN group_members m ON m.member_id = r.subject_id AND m.valid_to IS NULL
     WHERE r.subject_id = $1::uuid AND r.role = 'USER_READ_ONLY' AND r.valid_to IS NULL LIMIT 1`,
    [userId],
  );
  if (rows.length > 0) throw new Conflict('A user with USER_READ_ONLY cannot be in a group.', field);
}
