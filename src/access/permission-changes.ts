// Adds and revokes grants in the database. Before a change, the calling code must check, in the same transaction, that the change is allowed.
import type { Transaction } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Entry } from '../principals/directory.ts';
import { type Permission, sortedAccesses, type Target } from './permission.ts';
import * as store from './permission-store.ts';

/**
 * The maximum number of grants from one grantor to one subject on one target. Each of these grants has a different expiry time, because grants with
 * equal expiry times are merged.
 */
const MOST_GRANTS = 20;

/** A grant that a principal adds. */
export interface NewGrant {
  /**
   * The subject of the grant. The calling code has locked the subject's row, so that changes to the grants of one subject happen one after another.
   */
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

/** Adds accesses to a subject's grants on a target. Returns the new or extended grant. @throws Conflict that names `field` */
export async function addGrant(tx: Transaction, given: NewGrant, field: string): Promise<Permission> {
  const { subject, target, secretId, access, expiresAt, by, now } = given;
  // INVARIANT: a grant has one grantor. Accesses are never added to a grant of another grantor, because the grantor of a grant decides who may revoke
  // the grant.
  const held = (await store.findOn(tx, subject.id, target)).filter((grant) => grant.grantedBy === by);
  const same = held.find((grant) => grant.secretId === secretId && grant.expiresAt?.getTime() === expiresAt?.getTime());
  if (same === undefined && held.length >= MOST_GRANTS)
    throw new Conflict(
      `A grantor can give a subject at most ${MOST_GRANTS} grants with different expiry times on a target. Revoke one of these grants, or use one of their expiry times.`,
      field,
    );
  const all = sortedAccesses([...(same?.access ?? []), ...access]);
  if (same !== undefined && all.length === same.access.length) return same;
  if (same !== undefined) await store.end(tx, [same.id], now);
  return store.insert(tx, {
    subjectKind: subject.kind,
    subjectId: subject.id,
    target,
    secretId,
    access: all,
    expiresAt,
    grantedBy: by,
    now,
  });
}

/** A revocation selects the grants that satisfy all these criteria. */
export interface GrantSelection {
  /** UUID of the subject of the grants. The calling code has locked the subject's row. */
  subjectId: Uuid;
  target: Target;
  access: readonly Access[];
  /** If not null, the revocation concerns only grants with this expiry time. */
  expiresAt: Date | null;
  /** If not null, the revocation ignores grants that apply only to a secret with a different UUID. */
  secretId: Uuid | null;
  /** UUID of the only grant that the revocation concerns. Null if the revocation concerns all matching grants. */
  permissionId: Uuid | null;
}

/** Reads a subject's grants on a target: all current grants, and the grants that the revocation concerns. */
export async function findGrantsToRevoke(
  tx: Transaction,
  { subjectId, target, access, expiresAt, secretId, permissionId }: GrantSelection,
): Promise<{ current: Permission[]; concerned: Permission[] }> {
  const current = (await store.findOn(tx, subjectId, target)).filter(
    (held) => secretId === null || held.secretId === null || held.secretId === secretId,
  );
  const concerned = current.filter(
    (held) =>
      (permissionId === null || held.id === permissionId) &&
      (expiresAt === null || held.expiresAt?.getTime() === expiresAt.getTime()) &&
      held.access.some((name) => access.includes(name)),
  );
  return { current, concerned };
}

/**
 * Revokes the accesses in `access` from grants. If a revoked grant also contains accesses that are not in `access`, a new grant with these accesses
 * replaces the revoked grant. Returns the new grants.
 */
export async function revokeAccesses(
  tx: Transaction,
  concerned: readonly Permission[],
  access: readonly Access[],
  { by, now }: { by: Uuid; now: Date },
): Promise<Permission[]> {
  await store.end(
    tx,
    concerned.map((held) => held.id),
    now,
  );
  const left: Permission[] = [];
  for (const held of concerned) {
    const rest = held.access.filter((name) => !access.includes(name));
    if (rest.length > 0)
      left.push(await store.insert(tx, { ...held, access: rest, grantedBy: held.grantedBy ?? by, now }));
  }
  return left;
}
