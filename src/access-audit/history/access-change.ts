import { ordered, someAccess, type Target } from '../../access/permission.ts';
import { BadInput } from '../../errors.ts';
import type { Access, Role } from '../../generated/vocabulary.ts';
import { outsideId } from '../../primitives/ids.ts';

/** A change to simulate. Ids are outside ids; `at` is where it was asked for: `changes.0.grant`. */
export type AccessChange = { at: string } & (
  | {
      kind: 'grant' | 'revoke';
      subjectId: string;
      target: Target;
      access: readonly Access[];
      expiresAt: Date | null;
      /** UUID of the one grant to revoke. Left out or null: all grants. */
      permissionId?: string | null;
    }
  | { kind: 'tag' | 'untag'; secret: string; tags: readonly string[] }
  | { kind: 'addMember' | 'removeMember'; groupId: string; principalId: string }
  | { kind: 'deleteGroup'; groupId: string }
  | { kind: 'setRoles'; subjectId: string; roles: readonly Role[] }
);

export type Grantish = Extract<AccessChange, { kind: 'grant' | 'revoke' }>;
export type Tagging = Extract<AccessChange, { kind: 'tag' | 'untag' }>;

export const MOST_CHANGES = 50;

/** What is granted, or taken: all if nothing is named. @throws BadInput */
export function accessOf({ kind, access, at }: Grantish, every: readonly Access[]): Access[] {
  if (kind === 'grant') return someAccess(access, `${at}.access`);
  return access.length === 0 ? [...every] : ordered(access);
}

/** @throws BadInput */
export function requireFewChanges(changes: readonly AccessChange[]): void {
  if (changes.length > MOST_CHANGES) throw new BadInput('changes', `at most ${MOST_CHANGES}`);
}

/** Most characters of JSON that a simulation's audit event has for its changes. The event is bounded because a request can repeat simulations a hundred times. */
const MOST_RECORDED = 8_000;

/** The changes for the audit event: in order, as many as fit, and the number of the others. */
export function recorded(changes: readonly AccessChange[]): { simulated: object[]; more?: number } {
  const simulated: object[] = [];
  let length = 0;
  for (const { at: _, ...one } of changes) {
    const change =
      'permissionId' in one && one.permissionId != null
        ? { ...one, permissionId: outsideId('PERMISSION', one.permissionId) }
        : one;
    length += JSON.stringify(change).length;
    if (length > MOST_RECORDED) return { simulated, more: changes.length - simulated.length };
    simulated.push(change);
  }
  return { simulated };
}

/** The name of the secret that all these changes concern. Null if they concern no secret, or several. */
export function oneSecretOf(changes: readonly AccessChange[]): string | null {
  const names = new Set(
    changes.map((change) => {
      if ('tags' in change) return change.secret;
      return 'target' in change && change.target.kind === 'SECRET' ? change.target.text : null;
    }),
  );
  return names.size === 1 ? ([...names][0] ?? null) : null;
}
