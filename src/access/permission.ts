import { BadInput } from '../errors.ts';
import type { Access, ResourceType } from '../generated/vocabulary.ts';
import type { PlainOr } from '../primitives/brand.ts';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { label } from '../primitives/input.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { GranteeKind } from '../principals/principal.ts';
import { ACCESSES } from './policy.ts';
import { isResourceType } from './resource-type.ts';

/**
 * The subject of grants in a request: a global id, or a kind and a name (for a user, the username). A request cannot name an application, because
 * names of applications are not unique.
 */
export type SubjectRef = { id: GlobalIdText } | { kind: 'USER' | 'GROUP' | 'ROLE'; name: string };

/** Returns the kind of a subject, for the error message of a subject that was not found. */
export function kindForMessage(ref: SubjectRef): string {
  return 'id' in ref ? 'user, group, application or role' : ref.kind.toLowerCase();
}

/** The target of a grant: a tag (`key:value`), a secret's name, or a resource of a workflow engine. The target of a grant need not exist. */
export type Target =
  | { kind: 'TAG'; text: TagText }
  | { kind: 'SECRET'; text: PlainOr<'SecretName'> }
  | { kind: ResourceType; text: GlobalIdText };

/** Parses the name of a target kind. `SECRET_NAME` is a synonym of `SECRET`. Returns undefined if no target kind has the name. */
export function targetKind(name: string): Target['kind'] | undefined {
  if (name === 'SECRET_NAME') return 'SECRET';
  return name === 'TAG' || name === 'SECRET' || isResourceType(name) ? name : undefined;
}

/** A grant that was not revoked. The grant may have expired. */
export interface Permission {
  /** UUID. */
  id: Uuid;
  subjectKind: GranteeKind;
  subjectId: Uuid;
  target: Target;
  /** UUID of the only secret to which the grant applies. Null if the grant applies to every secret with the name. */
  secretId: Uuid | null;
  access: Access[];
  expiresAt: Date | null;
  grantedBy: Uuid | null;
  grantedAt: Date;
}

/** A secret's name as the target of a grant. */
export interface SecretNameTarget {
  name: string;
}

/** Returns the accesses without duplicates, in the order of the enum `Access`. */
export function sortedAccesses(access: Iterable<Access>): Access[] {
  const set = new Set(access);
  return ACCESSES.filter((name) => set.has(name));
}

/** Returns the accesses without duplicates, in the order of the enum `Access`. @throws BadInput if the list is empty */
export function requireSomeAccess(access: readonly Access[], field: string): Access[] {
  if (access.length === 0) throw new BadInput(field, 'at least one access');
  return sortedAccesses(access);
}

/**
 * The maximum length of a target in bytes. A row of a PostgreSQL index has at most 2,704 bytes, and several indexes contain a target together with
 * other columns.
 */
const MOST_BYTES = 2_000;

/** Checks the name of a resource that is the target of a grant. @throws BadInput that names `field` */
export function resourceName(text: string, field: string): string {
  const name = label(text, field, 1_000);
  if (Buffer.byteLength(name) > MOST_BYTES) throw new BadInput(field, `at most ${MOST_BYTES} bytes of UTF-8`);
  return name;
}
