// Whom REST means: a user by its username, a group or a role by its name, an application by `app:` and its id.

import type { SubjectRef } from '../access/permission.ts';
import type { Application } from '../applications/application.ts';
import { BadInput } from '../errors.ts';
import { insideId, outsideId } from '../primitives/ids.ts';
import type { Entry } from '../principals/directory.ts';
import type { Session } from '../session/session.ts';
import type { User } from '../users/user.ts';

const APPLICATION = 'app:';

export type Found = { kind: 'USER'; user: User } | { kind: 'APPLICATION'; application: Application };

/** The user of a username, or the application of `app:app_…`; null if there is none, or none the caller may see. */
export async function findPrincipal({ users, applications }: Session, id: string): Promise<Found | null> {
  if (!id.startsWith(APPLICATION)) {
    const user = await users.findByUsername(id);
    return user && { kind: 'USER', user };
  }
  const uuid = insideId(id.slice(APPLICATION.length), 'APPLICATION');
  const application = uuid === undefined ? null : await applications.findById(uuid);
  return application && { kind: 'APPLICATION', application };
}

/** `app:app_…` of an application's UUID. */
export function applicationUserId(uuid: string): string {
  return `${APPLICATION}${outsideId('APPLICATION', uuid)}`;
}

/**
 * Users and applications by UUID as REST names them, for showing who did or has something: in one statement each, null for one that
 * is gone.
 */
export async function principalNames(
  { users, applications }: Session,
  uuids: readonly (string | null)[],
): Promise<Map<string, string>> {
  const asked = [...new Set(uuids.filter((uuid) => uuid !== null))];
  const [people, programs] = await Promise.all([users.byId.loadMany(asked), applications.byId.loadMany(asked)]);
  const names = new Map<string, string>();
  for (const one of people) if (one !== null && !(one instanceof Error)) names.set(one.id, one.username);
  for (const one of programs) if (one !== null && !(one instanceof Error)) names.set(one.id, applicationUserId(one.id));
  return names;
}

export type SubjectType = 'USER' | 'GROUP' | 'ROLE';

/** Whatever the case. @throws BadInput naming `at` */
export function subjectType(text: string, at: string): SubjectType {
  const type = (['USER', 'GROUP', 'ROLE'] as const).find((one) => one === text.toUpperCase());
  if (type === undefined) throw new BadInput(at, 'one of USER, GROUP, ROLE');
  return type;
}

/** Whoever `{type, id}` means: whether there is one is found out by what it is asked for. */
export function subjectRef(type: SubjectType, id: string): SubjectRef {
  if (type !== 'USER' || !id.startsWith(APPLICATION)) return { kind: type, name: id };
  const application = id.slice(APPLICATION.length);
  // The empty id is nobody's.
  return { id: insideId(application, 'APPLICATION') === undefined ? '' : application };
}

/** A user or an application: as `subjectRef` has it, or `usr_…` or `app_…`. */
export function principalRef(id: string): SubjectRef {
  return insideId(id, 'USER', 'APPLICATION') === undefined ? subjectRef('USER', id) : { id };
}

export function shownSubject({ kind, id, name }: Entry): { type: SubjectType; id: string } {
  return kind === 'APPLICATION' ? { type: 'USER', id: applicationUserId(id) } : { type: kind, id: name };
}

/** The user or application of an id, as a member of a group. */
export function memberName(id: string): { username: string } | { application: string } {
  const uuid = id.startsWith(APPLICATION) ? insideId(id.slice(APPLICATION.length), 'APPLICATION') : undefined;
  // What begins so and is no application's id is no username either.
  return uuid === undefined ? { username: id } : { application: uuid };
}

/** The username in a path where applications have no place. @throws BadInput */
export function usernameOf({ id = '' }: Readonly<Record<string, string>>): string {
  if (id.startsWith(APPLICATION)) throw new BadInput('id', 'a username: applications are changed below /applications');
  return id;
}
