import { outsideId } from '../primitives/ids.ts';
import type { Services } from '../session/services.ts';
import { type GroupJson, groupJson } from './group-json.ts';
import { type RoleJson, roleJson } from './role-json.ts';
import { applicationUserId, type Found } from './subjects.ts';

/** A user, or an application as one, as clients of Conductor read it. */
export interface UserJson {
  id: string;
  name: string;
  roles: RoleJson[];
  groups: GroupJson[];
  /** `usr_…` or `app_…`. */
  uuid: string;
  contactInformation: object;
  applicationUser: boolean;
  orkesWorkersApp: false;
  orkesApiGateway: false;
  orkesApp: false;
}

/** What the caller sees of a user or an application. Those asked for at the same moment are read together. */
export async function userJson(services: Services, found: Found): Promise<UserJson> {
  const isApplication = found.kind === 'APPLICATION';
  const { id, name } = isApplication ? found.application : found.user;
  const whole = isApplication
    ? services.applications.seesWhole(found.application)
    : services.users.seesWhole(found.user);
  const [roles, groups] = whole
    ? await Promise.all([services.directory.namedRolesOf(id), groupsOf(services, id)])
    : [[], []];
  return {
    id: isApplication ? applicationUserId(id) : found.user.username,
    name,
    roles: roles.map(roleJson),
    groups,
    uuid: outsideId(found.kind, id),
    contactInformation: {},
    applicationUser: isApplication,
    orkesWorkersApp: false,
    orkesApiGateway: false,
    orkesApp: false,
  };
}

async function groupsOf(services: Services, principalId: string): Promise<GroupJson[]> {
  const refs = await services.directory.groupsOf(principalId);
  const groups = await Promise.all(refs.map(({ id }) => services.groups.byId.load(id)));
  return Promise.all(groups.filter((group) => group !== null).map((group) => groupJson(services, group)));
}

/** Users and applications by UUID, in this order; those that are gone are left out. */
export async function usersJson(services: Services, uuids: readonly string[]): Promise<UserJson[]> {
  const found = await Promise.all(
    uuids.map(async (uuid): Promise<Found | null> => {
      const [user, application] = await Promise.all([
        services.users.byId.load(uuid),
        services.applications.byId.load(uuid),
      ]);
      if (user !== null) return { kind: 'USER', user };
      return application && { kind: 'APPLICATION', application };
    }),
  );
  return Promise.all(found.filter((one) => one !== null).map((one) => userJson(services, one)));
}
