// Computes which grants a request ends and begins. The functions are pure. Before a change, the calling code must check that the change is allowed.
import { Conflict } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import type { Entry } from '../principals/directory.ts';
import { type Permission, sortedAccesses, type Target } from './permission.ts';

/**
 * The maximum number of grants from one grantor to one subject on one target. Each of these grants has a different expiry time, because grants with
 * equal expiry times are merged.
 */
export const MOST_GRANTS = 20;

/** The grants that a request ends, and the new grants. */
export interface GrantChanges {
  ended: readonly Permission[];
  begun: readonly Permission[];
}

/** A grant that a principal adds. */
export interface NewGrant {
  subject: Entry;
  target: Target;
  /** UUID of the only secret to which the grant applies. Null if the grant applies to every secret with the name. */
  secretId: Uuid | null;
  access: readonly Access[];
  expiresAt: Date | null;
  /** UUID of the grantor. */
  by: Uuid;
  now: Date;
}

/**
 * Adds accesses to a subject's grants on a target. `current` is all current grants of the subject on the target. Also returns the new or extended
 * grant. @throws Conflict that names `field`
 */
export function addGrant(
  current: readonly Permission[],
  { subject, target, secretId, access, expiresAt, by, now }: NewGrant,
  field: string,
): GrantChanges & { grant: Permission } {
  // INVARIANT: a grant has one grantor. Accesses are never added to a grant of another grantor, because the grantor of a grant decides who may revoke
  // the grant.
  const held = current.filter((grant) => grant.grantedBy === by);
  const same = held.find((grant) => grant.secretId === secretId && grant.expiresAt?.getTime() === expiresAt?.getTime());
  if (same === undefined && held.length >= MOST_GRANTS)
    throw new Conflict(
      `A grantor can give a subject at most ${MOST_GRANTS} grants with different expiry times on a target. Revoke one of these grants, or use one of their expiry times.`,
      field,
    );
  const all = sortedAccesses([...(same?.access ?? []), ...access]);
  if (same !== undefined && all.length === same.access.length) return { ended: [], begun: [], grant: same };
  const grant = {
    ...{ id: newId(), subjectKind: subject.kind, subjectId: subject.id, target, secretId },
    ...{ access: all, expiresAt, grantedBy: by, grantedAt: now },
  };
  return { ended: same === undefined ? [] : [same], begun: [grant], grant };
}

/** A revocation selects the grants that satisfy all these criteria. */
export interface GrantSelection {
  access: readonly Access[];
  /** If not null, the revocation concerns only grants with this expiry time. */
  expiresAt: Date | null;
  /** If not null, the revocation ignores grants that apply only to a secret with a different UUID. */
  secretId: Uuid | null;
  /** UUID of the only grant that the revocation concerns. Null if the revocation concerns all matching grants. */
  permissionId: Uuid | null;
}

/** Returns the grants that a revocation does not ignore, and of these the grants that the revocation concerns. */
export function findGrantsToRevoke(
  held: readonly Permission[],
  { access, expiresAt, secretId, permissionId }: GrantSelection,
): { current: Permission[]; concerned: Permission[] } {
  const current = held.filter((grant) => secretId === null || grant.secretId === null || grant.secretId === secretId);
  const concerned = current.filter(
    (grant) =>
      (permissionId === null || grant.id === permissionId) &&
      (expiresAt === null || grant.expiresAt?.getTime() === expiresAt.getTime()) &&
      grant.access.some((name) => access.includes(name)),
  );
  return { current, concerned };
}

/**
 * Revokes the accesses in `access` from grants. If a revoked grant also contains accesses that are not in `access`, a new grant with these accesses
 * replaces the revoked grant.
 */
export function revokeAccesses(
  concerned: readonly Permission[],
  access: readonly Access[],
  { by, now }: { by: Uuid; now: Date },
): GrantChanges {
  const begun = concerned.flatMap((grant) => {
    const rest = grant.access.filter((name) => !access.includes(name));
    if (rest.length === 0) return [];
    return [{ ...grant, id: newId(), access: rest, grantedBy: grant.grantedBy ?? by, grantedAt: now }];
  });
  return { ended: concerned, begun };
}
