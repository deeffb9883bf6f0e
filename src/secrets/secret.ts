// What a secret is, as far as it can be said without a database.

import { randomInt } from 'node:crypto';
import type { EventSubject } from '../audit/audit-event.ts';
import { BadInput } from '../errors.ts';
import type { Alphabet } from '../generated/vocabulary.ts';
import { outsideId } from '../primitives/ids.ts';
import { LONGEST_VALUE } from '../primitives/input.ts';
import type { Grant } from '../principals/principal.ts';
import { Sensitive } from '../sensitive.ts';

declare const brand: unique symbol;
/** A checked name: 1 to 255 of `A-Z a-z 0-9 _ -`. */
export type SecretName = string & { readonly [brand]: 'SecretName' };

export const MOST_VERSIONS_KEPT = 20;
export const DAYS_TO_RESTORE = 30;
const DAY_MS = 86_400_000;

/** @throws BadInput naming `field` */
export function secretName(text: string, field: string): SecretName {
  if (!isSecretName(text)) throw new BadInput(field, '1 to 255 of A-Z a-z 0-9 _ -');
  return text;
}

export function isSecretName(text: string): text is SecretName {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text);
}

/** A secret's row, its labels, and the grants on its name to the caller: what is decided on, and what is shown. */
export interface SecretView {
  /** UUID. */
  id: string;
  name: SecretName;
  description: string | null;
  /** The number of the current version. */
  version: number;
  expiresAt: Date | null;
  createdAt: Date;
  createdBy: string | null;
  updatedAt: Date;
  updatedBy: string | null;
  deletedAt: Date | null;
  /** Current tags, in order. */
  tags: string[];
  nameGrants: Grant[];
  /** The current version's sealed value, where it was read along. */
  sealed: SealedVersion | null;
}

/** A version as it shows: everything but the value. */
export interface VersionView {
  number: number;
  createdAt: Date;
  createdBy: string | null;
  destroyedAt: Date | null;
}

export interface SealedVersion {
  ciphertext: Uint8Array;
  wrappedKey: Uint8Array;
  keyId: string;
}

export function isExpired(secret: { expiresAt: Date | null }, now: Date): boolean {
  return secret.expiresAt !== null && secret.expiresAt <= now;
}

/** Until when a secret deleted at `deletedAt` can be restored. */
export function restorableUntil(deletedAt: Date): Date {
  return new Date(deletedAt.getTime() + DAYS_TO_RESTORE * DAY_MS);
}

/** What was deleted after then can be restored at `now`. */
export function restorableSince(now: Date): Date {
  return new Date(now.getTime() - DAYS_TO_RESTORE * DAY_MS);
}

const ALPHABETS = {
  ALPHANUMERIC: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  HEX: '0123456789abcdef',
  BASE64URL: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  PRINTABLE: Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join(''),
  DIGITS: '0123456789',
} satisfies Record<Alphabet, string>;

/** @throws BadInput naming `generate.length` */
export function checkGenerated(length: number): void {
  if (length < 1 || length > LONGEST_VALUE) throw new BadInput('generate.length', `1 to ${LONGEST_VALUE}`);
}

/** A value of a checked length from a cryptographic source, every character equally likely. */
export function generateValue(length: number, alphabet: Alphabet): Sensitive {
  const letters = ALPHABETS[alphabet];
  return new Sensitive(Array.from({ length }, () => letters[randomInt(letters.length)]).join(''));
}

/** The secret as the subject of an audit event. A caller gets the same error for a hidden and a missing secret; only the event of a hidden one has an id. */
export function eventSubjectOf(secret: { id: string } | undefined, name: string): EventSubject {
  return { kind: 'SECRET', id: secret ? outsideId('SECRET', secret.id) : '', name };
}
