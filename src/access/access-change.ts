import { BadInput } from '../errors.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import { ordered, someAccess, type Target } from './permission.ts';

/** A change to simulate. Ids are outside ids; `at` is where it was asked for: `changes.0.grant`. */
export type AccessChange = { at: string } & (
  | { kind: 'grant' | 'revoke'; subjectId: string; target: Target; access: readonly Access[]; expiresAt: Date | null }
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
