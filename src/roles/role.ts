// A role by name, with what it tells workflow engines. What a role decides here is decided by the enum `Role` and nothing else.
import { ACCESSES } from '../access/policy.ts';
import { RESOURCE_TYPES } from '../access/resource-type.ts';
import { BadInput } from '../errors.ts';
import { newName, requirePathSegment } from '../primitives/new-name.ts';

export interface RoleDefinition {
  /** UUID. */
  id: string;
  name: string;
  /** `READ_WORKFLOW_DEF` and the like, each once. */
  permissions: string[];
  /** Always there, and neither changed nor deleted. */
  system: boolean;
}

/** Whether a permission is about secrets, or about whatever carries a tag, secrets among them. */
function isOnSecrets(permission: string): boolean {
  return /_(SECRET|SECRET_NAME|TAG)$/.test(permission);
}

/** What a custom role can have: an access on a type of resource, or what some system role has. Nothing on secrets. */
export function customPermissions(systemRoles: readonly RoleDefinition[]): string[] {
  const onResources = ACCESSES.flatMap((access) => RESOURCE_TYPES.map((type) => `${access}_${type}`));
  const ofSystem = systemRoles.flatMap((role) => role.permissions);
  return [...new Set([...onResources, ...ofSystem])].filter((name) => !isOnSecrets(name)).sort();
}

/**
 * Permissions of a custom role, each once, in the order given. `known` are those that it can have.
 * @throws BadInput naming `field` and the first that it cannot have
 */
export function checkPermissions(asked: readonly string[], known: readonly string[], field: string): string[] {
  const names = new Set(known);
  if (asked.length > names.size) throw new BadInput(field, `at most ${names.size}`);
  asked.forEach((permission, i) => {
    if (isOnSecrets(permission)) {
      throw new BadInput(
        `${field}.${i}`,
        'nothing on secrets: who can reach a secret is one question with one answer, so accesses to secrets are granted to users, groups and applications',
      );
    }
    if (!names.has(permission))
      throw new BadInput(`${field}.${i}`, 'an access and a type of resource, as READ_WORKFLOW_DEF');
  });
  return [...new Set(asked)];
}

/** These stand in paths for lists of roles, where a role of that name could not be asked for. */
const RESERVED = ['system', 'custom', 'permissions'];

/** The name of a custom role. @throws BadInput naming `field` */
export function customRoleName(text: string, field: string): string {
  const name = newName(text, field);
  // It stands beside ADMIN wherever roles are shown: it is not to be taken for another.
  if (name.normalize('NFKC') !== name || /\p{Cf}/u.test(name))
    throw new BadInput(field, 'characters in their plain form');
  requirePathSegment(name, field);
  if (RESERVED.includes(name.toLowerCase())) throw new BadInput(field, `not ${RESERVED.join(', ')}`);
  return name;
}
