// Defines roles and the permissions of roles. Workflow engines read these roles and permissions. In its own access decisions, the gateway considers
// only the roles of the enum `Role`.
import { ACCESSES } from '../access/policy.ts';
import { RESOURCE_TYPES } from '../access/resource-type.ts';
import { BadInput } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { newName, requirePathSegment } from '../primitives/new-name.ts';

export interface RoleDefinition {
  /** UUID. */
  id: Uuid;
  name: string;
  /** Permissions such as `READ_WORKFLOW_DEF`, without duplicates. */
  permissions: string[];
  /** True for a system role, which cannot be changed or deleted, and false for a custom role. */
  system: boolean;
}

/** Whether a permission is about secrets or about tags. Permissions about tags are included, because secrets have tags. */
function isOnSecrets(permission: string): boolean {
  return /_(SECRET|SECRET_NAME|TAG)$/.test(permission);
}

/**
 * The permissions that a custom role can have. Each permission is an access to a type of resource, or a permission of a system role. A custom role
 * cannot have a permission about secrets.
 */
export function customPermissions(systemRoles: readonly RoleDefinition[]): string[] {
  const onResources = ACCESSES.flatMap((access) => RESOURCE_TYPES.map((type) => `${access}_${type}`));
  const ofSystem = systemRoles.flatMap((role) => role.permissions);
  return [...new Set([...onResources, ...ofSystem])].filter((name) => !isOnSecrets(name)).sort();
}

/**
 * Checks the permissions of a custom role. `allowed` has all permissions that a custom role can have. Returns `permissions` in the same order,
 * without duplicates.
 * @throws BadInput that names the first permission that is not allowed
 */
export function checkPermissions(permissions: readonly string[], allowed: readonly string[], field: string): string[] {
  const names = new Set(allowed);
  if (permissions.length > names.size) throw new BadInput(field, `at most ${names.size} permissions`);
  permissions.forEach((permission, i) => {
    if (isOnSecrets(permission)) {
      throw new BadInput(
        `${field}.${i}`,
        'no permission about secrets or tags: grant access to secrets to users, groups and applications instead',
      );
    }
    if (!names.has(permission))
      throw new BadInput(`${field}.${i}`, 'an access and a type of resource, such as READ_WORKFLOW_DEF');
  });
  return [...new Set(permissions)];
}

/** No role can have one of these names, because the REST paths of lists of roles contain these words. */
const RESERVED = ['system', 'custom', 'permissions'];

/** Checks the name of a new custom role and returns the name. @throws BadInput that names `field` */
export function customRoleName(text: string, field: string): string {
  const name = newName(text, field);
  // A custom role must not look like a system role such as ADMIN.
  if (name.normalize('NFKC') !== name || /\p{Cf}/u.test(name))
    throw new BadInput(field, 'no invisible characters, and each character in its plain form (NFKC)');
  requirePathSegment(name, field);
  if (RESERVED.includes(name.toLowerCase())) throw new BadInput(field, `a name other than ${RESERVED.join(', ')}`);
  return name;
}
