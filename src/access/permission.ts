import { BadInput } from '../errors.ts';
import type { Access, ResourceType } from '../generated/vocabulary.ts';
import { ACCESSES } from './policy.ts';

export type SubjectKind = 'USER' | 'GROUP' | 'APPLICATION';

/** A role is granted what is kept for workflow engines, never anything on a tag or a secret. */
export type GranteeKind = SubjectKind | 'ROLE';

/** What a grant is on: a tag (`key:value`), a secret's name, or a resource of a workflow engine. None of them need exist. */
export interface Target {
  kind: 'TAG' | 'SECRET' | ResourceType;
  text: string;
}

/** A grant that holds, or would if it had not expired. */
export interface Permission {
  /** UUID. */
  id: string;
  subjectKind: GranteeKind;
  subjectId: string;
  target: Target;
  /** The one secret it is good for; null for whichever has the name. */
  secretId: string | null;
  access: Access[];
  expiresAt: Date | null;
  grantedBy: string | null;
  grantedAt: Date;
}

/** A secret's name as the target of a grant. */
export interface SecretNameTarget {
  name: string;
}

/** Each access once, in the order of the enum. */
export function ordered(access: Iterable<Access>): Access[] {
  const set = new Set(access);
  return ACCESSES.filter((one) => set.has(one));
}

/** @throws BadInput if none is given */
export function someAccess(access: readonly Access[], field: string): Access[] {
  if (access.length === 0) throw new BadInput(field, 'at least one access');
  return ordered(access);
}
