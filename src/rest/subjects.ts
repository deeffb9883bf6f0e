// Whom REST means: a user by its username, a group or a role by its name, an application by `app:` and its id.
import type { Application } from '../applications/application.ts';
import { BadInput } from '../errors.ts';
import { insideId, outsideId } from '../ids.ts';
import type { Services } from '../services.ts';
import type { User } from '../users/user.ts';

const APPLICATION = 'app:';

export type Found = { kind: 'USER'; user: User } | { kind: 'APPLICATION'; application: Application };

/** The user of a username, or the application of `app:app_…`; null if there is none, or none the caller may see. */
export async function findPrincipal({ users, applications }: Services, id: string): Promise<Found | null> {
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
  { users, applications }: Services,
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
