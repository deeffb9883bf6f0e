import { requireSomeAccess, sortedAccesses, type Target } from '../../access/permission.ts';
import { BadInput } from '../../errors.ts';
import type { Access, Role } from '../../generated/vocabulary.ts';
import { type GlobalIdText, toGlobalId, type Uuid } from '../../primitives/ids.ts';
import type { TagText } from '../../primitives/tag-text.ts';

/** A change of access that a simulation makes. `at` is the field of the request that contains the change, such as `changes.0.grant`. */
export type AccessChange = { at: string } & (
  | {
      kind: 'grant' | 'revoke';
      subjectId: GlobalIdText;
      target: Target;
      access: readonly Access[];
      expiresAt: Date | null;
      /** UUID of the only grant to revoke. If omitted or null, all matching grants are revoked. */
      permissionId?: Uuid | null;
    }
  | { kind: 'tag' | 'untag'; secret: string; tags: readonly TagText[] }
  | { kind: 'addMember' | 'removeMember'; groupId: GlobalIdText; principalId: GlobalIdText }
  | { kind: 'deleteGroup'; groupId: GlobalIdText }
  | { kind: 'setRoles'; subjectId: GlobalIdText; roles: readonly Role[] }
);

export type GrantChange = Extract<AccessChange, { kind: 'grant' | 'revoke' }>;
export type TagChange = Extract<AccessChange, { kind: 'tag' | 'untag' }>;

/** The maximum number of changes in one simulation. */
export const MOST_CHANGES = 50;

/** Returns the accesses that a change grants or revokes. A revocation that lists no accesses revokes all accesses in `every`. @throws BadInput */
export function accessesOfChange({ kind, access, at }: GrantChange, every: readonly Access[]): Access[] {
  if (kind === 'grant') return requireSomeAccess(access, `${at}.access`);
  return access.length === 0 ? [...every] : sortedAccesses(access);
}

/** @throws BadInput if there are more than `MOST_CHANGES` changes */
export function requireFewChanges(changes: readonly AccessChange[]): void {
  if (changes.length > MOST_CHANGES) throw new BadInput('changes', `at most ${MOST_CHANGES} changes`);
}

/**
 * The maximum length of the JSON that describes the changes in the audit event of a simulation. The length is limited because one request can run a
 * hundred simulations.
 */
const MOST_RECORDED = 8_000;

/** Returns the changes for the audit event of a simulation: the first changes that fit into `MOST_RECORDED`, and the number of omitted changes. */
export function changesForAudit(changes: readonly AccessChange[]): { simulated: object[]; more?: number } {
  const simulated: object[] = [];
  let length = 0;
  for (const { at: _, ...one } of changes) {
    const change =
      'permissionId' in one && one.permissionId != null
        ? { ...one, permissionId: toGlobalId('PERMISSION', one.permissionId) }
        : one;
    length += JSON.stringify(change).length;
    if (length > MOST_RECORDED) return { simulated, more: changes.length - simulated.length };
    simulated.push(change);
  }
  return { simulated };
}

/** If all changes concern one secret, returns the name of this secret. If not, returns null. */
export function onlySecretOf(changes: readonly AccessChange[]): string | null {
  const names = new Set(
    changes.map((change) => {
      if ('tags' in change) return change.secret;
      return 'target' in change && change.target.kind === 'SECRET' ? change.target.text : null;
    }),
  );
  return names.size === 1 ? ([...names][0] ?? null) : null;
}
