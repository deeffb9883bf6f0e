import type { Application } from '../applications/application.ts';
import type { Group } from '../groups/group.ts';
import type { Services } from '../session/services.ts';
import type { User } from '../users/user.ts';
import type { Context } from './context.ts';
import { typed } from './nodes.ts';

/** The user or application of this UUID, by whoever acted; null once it is gone. */
export function principalOf(context: Context, id: string | null): Promise<User | Application | null> {
  return id === null ? Promise.resolve(null) : principalBy(context.signedIn(), id);
}

export async function principalBy({ users, applications }: Services, id: string): Promise<User | Application | null> {
  const [user, application] = await Promise.all([users.byId.load(id), applications.byId.load(id)]);
  if (user !== null) return typed('USER', user);
  return application === null ? null : typed('APPLICATION', application);
}

/** The groups a principal is in. */
export async function groupsBy(services: Services, principalId: string): Promise<Group[]> {
  const groups = await services.directory.groupsOf(principalId);
  const found = await services.groups.byId.loadMany(groups.map((group) => group.id));
  return found.flatMap((group) => (group === null || group instanceof Error ? [] : [group]));
}
