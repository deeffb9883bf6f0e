// Who may do what with a secret, decided from facts alone, with every reason. Nothing here waits, asks or forgets.
import type { Access, Role } from '../generated/vocabulary.ts';
import type { Entitlements, Grant, GroupRef } from '../principals/principal.ts';

export const ACCESSES = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const satisfies readonly Access[];

/** Any of these lets a caller see that there is such a secret. CREATE alone does not. */
export const SEEING = ['READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const satisfies readonly Access[];

/** What is known of a secret: its labels, and the grants on its name to the principal asked about. */
export interface SecretLabels {
  name: string;
  tags: readonly string[];
  nameGrants: readonly Grant[];
}

/** One way to some accesses: a role, or a grant, perhaps through a group, perhaps through a tag. */
export interface AccessPath {
  access: readonly Access[];
  role: Role | null;
  grant: Grant | null;
  group: GroupRef | null;
  tag: string | null;
  /** When this way ends; null for never. */
  until: Date | null;
}

/** Every path by which `entitlements` give access to `secret`. Without a path there is no access. No grant denies access. */
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

/** The accesses of all ways together. */
export function union(paths: readonly AccessPath[]): Set<Access> {
  return new Set(paths.flatMap((path) => path.access));
}

/** Whether one of the ways gives one of these. */
export function gives(paths: readonly AccessPath[], ...accesses: readonly Access[]): boolean {
  return paths.some((path) => path.access.some((access) => accesses.includes(access)));
}

/** Whether the secret shows at all. */
export function isVisible(paths: readonly AccessPath[]): boolean {
  return gives(paths, ...SEEING);
}

/** Until when `access` is held: a time, `null` for ever, `undefined` not at all. */
export function heldUntil(paths: readonly AccessPath[], access: Access): Date | null | undefined {
  let latest: Date | null | undefined;
  for (const path of paths) {
    if (!path.access.includes(access)) continue;
    if (path.until === null) return null;
    if (latest === undefined || latest === null || path.until > latest) latest = path.until;
  }
  return latest;
}

/** The accesses that `after` gives and `before` did not, or gives for longer. */
export function gained(before: readonly AccessPath[], after: readonly AccessPath[]): Access[] {
  return ACCESSES.filter((access) => {
    const now = heldUntil(after, access);
    const then = heldUntil(before, access);
    if (now === undefined || then === null) return false;
    return then === undefined || now === null || now > then;
  });
}

/** UUIDs that grants to a principal may name: its own, and those of its groups. */
export function subjectsOf({ id, groups }: Pick<Entitlements, 'id' | 'groups'>): string[] {
  return [id, ...groups.map((group) => group.id)];
}

export function holds(entitlements: Entitlements, ...roles: Role[]): boolean {
  return entitlements.roles.some((held) => roles.includes(held.role));
}

/** Whether a secret of this name with these tags may be created: by role, or by CREATE on the name or on one of the tags. */
export function mayCreateSecret(entitlements: Entitlements, secret: SecretLabels, now: Date): boolean {
  if (holds(entitlements, 'ADMIN', 'USER', 'METADATA_MANAGER')) return true;
  return gives(accessTo(entitlements, secret, now), 'CREATE');
}

/** The parts of a grant on a secret's name that decide who may revoke it. */
export interface GivenGrant {
  subjectId: string;
  grantedBy: string | null;
  /** Null if an administrator made the grant: such a grant is on the name, not on one secret. */
  secretId: string | null;
}

/** The parts of a secret that decide who may remove access to it: its creator, its labels and the caller's grants. */
export interface Shared extends SecretLabels {
  createdBy: string | null;
}

/**
 * Whether `entitlements` allow to revoke this grant on the name of `secret`. ADMIN may revoke any grant. Everyone may revoke a grant to themselves. A
 * principal with UPDATE on the secret may also revoke grants that it made and, if it created the secret, grants that no administrator made.
 */
export function mayRevoke(entitlements: Entitlements, secret: Shared, grant: GivenGrant, now: Date): boolean {
  if (holds(entitlements, 'ADMIN') || grant.subjectId === entitlements.id) return true;
  if (!gives(accessTo(entitlements, secret, now), 'UPDATE')) return false;
  return grant.grantedBy === entitlements.id || (secret.createdBy === entitlements.id && grant.secretId !== null);
}

/** A tag of a secret, and the principal who added it. */
export interface CarriedTag {
  tag: string;
  taggedBy: string | null;
  /** Whether that principal was an administrator when it added the tag. */
  taggedByAdmin: boolean;
  /** Whether a grant on the tag gives access to anyone but the caller. */
  sharing: boolean;
}

/**
 * Whether `entitlements` with UPDATE on `secret` allow to remove this tag. Only ADMIN removes one that an administrator added, also before anybody is
 * granted something on it: a caller that removed and added it again would count as its tagger. Another tag that gives others access is removed by
 * its tagger, by the secret's creator and by ADMIN.
 */
export function mayUntag(entitlements: Entitlements, secret: Pick<Shared, 'createdBy'>, tag: CarriedTag): boolean {
  if (holds(entitlements, 'ADMIN')) return true;
  if (tag.taggedByAdmin) return false;
  return !tag.sharing || tag.taggedBy === entitlements.id || secret.createdBy === entitlements.id;
}

/**
 * Whether `entitlements` allow to put a secret under a name. While others have access by the name (`claimed`), they would use that secret in place of the
 * one that their access was meant for: then this needs ADMIN, or CREATE on the name itself.
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

/** Whether `entitlements` allow to manage an application that was created by `createdBy`, the UUID of a principal. */
export function mayManageApplication(entitlements: Entitlements, application: { createdBy: string | null }): boolean {
  return holds(entitlements, 'ADMIN', 'APPLICATION_MANAGER') || application.createdBy === entitlements.id;
}

/** Roles that whoever manages an application can give it; all others only ADMIN gives and takes. */
export const FREE_APPLICATION_ROLES: readonly Role[] = ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'];

/** Whether the principal sees every application. Other principals see themselves and the applications that they created. */
export function maySeeEveryApplication(entitlements: Entitlements): boolean {
  return maySeeAll(entitlements) || holds(entitlements, 'APPLICATION_MANAGER');
}

/** Whether the principal reads and changes all environment variables, and all tags of workflow and task definitions. */
export function mayManageMetadata(entitlements: Entitlements): boolean {
  return holds(entitlements, 'ADMIN', 'METADATA_MANAGER');
}

/** Any of these on an environment variable lets one read it: it is configuration, and nobody uses it without seeing it. */
export const READING_VARIABLES = ['READ', 'EXECUTE'] as const satisfies readonly Access[];

/**
 * Whether an environment variable shows, value and all: by role, or by a grant on its name or on a tag that it carries. AUDITOR has no part
 * in it, since it never reads a value. `accessibleVariables` (reached.ts) says the same in SQL.
 */
export function mayReadVariable(entitlements: Entitlements, variable: SecretLabels, now: Date): boolean {
  if (mayManageMetadata(entitlements)) return true;
  return gives(accessTo(entitlements, variable, now), ...READING_VARIABLES);
}

/** Whether the principal sees the permissions of all principals, all principals and the audit log. */
export function maySeeAll(entitlements: Entitlements): boolean {
  return holds(entitlements, 'ADMIN', 'AUDITOR');
}
