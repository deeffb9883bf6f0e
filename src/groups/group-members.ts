// Adds members to groups and removes members from groups. The calling code has checked that the caller may change the group.
import { requireKeysOfAdmins } from '../access/admin-keys.ts';
import type { EventSubject } from '../audit/audit-event.ts';
import type { Transaction } from '../database/client.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { type Entry, eventSubjectOfEntry, findEntries } from '../principals/directory.ts';
import { addMembers, endMemberships, findMembers, type Member } from '../principals/membership-store.ts';
import { hasAdmin } from '../principals/role-store.ts';

/** Identifies a user by the username, or an application by the UUID. */
export type MemberName = { username: string } | { application: Uuid };

/** A principal that is to join or leave a group, and the path of the argument that names the principal. */
export type Candidate = Entry & Member & { at: string };

/** Finds the users and applications with these global ids (`usr_…`, `app_…`). @throws NotFound that names `principalIds.N` */
export async function candidatesById(tx: Transaction, ids: readonly GlobalIdText[]): Promise<Candidate[]> {
  const found = await findEntries(tx, ids);
  return ids.map((id, i) => candidate(found.get(id), 'user or application', `principalIds.${i}`));
}

/** Finds the users and applications with these names, without duplicates. @throws NotFound that names `members.N` */
export async function candidatesByName(tx: Transaction, members: readonly MemberName[]): Promise<Candidate[]> {
  const { users, applications } = await findMembers(tx, {
    usernames: members.flatMap((member) => ('username' in member ? member.username : [])),
    applications: members.flatMap((member) => ('application' in member ? member.application : [])),
  });
  const candidates = members.map((member, i) =>
    'username' in member
      ? candidate(users.get(member.username), 'user', `members.${i}`)
      : candidate(applications.get(member.application), 'application', `members.${i}`),
  );
  return [...new Map(candidates.map((candidate) => [candidate.id, candidate])).values()];
}

function candidate(entry: Entry | undefined, kind: string, at: string): Candidate {
  if (entry?.kind !== 'USER' && entry?.kind !== 'APPLICATION') throw new NotFound(kind, at);
  return { ...entry, kind: entry.kind, at };
}

/**
 * Adds the candidates to the group. Ignores candidates that are already members of the group.
 * @returns the `changes` of the audit event
 * @throws Conflict that names the candidate, if the candidate has USER_READ_ONLY, or if the group has ADMIN and the access keys of the candidate do
 * not allow ADMIN
 */
export async function join(
  tx: Transaction,
  groupId: Uuid,
  candidates: readonly Candidate[],
  now: Date,
): Promise<{ members: EventSubject[] }> {
  const readOnly = await tx.prisma.roleAssignment.findFirst({
    where: { subjectId: { in: candidates.map(({ id }) => id) }, role: 'USER_READ_ONLY', validTo: null },
  });
  if (readOnly !== null) {
    const at = candidates.find(({ id }) => id === readOnly.subjectId)?.at;
    throw new Conflict('A principal with USER_READ_ONLY cannot be in a group.', at);
  }
  const added = new Set((await addMembers(tx, groupId, candidates, now)).map((member) => member.id));
  const applications = candidates.filter(({ id, kind }) => kind === 'APPLICATION' && added.has(id)).map(({ id }) => id);
  if (applications.length > 0 && (await hasAdmin(tx, groupId)))
    await requireKeysOfAdmins(tx, applications, now, (id) => candidates.find((candidate) => candidate.id === id)?.at);
  return { members: candidates.filter(({ id }) => added.has(id)).map(eventSubjectOfEntry) };
}

/** Removes the candidates from the group. Ignores candidates that are not members of the group. @returns the `changes` of the audit event */
export async function leave(
  tx: Transaction,
  groupId: Uuid,
  candidates: readonly Candidate[],
  now: Date,
): Promise<{ members: EventSubject[] }> {
  const ended = new Set(await endMemberships(tx, { groupId, memberIds: candidates.map(({ id }) => id) }, now));
  return { members: candidates.filter(({ id }) => ended.has(id)).map(eventSubjectOfEntry) };
}
