// What granting and revoking come to, once it is decided that somebody may: in the transaction of whoever decided.
import type { Transaction } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Entry } from '../principals/directory.ts';
import { ordered, type Permission, type Target } from './permission.ts';
import * as store from './permission-store.ts';

/** Maximum number of grants that one grantor can make to one subject on one target. They differ in their expiry: grants with the same expiry are merged. */
const MOST_GRANTS = 20;

export interface Given {
  /** Whom, locked: changes to what one subject has happen one after the other. */
  subject: Entry;
  target: Target;
  /** The one secret it is to be good for; null for whichever has the name. */
  secretId: string | null;
  access: readonly Access[];
  expiresAt: Date | null;
  /** UUID. */
  by: string;
  now: Date;
}

/** Adds to what a subject has on a target, and gives the grant that it then has. @throws Conflict naming `field` */
export async function addTo(tx: Transaction, given: Given, field: string): Promise<Permission> {
  const { subject, target, secretId, access, expiresAt, by, now } = given;
  // INVARIANT: a grant has one grantor. Accesses are never added to another grantor's grant, because that would change who may revoke it.
  const held = (await store.findOn(tx, subject.id, target)).filter((one) => one.grantedBy === by);
  const same = held.find((one) => one.secretId === secretId && one.expiresAt?.getTime() === expiresAt?.getTime());
  if (same === undefined && held.length >= MOST_GRANTS)
    throw new Conflict(
      `A grantor can give a subject at most ${MOST_GRANTS} grants with different expiry times on a target. Revoke one, or reuse an expiry time.`,
      field,
    );
  const all = ordered([...(same?.access ?? []), ...access]);
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

/** Which grants on a target a revocation is about. */
export interface Taken {
  /** UUID of the subject, which is locked. */
  subjectId: string;
  target: Target;
  access: readonly Access[];
  /** Null takes from grants of every end. */
  expiresAt: Date | null;
  /** Leaves alone what is good for another secret only than this one; null leaves nothing alone. */
  secretId: string | null;
  /** UUID of the only grant to revoke from. Null: all matching grants. */
  permissionId: string | null;
}

/** What a subject has on a target, and what of it is concerned. */
export async function findTaken(
  tx: Transaction,
  { subjectId, target, access, expiresAt, secretId, permissionId }: Taken,
): Promise<{ current: Permission[]; concerned: Permission[] }> {
  const current = (await store.findOn(tx, subjectId, target)).filter(
    (held) => secretId === null || held.secretId === null || held.secretId === secretId,
  );
  const concerned = current.filter(
    (held) =>
      (permissionId === null || held.id === permissionId) &&
      (expiresAt === null || held.expiresAt?.getTime() === expiresAt.getTime()) &&
      held.access.some((one) => access.includes(one)),
  );
  return { current, concerned };
}

/** Takes these accesses from these grants, and gives the grants of what is left of them. */
export async function takeFrom(
  tx: Transaction,
  concerned: readonly Permission[],
  access: readonly Access[],
  { by, now }: { by: string; now: Date },
): Promise<Permission[]> {
  await store.end(
    tx,
    concerned.map((held) => held.id),
    now,
  );
  const left: Permission[] = [];
  for (const held of concerned) {
    const rest = held.access.filter((one) => !access.includes(one));
    if (rest.length > 0)
      left.push(await store.insert(tx, { ...held, access: rest, grantedBy: held.grantedBy ?? by, now }));
  }
  return left;
}
