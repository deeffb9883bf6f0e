// The access rules: functions that decide from a principal's entitlements and a secret's labels which accesses the principal has, and why. All
// functions in this file are pure.
import type { Access, Role } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Entitlements, Grant, GroupRef } from '../principals/principal.ts';

export const ACCESSES = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const satisfies readonly Access[];

/** A principal with one of these accesses to a secret sees that the secret exists. A principal with only CREATE does not see the secret. */
export const ACCESSES_TO_SEE_SECRET = ['READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const satisfies readonly Access[];

/**
 * The data of a secret that decides which accesses a principal has: the secret's name, the secret's tags, and the principal's grants on the secret's
 * name.
 */
export interface SecretLabels {
  name: string;
  tags: readonly TagText[];
  nameGrants: readonly Grant[];
}

/** An access path is a role or a grant that gives a principal accesses to a secret. The path can lead through a group or a tag. */
export interface AccessPath {
  access: readonly Access[];
  role: Role | null;
  grant: Grant | null;
  group: GroupRef | null;
  tag: TagText | null;
  /** The expiry time of this path; null if the path does not expire. */
  until: Date | null;
}

/**
 * Returns all paths that give a principal access to `secret`. Without a path, the principal has no access. No rule removes access that a path gives.
 */
export function accessTo(
  entitlements: Pick<Entitlements, 'roles' | 'tagGrants'>,
  secret: SecretLabels,
  now: Date,
): AccessPath[] {
  const paths: AccessPath[] = [];
  for (const { role, group } of entitlements.roles) {
    if (role === 'ADMIN') paths.push({ access: ACCESSES, role, grant: null, group, tag: null, until: null });
  }
  const add = (grant: Grant) => {
    const { access, group, tag, expiresAt } = grant;
    if (expiresAt === null || expiresAt > now) paths.push({ access, role: null, grant, group, tag, until: expiresAt });
  };
  for (const grant of secret.nameGrants) add(grant);
  for (const grant of entitlements.tagGrants) if (grant.tag !== null && secret.tags.includes(grant.tag)) add(grant);
  return paths;
}

/** Returns all accesses that at least one of the paths gives. */
export function union(paths: readonly AccessPath[]): Set<Access> {
  return new Set(paths.flatMap((path) => path.access));
}

/** Whether at least one of the paths gives at least one of these accesses. */
export function gives(paths: readonly AccessPath[], ...accesses: readonly Access[]): boolean {
  return paths.some((path) => path.access.some((access) => accesses.includes(access)));
}

/** Whether the paths let the principal see that the secret exists. */
export function isVisible(paths: readonly AccessPath[]): boolean {
  return gives(paths, ...ACCESSES_TO_SEE_SECRET);
}

/** Returns the time until which the paths give `access`. Returns null if the access never expires, and undefined if no path gives the access. */
export function heldUntil(paths: readonly AccessPath[], access: Access): Date | null | undefined {
  let latest: Date | null | undefined;
  for (const path of paths) {
    if (!path.access.includes(access)) continue;
    if (path.until === null) return null;
    if (latest === undefined || latest === null || path.until > latest) latest = path.until;
  }
  return latest;
}

/** Returns the accesses that only the paths `after` give, and the accesses that the paths `after` give for a longer time than the paths `before`. */
export function gained(before: readonly AccessPath[], after: readonly AccessPath[]): Access[] {
  return ACCESSES.filter((access) => {
    const now = heldUntil(after, access);
    const then = heldUntil(before, access);
    if (now === undefined || then === null) return false;
    return then === undefined || now === null || now > then;
  });
}

/** Returns the UUIDs of the subjects whose grants a principal has: the principal's own UUID, and the UUIDs of its groups. */
export function subjectsOf({ id, groups }: Pick<Entitlements, 'id' | 'groups'>): Uuid[] {
  return [id, ...groups.map((group) => group.id)];
}

/** Whether the principal has one of these roles. */
export function holds(entitlements: Entitlements, ...roles: Role[]): boolean {
  return entitlements.roles.some((held) => roles.includes(held.role));
}

/**
 * Whether the principal may create a secret with this name and these tags. The principal needs ADMIN, USER, METADATA_MANAGER, or CREATE on the name
 * or on one of the tags.
 */
export function mayCreateSecret(entitlements: Entitlements, secret: SecretLabels, now: Date): boolean {
  if (holds(entitlements, 'ADMIN', 'USER', 'METADATA_MANAGER')) return true;
  return gives(accessTo(entitlements, secret, now), 'CREATE');
}

/** The parts of a grant on a secret's name that decide who may revoke the grant. */
export interface RevocableGrant {
  subjectId: Uuid;
  grantedBy: Uuid | null;
  /** Null if an administrator made the grant, because such a grant applies to every secret with the name. */
  secretId: Uuid | null;
}

/** The parts of a secret that decide who may remove access to the secret: its creator, its labels and the caller's grants. */
export interface SecretWithCreator extends SecretLabels {
  createdBy: Uuid | null;
}

/**
 * Whether the principal may revoke this grant on the name of `secret`. A principal with ADMIN may revoke every grant. Every principal may revoke a
 * grant to itself. A principal with UPDATE on the secret may also revoke grants that the principal itself made. If the secret's creator has UPDATE,
 * the creator may also revoke all grants that no administrator made.
 */
export function mayRevoke(
  entitlements: Entitlements,
  secret: SecretWithCreator,
  grant: RevocableGrant,
  now: Date,
): boolean {
  if (holds(entitlements, 'ADMIN') || grant.subjectId === entitlements.id) return true;
  if (!gives(accessTo(entitlements, secret, now), 'UPDATE')) return false;
  return grant.grantedBy === entitlements.id || (secret.createdBy === entitlements.id && grant.secretId !== null);
}

/** A tag of a secret, and the principal who added it. */
export interface SecretTag {
  tag: TagText;
  taggedBy: Uuid | null;
  /** Whether the principal in `taggedBy` was an administrator when the principal added the tag. */
  taggedByAdmin: boolean;
  /** Whether a grant on this tag gives access to principals other than the caller. */
  sharesAccess: boolean;
}

/**
 * Whether a principal with UPDATE on `secret` may remove this tag. Only a principal with ADMIN may remove a tag that an administrator added, even if
 * no grant on the tag exists yet. Otherwise a caller could remove the tag, add it again, and be the principal who added it. A tag that no
 * administrator added may give other principals access. Such a tag can be removed only by the principal who added the tag, by the secret's creator,
 * and by principals with ADMIN.
 */
export function mayRemoveTag(
  entitlements: Entitlements,
  secret: Pick<SecretWithCreator, 'createdBy'>,
  tag: SecretTag,
): boolean {
  if (holds(entitlements, 'ADMIN')) return true;
  if (tag.taggedByAdmin) return false;
  return !tag.sharesAccess || tag.taggedBy === entitlements.id || secret.createdBy === entitlements.id;
}

/**
 * Whether the principal may give a secret this name. If `claimed` is true, other principals have access through the name. They would then have access
 * to a new secret that the grantors did not know. To use a claimed name, the principal needs ADMIN, or CREATE on the name itself.
 */
export function mayClaimName(
  entitlements: Entitlements,
  nameGrants: readonly Grant[],
  claimed: boolean,
  now: Date,
): boolean {
  if (holds(entitlements, 'ADMIN') || !claimed) return true;
  return gives(accessTo({ roles: [], tagGrants: [] }, { name: '', tags: [], nameGrants }, now), 'CREATE');
}

export function mayCreateApplication(entitlements: Entitlements): boolean {
  return holds(entitlements, 'ADMIN', 'USER', 'APPLICATION_CREATOR', 'APPLICATION_MANAGER');
}

/** Whether the principal manages an application. `createdBy` is the UUID of the application's creator. */
export function mayManageApplication(entitlements: Entitlements, application: { createdBy: Uuid | null }): boolean {
  return holds(entitlements, 'ADMIN', 'APPLICATION_MANAGER') || application.createdBy === entitlements.id;
}

/**
 * The roles that the manager of an application can assign to the application. Only a principal with ADMIN can assign or remove a role that is not in
 * this list.
 */
export const FREE_APPLICATION_ROLES: readonly Role[] = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'];

/** Whether the principal sees every application. A principal for which the result is false sees only itself and the applications that it created. */
export function maySeeEveryApplication(entitlements: Entitlements): boolean {
  return maySeeAll(entitlements) || holds(entitlements, 'APPLICATION_MANAGER');
}

/** Whether the principal reads and changes all environment variables and all tags of workflow and task definitions. */
export function mayManageMetadata(entitlements: Entitlements): boolean {
  return holds(entitlements, 'ADMIN', 'METADATA_MANAGER');
}

/**
 * A principal with one of these accesses to an environment variable can read its value. EXECUTE is enough, because an environment variable is
 * configuration and cannot be used without its value.
 */
export const ACCESSES_TO_READ_VARIABLE = ['READ', 'EXECUTE'] as const satisfies readonly Access[];

/**
 * Whether the principal sees an environment variable and its value. The principal needs ADMIN, METADATA_MANAGER, or a grant on the variable's name or
 * on one of its tags. The role AUDITOR is not enough, because an AUDITOR never reads a value. `accessibleVariables` (access-filter.ts) implements the
 * rule of this function in SQL.
 */
export function mayReadVariable(entitlements: Entitlements, variable: SecretLabels, now: Date): boolean {
  if (mayManageMetadata(entitlements)) return true;
  return gives(accessTo(entitlements, variable, now), ...ACCESSES_TO_READ_VARIABLE);
}

/** Whether the principal sees all grants, all principals and the audit log. */
export function maySeeAll(entitlements: Entitlements): boolean {
  return holds(entitlements, 'ADMIN', 'AUDITOR');
}
