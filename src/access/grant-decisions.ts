// Decides about grants and revocations. The calling code has read the rows that decide, and checks that the caller may change grants on the target.
import type { Attempt, EventSubject } from '../audit/audit-event.ts';
import type { Audited } from '../audit/audit-log.ts';
import { eventId } from '../audit/event-id.ts';
import { BadInput, Escalation } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { type GlobalId, type IdKind, parseGlobalId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { requireVisible } from '../primitives/new-name.ts';
import { type Entry, eventSubjectOfEntry } from '../principals/directory.ts';
import type { Authorizer } from './authorizer.ts';
import { changeOfGrants } from './grant-kind.ts';
import { type Permission, requireSomeAccess, type SubjectRef, sortedAccesses, type Target } from './permission.ts';
import { addGrant, findGrantsToRevoke, type GrantChanges, revokeAccesses } from './permission-changes.ts';
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

/** The secret on which a caller without ADMIN changes grants. */
export type SecretOfGrant = SecretWithCreator & { id: Uuid; revision: number };

/** The data that decides about a change of grants. */
export interface GrantsToChange {
  authorizer: Authorizer;
  /** Null for a caller with ADMIN, who may change every grant. */
  secret: SecretOfGrant | null;
  subject: Entry;
  target: Target;
  /** All current grants of the subject on the target, in the order of their ids. */
  held: readonly Permission[];
  /** Whether the statement that makes the change raises the epoch of the entitlements. */
  raisesEpoch: boolean;
  now: Date;
}

/** A grant whose fields were checked. */
export interface CheckedGrant {
  access: Access[];
  expiresAt: Date | null;
}

/** @throws BadInput */
export function checkGrant(request: PermissionRequest): CheckedGrant {
  const access = requireSomeAccess(request.access, 'access');
  requireGrantable(request);
  requireVisible(request.target.text, 'target');
  return { access, expiresAt: request.expiresAt ?? null };
}

/** @throws Escalation; Conflict if the subject has too many grants */
export function decideGrant(data: GrantsToChange, { access, expiresAt }: CheckedGrant): Audited<Permission> {
  const { authorizer, secret, subject, target, held, now } = data;
  if (secret !== null) {
    const paths = authorizer.paths(secret);
    for (const name of access) {
      const until = heldUntil(paths, name);
      const forLonger = until instanceof Date && (expiresAt === null || expiresAt > until);
      if (until === undefined || forLonger) {
        const limit = forLonger ? ' until the expiry of this grant' : '';
        throw new Escalation(
          `You can grant only access that you hold. You do not hold ${name} on this secret${limit}.`,
          'access',
        );
      }
    }
  }
  // A grant from a caller without ADMIN applies only to the existing secret, and not to a secret that is created with this name later.
  const secretId = secret?.id ?? null;
  const given = { subject, target, secretId, access, expiresAt, by: authorizer.entitlements.id, now };
  const { grant, ...changes } = addGrant(held, given, 'expiresAt');
  return changed(data, 'PERMISSION_GRANT', {
    result: grant,
    grantId: grant.id,
    changes,
    details: describe(subject, target, { access, expiresAt }),
  });
}

/** @throws Forbidden with the `permissions` that the caller may not revoke */
export function decideRevocation(data: GrantsToChange, request: Revocation): Audited<Permission | null> {
  const { authorizer, secret, subject, target, held, now } = data;
  const expiresAt = request.expiresAt ?? null;
  const access = request.access.length === 0 ? [...ACCESSES] : sortedAccesses(request.access);
  const { current, concerned } = findGrantsToRevoke(held, {
    ...{ access, expiresAt, secretId: secret?.id ?? null, permissionId: request.permissionId ?? null },
  });
  if (secret !== null) requireMayRevoke(authorizer, secret, concerned, now, 'access');
  const changes = revokeAccesses(concerned, access, { by: authorizer.entitlements.id, now });
  const left = [...current.filter((grant) => !concerned.includes(grant)), ...changes.begun];
  const ended = concerned.map((grant) => toGlobalId('PERMISSION', grant.id));
  return changed(data, 'PERMISSION_REVOKE', {
    result: left.find((grant) => grant.expiresAt === null) ?? left[0] ?? null,
    grantId: concerned[0]?.id,
    changes,
    details: { ...describe(subject, target, { access, expiresAt }), ended },
  });
}

function changed<T>(
  { target, now, ...data }: GrantsToChange,
  action: GrantAction,
  {
    result,
    grantId,
    changes,
    details,
  }: { result: T; grantId: Uuid | undefined; changes: GrantChanges; details: Record<string, unknown> },
): Audited<T> {
  const id = eventId(now);
  const subject = permissionSubject(grantId === undefined ? '' : toGlobalId('PERMISSION', grantId), target);
  return {
    result,
    event: { id, action, subject, changes: details },
    change: changeOfGrants({ ...data, target, changes, event: id, at: now }),
  };
}

type GrantAction = 'PERMISSION_GRANT' | 'PERMISSION_REVOKE';

/** The attempt to change grants on a target, before a grant is found. */
export function attemptOf(action: GrantAction, target: Target): Attempt {
  return { action, subject: permissionSubject('', target) };
}

/** Describes grants in an audit event. */
export function describe(
  subject: Entry,
  target: Target,
  { access, expiresAt }: { access: readonly Access[]; expiresAt: Date | null },
) {
  return { subject: eventSubjectOfEntry(subject), target, access, expiresAt };
}

/**
 * Returns the subject of the audit event of a change of grants. A query of the audit log finds the events of a secret by the secret's name.
 * Therefore, for a grant on another kind of resource, the subject's name is the kind followed by the resource's name.
 */
export function permissionSubject(id: GlobalId | '', { kind, text }: Target): EventSubject {
  return { kind: 'PERMISSION', id, name: kind === 'TAG' || kind === 'SECRET' ? text : `${kind}/${text}` };
}

function kindOf(ref: SubjectRef): IdKind | undefined {
  return 'id' in ref ? parseGlobalId(ref.id)?.kind : ref.kind;
}

/** Returns the field of the request that contains the subject. */
export function fieldOf(ref: SubjectRef): string {
  return 'id' in ref ? 'subjectId' : 'subject';
}

/** @throws BadInput if the subject is a role and the target is a tag or a secret */
export function requireGrantable({ subject, target }: PermissionRequest): void {
  if (kindOf(subject) !== 'ROLE' || (target.kind !== 'TAG' && target.kind !== 'SECRET')) return;
  throw new BadInput(
    fieldOf(subject),
    'a user, a group or an application: a role cannot have grants on secrets and tags',
  );
}
