import type { NewEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Transaction } from '../database/client.ts';
import { Forbidden, NotFound } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { toGlobalId } from '../primitives/ids.ts';
import { nameKey } from '../primitives/name-key.ts';
import { type Entry, eventSubjectOfEntry } from '../principals/directory.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import type { Authorizer } from './authorizer.ts';
import {
  attemptOf,
  checkGrant,
  decideGrant,
  decideRevocation,
  describe,
  fieldOf,
  type GrantsToChange,
  type PermissionRequest,
  permissionSubject,
  type Revocation,
  requireGrantable,
  type SecretOfGrant,
} from './grant-decisions.ts';
import { kindForMessage, type Permission, type SubjectRef, type Target } from './permission.ts';
import * as store from './permission-store.ts';

/** Changes grants for one caller. */
export interface PermissionService {
  /**
   * Adds accesses to the subject's grants on the target. Returns the new or extended grant.
   * @throws NotFound if the subject does not exist or the caller does not see the secret; Forbidden; Escalation; BadInput
   */
  grant(request: PermissionRequest): Promise<Permission>;
  /**
   * Revokes all grants that match the request. If the caller may not revoke one of the matching grants, no grant is revoked. Returns a grant that the
   * subject still has on the target, or null.
   * @throws NotFound, Forbidden with the `permissions` that the caller may not revoke
   */
  revoke(request: Revocation): Promise<Permission | null>;
  /** Revokes all grants to a subject, or only its grants on targets of one kind. Returns the number of revoked grants. @throws Forbidden, NotFound */
  revokeAll(subject: SubjectRef, kind: Target['kind'] | null): Promise<number>;
}

/**
 * Reads the live secret with a name, its labels and its creator, and locks the secret if the caller sees it. The code in src/secrets provides this
 * function.
 */
export type LockSecret = (tx: Transaction, name: string) => Promise<SecretOfGrant | undefined>;

export interface PermissionServiceDeps {
  authorizer: Authorizer;
  audit: AuditLog;
  lockSecret: LockSecret;
  clock: Clock;
}

export function permissionService({ authorizer, audit, lockSecret, clock }: PermissionServiceDeps): PermissionService {
  const { entitlements } = authorizer;

  /**
   * Checks that the caller may change grants on the target. Returns the secret that the target names. Returns null for a caller with ADMIN, who may
   * change every grant. A caller who revokes its own grants (`own`) needs no UPDATE on the secret, but must see the secret.
   */
  const requireTarget = async (tx: Transaction, target: Target, own = false) => {
    if (authorizer.isAdmin) return null;
    if (target.kind === 'TAG') throw new Forbidden('Only ADMIN can change grants on a tag.', 'target');
    if (target.kind !== 'SECRET')
      throw new Forbidden('Only ADMIN can change grants on a resource of a workflow engine.', 'target');
    const secret = await lockSecret(tx, target.text);
    if (own && secret !== undefined && authorizer.sees(secret)) return secret;
    return authorizer.require('UPDATE', secret, 'target.secret');
  };

  const isCaller = (ref: SubjectRef): boolean =>
    'id' in ref
      ? ref.id === toGlobalId(entitlements.kind, entitlements.id)
      : ref.kind === entitlements.kind && nameKey(ref.name) === nameKey(entitlements.name);

  /** Finds and locks the subject, so that changes to the grants of one subject happen one after another. */
  const requireSubject = async (tx: Transaction, ref: SubjectRef): Promise<Entry> => {
    const subject = await store.lockSubject(tx, ref);
    if (subject === undefined) throw new NotFound(kindForMessage(ref), fieldOf(ref));
    return subject;
  };

  /** Locks the rows that decide about a change of grants, and reads these rows. The other arguments are as for `requireTarget`. */
  const lock = async (tx: Transaction, target: Target, ref: SubjectRef, own = false): Promise<GrantsToChange> => {
    const secret = await requireTarget(tx, target, own);
    if (target.kind === 'TAG') await raiseEpoch(tx);
    const subject = await requireSubject(tx, ref);
    const held = await store.findOn(tx, subject.id, target);
    return { authorizer, secret, subject, target, held, raisesEpoch: false, now: clock.now() };
  };

  return {
    async grant(request) {
      const checked = checkGrant(request);
      const { target, subject } = request;
      return audit.change(attemptOf('PERMISSION_GRANT', target), async (tx) =>
        decideGrant(await lock(tx, target, subject), checked),
      );
    },

    async revoke(request) {
      requireGrantable(request);
      const { target, subject } = request;
      return audit.change(attemptOf('PERMISSION_REVOKE', target), async (tx) =>
        decideRevocation(await lock(tx, target, subject, isCaller(subject)), request),
      );
    },

    revokeAll: (ref, kind) =>
      audit.change({ action: 'PERMISSION_REVOKE', subject: null }, async (tx) => {
        authorizer.requireRole('Only ADMIN can revoke all grants to a subject.', 'ADMIN');
        // Only grants on tags are part of cached entitlements, so only a change of grants on tags must raise the epoch.
        if (kind === null || kind === 'TAG') await raiseEpoch(tx);
        const subject = await requireSubject(tx, ref);
        const ended = await store.endHeld(tx, subject.id, kind, clock.now());
        const [first, ...others] = ended.map(
          (permission): NewEvent => ({
            id: permission.endedByEvent,
            action: 'PERMISSION_REVOKE',
            subject: permissionSubject(toGlobalId('PERMISSION', permission.id), permission.target),
            changes: describe(subject, permission.target, permission),
          }),
        );
        // A revocation is recorded in the audit log even if no grant matches.
        const nothing = {
          action: 'PERMISSION_REVOKE',
          subject: null,
          changes: { subject: eventSubjectOfEntry(subject) },
        } as const;
        return { result: ended.length, events: [...others, first ?? nothing] };
      }),
  };
}
