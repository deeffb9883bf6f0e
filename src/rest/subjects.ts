// Converts the REST names of subjects. The REST name of a user is the username. The REST name of a group or role is its name. The REST name of an
// application consists of `app:` and the id.

import type { SubjectRef } from '../access/permission.ts';
import type { Application } from '../applications/application.ts';
import { BadInput } from '../errors.ts';
import { type GlobalIdText, toGlobalId, toUuid, type Uuid } from '../primitives/ids.ts';
import { APPLICATION_PREFIX } from '../primitives/new-name.ts';
import type { Entry } from '../principals/directory.ts';
import type { Session } from '../session/session.ts';
import type { User } from '../users/user.ts';

export type FoundPrincipal = { kind: 'USER'; user: User } | { kind: 'APPLICATION'; application: Application };

/**
 * Finds a user by its username, or an application by `app:app_…`. Returns null if the principal does not exist, or if the caller may not see the
 * principal.
 */
export async function findPrincipal(
  { users, applications }: Session,
  id: GlobalIdText,
): Promise<FoundPrincipal | null> {
  if (!id.startsWith(APPLICATION_PREFIX)) {
    const user = await users.findByUsername(id);
    return user && { kind: 'USER', user };
  }
  const uuid = toUuid(id.slice(APPLICATION_PREFIX.length), 'APPLICATION');
  const application = uuid === undefined ? null : await applications.findById(uuid);
  return application && { kind: 'APPLICATION', application };
}

/** Returns the REST name `app:app_…` of the application with this UUID. */
export function applicationUserId(uuid: Uuid): string {
  return `${APPLICATION_PREFIX}${toGlobalId('APPLICATION', uuid)}`;
}

/**
 * Returns a map from UUIDs to the REST names of users and applications, for JSON fields such as `createdBy`. One SQL statement reads all users, and
 * one SQL statement reads all applications. The map does not contain deleted principals.
 */
export async function principalNames(
  { users, applications }: Session,
  uuids: readonly (Uuid | null)[],
): Promise<Map<Uuid, string>> {
  const ids = [...new Set(uuids.filter((uuid) => uuid !== null))];
  const [foundUsers, foundApplications] = await Promise.all([
    users.byId.loadMany(ids),
    applications.byId.loadMany(ids),
  ]);
  const names = new Map<Uuid, string>();
  for (const user of foundUsers) if (user !== null && !(user instanceof Error)) names.set(user.id, user.username);
  for (const application of foundApplications)
    if (application !== null && !(application instanceof Error))
      names.set(application.id, applicationUserId(application.id));
  return names;
}

export type SubjectType = 'USER' | 'GROUP' | 'ROLE';

/** Parses the type of a subject, in upper or lower case. @throws BadInput for the field `at` */
export function subjectType(text: string, at: string): SubjectType {
  const type = (['USER', 'GROUP', 'ROLE'] as const).find((name) => name === text.toUpperCase());
  if (type === undefined) throw new BadInput(at, 'one of USER, GROUP, ROLE');
  return type;
}

/** Converts `{type, id}` from a request to a reference to a subject. The function does not check that the subject exists. */
export function subjectRef(type: SubjectType, id: GlobalIdText): SubjectRef {
  if (type !== 'USER' || !id.startsWith(APPLICATION_PREFIX)) return { kind: type, name: id };
  const application = id.slice(APPLICATION_PREFIX.length);
  // The function converts a malformed application id to an empty id. No principal has an empty id, so the service does not find the subject.
  return { id: toUuid(application, 'APPLICATION') === undefined ? '' : application };
}

/**
 * Converts the id of a user or an application to a reference to a subject. The function accepts the REST names that `subjectRef` accepts, and the
 * global ids `usr_…` and `app_…`.
 */
export function principalRef(id: GlobalIdText): SubjectRef {
  return toUuid(id, 'USER', 'APPLICATION') === undefined ? subjectRef('USER', id) : { id };
}

export function shownSubject({ kind, id, name }: Entry): { type: SubjectType; id: string } {
  return kind === 'APPLICATION' ? { type: 'USER', id: applicationUserId(id) } : { type: kind, id: name };
}

/** Converts the name of a user or an application to a reference to a group member. */
export function memberName(id: GlobalIdText): { username: string } | { application: Uuid } {
  const uuid = id.startsWith(APPLICATION_PREFIX)
    ? toUuid(id.slice(APPLICATION_PREFIX.length), 'APPLICATION')
    : undefined;
  // No username begins with `app:`. Therefore no user matches a malformed application id.
  return uuid === undefined ? { username: id } : { application: uuid };
}

/** Returns the username from the path, for paths that accept users but not applications. @throws BadInput */
export function usernameOf({ id = '' }: Readonly<Record<string, string>>): string {
  if (id.startsWith(APPLICATION_PREFIX))
    throw new BadInput('id', 'a username; use /applications to change an application');
  return id;
}
