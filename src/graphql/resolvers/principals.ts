import type { Group } from '../../groups/group.ts';
import type { Uuid } from '../../primitives/ids.ts';
import type { Session } from '../../session/session.ts';
import type { ResolversInterfaceTypes, ResolversTypes } from '../generated/types.ts';
import { withTypename } from '../typename.ts';

export type Principal = ResolversInterfaceTypes<ResolversTypes>['Principal'];

/** Returns the user or application with this UUID. Returns null if `id` is null, or if the principal is deleted. */
export async function principalOf(session: Session, id: Uuid | null): Promise<Principal | null> {
  return id === null ? null : findPrincipal(session, id);
}

/** Returns the user or application with this UUID. Returns null if the principal is deleted. */
export async function findPrincipal({ users, applications }: Session, id: Uuid): Promise<Principal | null> {
  const [user, application] = await Promise.all([users.byId.load(id), applications.byId.load(id)]);
  return withTypename('USER', user) ?? withTypename('APPLICATION', application);
}

/** Returns the groups that contain the principal. */
export async function groupsOf(session: Session, principalId: Uuid): Promise<Group[]> {
  const groups = await session.directory.groupsOf(principalId);
  const found = await session.groups.byId.loadMany(groups.map((group) => group.id));
  return found.flatMap((group) => (group === null || group instanceof Error ? [] : [group]));
}
