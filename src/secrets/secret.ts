// Types and rules of secrets that need no database.
import type { EventSubject } from '../audit/audit-event.ts';
import { BadInput } from '../errors.ts';
import type { Alphabet } from '../generated/vocabulary.ts';
import type { Brand } from '../primitives/brand.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';
import { MAX_VALUE_LENGTH } from '../primitives/input.ts';
import { randomText } from '../primitives/random-text.ts';
import { isReferenceName, REFERENCE_NAME_RULE } from '../primitives/reference-name.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Grant } from '../principals/principal.ts';
import { Sensitive } from '../sensitive.ts';

/** A name that `reference-name.ts` allows. */
export type SecretName = Brand<'SecretName'>;

/** Maximum number of versions of a secret whose values are not destroyed. A rotation destroys the values of older versions. */
export const MOST_VERSIONS_KEPT = 20;
/** How many versions have a hash in `ChangingSecret.oldest`, so that only one of so many rotations reads the hashes. */
export const MOST_OLDEST = 8;
/** The number of days after its deletion in which a secret can be restored. */
export const DAYS_TO_RESTORE = 30;
const DAY_MS = 86_400_000;

/** @throws BadInput that names `field` */
export function secretName(text: string, field: string): SecretName {
  if (!isSecretName(text)) throw new BadInput(field, REFERENCE_NAME_RULE);
  return text;
}

export function isSecretName(text: string): text is SecretName {
  return isReferenceName(text);
}

/** A secret with its tags and the grants on its name to the caller, for decisions and for answers. */
export interface SecretView {
  /** UUID. */
  id: Uuid;
  name: SecretName;
  description: string | null;
  /** The number of the current version. */
  version: number;
  /** The number of changes of the secret, its tags, its current version and the grants on its name. Zero if the secret is hidden. */
  revision: number;
  expiresAt: Date | null;
  createdAt: Date;
  createdBy: Uuid | null;
  updatedAt: Date;
  updatedBy: Uuid | null;
  deletedAt: Date | null;
  /** The current tags of the secret, sorted. */
  tags: TagText[];
  /** The grants on the name to the caller and its groups. */
  nameGrants: Grant[];
  /** The sealed value of the current version. Null if the value was not read, or if the value is destroyed. */
  sealed: SealedVersion | null;
}

/** A secret with the hashes of its oldest values, which the next rotations destroy. The hashes are missing if the secret was not read for a change. */
export interface ChangingSecret extends SecretView {
  /** The hashes (see `hashOf`) of the values up to the version `oldestUpTo`, by version number. A destroyed value has no hash. */
  oldest?: ReadonlyMap<number, string>;
  oldestUpTo?: number;
}

/** Returns whether a cached secret has the hash of the value that the next rotation destroys. Young secrets have no such value. */
export function isHashedForChange({ version, oldestUpTo }: ChangingSecret): boolean {
  const tooOld = version + 1 - MOST_VERSIONS_KEPT;
  return tooOld < 1 || (oldestUpTo !== undefined && tooOld <= oldestUpTo);
}

/** A version of a secret, without the secret value. */
export interface VersionView {
  number: number;
  createdAt: Date;
  createdBy: Uuid | null;
  destroyedAt: Date | null;
}

/** The encrypted value of a version of a secret, and its wrapped data key. */
export interface SealedVersion {
  ciphertext: Uint8Array;
  wrappedKey: Uint8Array;
  keyId: string;
}

export function isExpired(secret: { expiresAt: Date | null }, now: Date): boolean {
  return secret.expiresAt !== null && secret.expiresAt <= now;
}

/** The last moment at which a secret that was deleted at `deletedAt` can be restored. */
export function restorableUntil(deletedAt: Date): Date {
  return new Date(deletedAt.getTime() + DAYS_TO_RESTORE * DAY_MS);
}

/**
 * Returns the time that separates restorable secrets from other deleted secrets. At `now`, a deleted secret can be restored if it was deleted after
 * the returned time.
 */
export function restorableSince(now: Date): Date {
  return new Date(now.getTime() - DAYS_TO_RESTORE * DAY_MS);
}

export function isGeneratedLength(length: number): boolean {
  return length >= 1 && length <= MAX_VALUE_LENGTH;
}

/** @throws BadInput that names `generate.length` */
export function checkGenerated(length: number): void {
  if (!isGeneratedLength(length)) throw new BadInput('generate.length', `1 to ${MAX_VALUE_LENGTH} characters`);
}

export function generateValue(length: number, alphabet: Alphabet): Sensitive {
  return new Sensitive(randomText(length, alphabet));
}

/**
 * Returns the subject of an audit event about a secret. A caller receives the same error for a hidden secret and for a missing secret. In the audit
 * event, a hidden secret has an id, and a missing secret has none.
 */
export function eventSubjectOf(secret: { id: Uuid } | undefined, name: string): EventSubject {
  return { kind: 'SECRET', id: secret ? toGlobalId('SECRET', secret.id) : '', name };
}
