import type { Group } from '../../groups/group.ts';
import type { Services } from '../../session/services.ts';
import type { Context } from '../context.ts';
import type { ResolversInterfaceTypes, ResolversTypes } from '../generated/types.ts';
import { withTypename } from '../typename.ts';

export type Principal = ResolversInterfaceTypes<ResolversTypes>['Principal'];

/** The user or application with this UUID. Null without an id, and for a deleted principal. */
export async function principalOf(context: Context, id: string | null): Promise<Principal | null> {
  return id === null ? null : findPrincipal(context.signedIn(), id);
}

/** The user or application with this UUID. Null for a deleted principal. */
export async function findPrincipal({ users, applications }: Services, id: string): Promise<Principal | null> {
  const [user, application] = await Promise.all([users.byId.load(id), applications.byId.load(id)]);
  return withTypename('USER', user) ?? withTypename('APPLICATION', application);
}

/** The groups with the principal as a member. */
export async function groupsOf(services: Services, principalId: string): Promise<Group[]> {
  const groups = await services.directory.groupsOf(principalId);
  const found = await services.groups.byId.loadMany(groups.map((group) => group.id));
  return found.flatMap((group) => (group === null || group instanceof Error ? [] : [group]));
}
