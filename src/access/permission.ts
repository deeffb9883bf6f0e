import { BadInput } from '../errors.ts';
import type { Access, ResourceType } from '../generated/vocabulary.ts';
import { label } from '../primitives/input.ts';
import type { GranteeKind } from '../principals/principal.ts';
import { ACCESSES } from './policy.ts';
import { isResourceType } from './resource-type.ts';

/** Whom a request means: an outside id, or a name (a user's username). Names of applications are not unique. */
export type SubjectRef = { id: string } | { kind: 'USER' | 'GROUP' | 'ROLE'; name: string };

/** What is not there if nobody is meant, for people. */
export function kindWord(ref: SubjectRef): string {
  return 'id' in ref ? 'user, group, application or role' : ref.kind.toLowerCase();
}

/** What a grant is on: a tag (`key:value`), a secret's name, or a resource of a workflow engine. None of them need exist. */
export interface Target {
  kind: 'TAG' | 'SECRET' | ResourceType;
  text: string;
}

/** What can be granted on, by its name. A secret's name is a `SECRET_NAME` too. Undefined for anything else. */
export function targetKind(name: string): Target['kind'] | undefined {
  if (name === 'SECRET_NAME') return 'SECRET';
  return name === 'TAG' || name === 'SECRET' || isResourceType(name) ? name : undefined;
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

/** PostgreSQL's longest row of an index is 2,704 bytes, and targets stand in several with other columns. */
const MOST_BYTES = 2_000;

/** The name of a resource as the target of a grant. @throws BadInput naming `field` */
export function resourceName(text: string, field: string): string {
  const name = label(text, field, 1_000);
  if (Buffer.byteLength(name) > MOST_BYTES) throw new BadInput(field, `at most ${MOST_BYTES} bytes of UTF-8`);
  return name;
}
