import { BadInput } from '../errors.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import { outsideId } from '../ids.ts';
import { ordered, someAccess, type Target } from './permission.ts';

/** A change to simulate. Ids are outside ids; `at` is where it was asked for: `changes.0.grant`. */
export type AccessChange = { at: string } & (
  | {
      kind: 'grant' | 'revoke';
      subjectId: string;
      target: Target;
      access: readonly Access[];
      expiresAt: Date | null;
      /** UUID of the one grant to be revoked; left out or null for all. */
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

/** What an audit event holds of the changes of a simulation: characters of JSON. A request of a megabyte may name as many changes a hundred times. */
const MOST_RECORDED = 8_000;

/** The changes as an audit event lists them: in their order, as many as fit, and how many more there were. */
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

/** The name of the one secret that all these changes are about; null for none, or several. */
export function oneSecretOf(changes: readonly AccessChange[]): string | null {
  const names = new Set(
    changes.map((change) => {
      if ('tags' in change) return change.secret;
      return 'target' in change && change.target.kind === 'SECRET' ? change.target.text : null;
    }),
  );
  return names.size === 1 ? ([...names][0] ?? null) : null;
}
