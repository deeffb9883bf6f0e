import type { Group } from '../groups/group.ts';
import type { Session } from '../session/session.ts';
import { type RoleJson, roleJson } from './role-json.ts';

/** A group as clients of Conductor read it: it is known by its name. */
export interface GroupJson {
  id: string;
  description: string;
  roles: RoleJson[];
  defaultAccess: object;
  contactInformation: object;
}

/** What the caller sees of a group. Those asked for at the same moment are read together. */
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
