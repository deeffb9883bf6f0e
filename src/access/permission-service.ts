import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Transaction } from '../database/client.ts';
import { BadInput, Escalation, Forbidden, NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type GlobalId, type IdKind, parseGlobalId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { nameKey } from '../primitives/name-key.ts';
import { requireVisible } from '../primitives/new-name.ts';
import { type Entry, eventSubjectOfEntry } from '../principals/directory.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import type { Authorizer } from './authorizer.ts';
import {
  kindForMessage,
  type Permission,
  requireSomeAccess,
  type SubjectRef,
  sortedAccesses,
  type Target,
} from './permission.ts';
import { addGrant, findGrantsToRevoke, revokeAccesses } from './permission-changes.ts';
import * as store from './permission-store.ts';
import { ACCESSES, heldUntil, type SecretWithCreator } from './policy.ts';
import { requireMayRevoke } from './revocation.ts';

export interface PermissionRequest {
  subject: SubjectRef;
  target: Target;
  access: readonly Access[];
  expiresAt?: Date | null | undefined;
}

export interface Revocation extends PermissionRequest {
  /** UUID of the only grant whose accesses are revoked. */
  permissionId?: Uuid | null | undefined;
}

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
export type LockSecret = (tx: Transaction, name: string) => Promise<(SecretWithCreator & { id: Uuid }) | undefined>;

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

  const describe = (
    subject: Entry,
    target: Target,
    permission: { access: readonly Access[]; expiresAt: Date | null },
  ) => ({
    subject: eventSubjectOfEntry(subject),
    target,
    access: permission.access,
    expiresAt: permission.expiresAt,
  });

  return {
    async grant(request) {
      const requested = requireSomeAccess(request.access, 'access');
      const expiresAt = request.expiresAt ?? null;
      requireGrantable(request);
      requireVisible(request.target.text, 'target');
      const { target } = request;
      const attempt = { action: 'PERMISSION_GRANT', subject: permissionSubject('', target) } as const;
      return audit.change(attempt, async (tx) => {
        const secret = await requireTarget(tx, target);
        if (target.kind === 'TAG') await raiseEpoch(tx);
        const subject = await requireSubject(tx, request.subject);
        if (secret !== null) {
          const paths = authorizer.paths(secret);
          for (const access of requested) {
            const until = heldUntil(paths, access);
            const forLonger = until instanceof Date && (expiresAt === null || expiresAt > until);
            if (until === undefined || forLonger) {
              const limit = forLonger ? ' until the expiry of this grant' : '';
              throw new Escalation(
                `You can grant only access that you hold. You do not hold ${access} on this secret${limit}.`,
                'access',
              );
            }
          }
        }
        // A grant from a caller without ADMIN applies only to the existing secret, and not to a secret that is created with this name later.
        const secretId = secret?.id ?? null;
        const permission = await addGrant(
          tx,
          { subject, target, secretId, access: requested, expiresAt, by: entitlements.id, now: clock.now() },
          'expiresAt',
        );
        const granted = permissionSubject(toGlobalId('PERMISSION', permission.id), target);
        const changes = describe(subject, target, { access: requested, expiresAt });
        return { result: permission, event: { ...attempt, subject: granted, changes } };
      });
    },

    async revoke(request) {
      requireGrantable(request);
      const { target, expiresAt } = request;
      const attempt = { action: 'PERMISSION_REVOKE', subject: permissionSubject('', target) } as const;
      return audit.change(attempt, async (tx) => {
        const secret = await requireTarget(tx, target, isCaller(request.subject));
        if (target.kind === 'TAG') await raiseEpoch(tx);
        const subject = await requireSubject(tx, request.subject);
        const revoked = request.access.length === 0 ? [...ACCESSES] : sortedAccesses(request.access);
        const { current, concerned } = await findGrantsToRevoke(tx, {
          subjectId: subject.id,
          target,
          access: revoked,
          expiresAt: expiresAt ?? null,
          secretId: secret?.id ?? null,
          permissionId: request.permissionId ?? null,
        });
        if (secret !== null) requireMayRevoke(authorizer, secret, concerned, clock.now(), 'access');
        const rest = await revokeAccesses(tx, concerned, revoked, { by: entitlements.id, now: clock.now() });
        const left = [...current.filter((held) => !concerned.includes(held)), ...rest];
        const ended = concerned.map((held) => toGlobalId('PERMISSION', held.id));
        const changes = { ...describe(subject, target, { access: revoked, expiresAt: expiresAt ?? null }), ended };
        return {
          result: left.find((held) => held.expiresAt === null) ?? left[0] ?? null,
          event: { ...attempt, subject: permissionSubject(ended[0] ?? '', target), changes },
        };
      });
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

/**
 * Returns the subject of the audit event of a change of grants. A query of the audit log finds the events of a secret by the secret's name.
 * Therefore, for a grant on another kind of resource, the subject's name is the kind followed by the resource's name.
 */
function permissionSubject(id: GlobalId | '', { kind, text }: Target): EventSubject {
  return { kind: 'PERMISSION', id, name: kind === 'TAG' || kind === 'SECRET' ? text : `${kind}/${text}` };
}

function kindOf(ref: SubjectRef): IdKind | undefined {
  return 'id' in ref ? parseGlobalId(ref.id)?.kind : ref.kind;
}

/** Returns the field of the request that contains the subject. */
function fieldOf(ref: SubjectRef): string {
  return 'id' in ref ? 'subjectId' : 'subject';
}

/** @throws BadInput if the subject is a role and the target is a tag or a secret */
function requireGrantable({ subject, target }: PermissionRequest): void {
  if (kindOf(subject) !== 'ROLE' || (target.kind !== 'TAG' && target.kind !== 'SECRET')) return;
  throw new BadInput(
    fieldOf(subject),
    'a user, a group or an application: a role cannot have grants on secrets and tags',
  );
}
