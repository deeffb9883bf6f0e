// Converts roles, groups, users and applications to the JSON format that Conductor's clients expect.
import type { Group } from '../groups/group.ts';
import { type GlobalId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import type { Session } from '../session/session.ts';
import { applicationUserId, type FoundPrincipal } from './subjects.ts';

/** The fields of a role in the JSON format that Conductor's clients expect. */
export interface RoleJson {
  name: string;
  permissions: { name: string }[];
}

export function roleJson({ name, permissions }: { name: string; permissions: readonly string[] }): RoleJson {
  return { name, permissions: permissions.map((permission) => ({ name: permission })) };
}

/** The fields of a group in the JSON format that Conductor's clients expect. The field `id` contains the name of the group. */
export interface GroupJson {
  id: string;
  description: string;
  roles: RoleJson[];
  defaultAccess: object;
  contactInformation: object;
}

/** Converts a group to JSON. The JSON contains only the data that the caller may see. Concurrent calls share SQL statements. */
export async function groupJson({ groups, directory }: Session, group: Group): Promise<GroupJson> {
  const whole = groups.seesDetails(group);
  return {
    id: group.name,
    description: group.description ?? '',
    roles: whole ? (await directory.namedRolesOf(group.id)).map(roleJson) : [],
    defaultAccess: (whole ? group.defaultAccess : null) ?? {},
    contactInformation: {},
  };
}

/** The fields of a user or an application in the JSON format that Conductor's clients expect. */
export interface UserJson {
  id: string;
  name: string;
  roles: RoleJson[];
  groups: GroupJson[];
  /** The global id of the user or application, such as `usr_…` or `app_…`. */
  uuid: GlobalId;
  contactInformation: object;
  applicationUser: boolean;
  orkesWorkersApp: false;
  orkesApiGateway: false;
  orkesApp: false;
}

/** Converts a user or an application to JSON. The JSON contains only the data that the caller may see. Concurrent calls share SQL statements. */
export async function userJson(session: Session, found: FoundPrincipal): Promise<UserJson> {
  const isApplication = found.kind === 'APPLICATION';
  const { id, name } = isApplication ? found.application : found.user;
  const whole = isApplication
    ? session.applications.seesDetails(found.application)
    : session.users.seesDetails(found.user);
  const [roles, groups] = whole
    ? await Promise.all([session.directory.namedRolesOf(id), groupsOf(session, id)])
    : [[], []];
  return {
    id: isApplication ? applicationUserId(id) : found.user.username,
    name,
    roles: roles.map(roleJson),
    groups,
    uuid: toGlobalId(found.kind, id),
    contactInformation: {},
    applicationUser: isApplication,
    orkesWorkersApp: false,
    orkesApiGateway: false,
    orkesApp: false,
  };
}

async function groupsOf(session: Session, principalId: Uuid): Promise<GroupJson[]> {
  const refs = await session.directory.groupsOf(principalId);
  const groups = await Promise.all(refs.map(({ id }) => session.groups.byId.load(id)));
  return Promise.all(groups.filter((group) => group !== null).map((group) => groupJson(session, group)));
}

/** Converts users and applications to JSON, in the order of `uuids`. The result omits deleted principals. */
export async function usersJson(session: Session, uuids: readonly Uuid[]): Promise<UserJson[]> {
  const found = await Promise.all(
    uuids.map(async (uuid): Promise<FoundPrincipal | null> => {
      const [user, application] = await Promise.all([
        session.users.byId.load(uuid),
        session.applications.byId.load(uuid),
      ]);
      if (user !== null) return { kind: 'USER', user };
      return application && { kind: 'APPLICATION', application };
    }),
  );
  return Promise.all(found.filter((principal) => principal !== null).map((principal) => userJson(session, principal)));
}
