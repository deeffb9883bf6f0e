// The secret half of an access key. 256 random bits need no slow hash: nobody guesses them, so a keyed hash that takes
// microseconds is enough, and it makes the stored column useless without the keyring.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import { Sensitive } from '../sensitive.ts';

/** 256 random bits as 43 characters of base64url. Shown once, when the key is made. */
export function newKeySecret(): Sensitive {
  return new Sensitive(randomBytes(32).toString('base64url'));
}

/**
 * What is stored of a key's secret: HMAC-SHA256 under `hmacKey` (32 bytes, derived from the keyring's key that the row names).
 * Accepts any text, so that a wrong secret of another shape costs what a wrong secret costs.
 */
export function keySecretHash(secret: Sensitive, hmacKey: Uint8Array): Buffer {
  if (hmacKey.length !== 32) throw new Error(`An access key's HMAC key has 32 bytes; this one has ${hmacKey.length}`);
  return createHmac('sha256', hmacKey).update(secret.expose(), 'utf8').digest();
}

/** Whether both are equal, in a time that tells nothing of where they differ. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The key of the HMAC under which access keys are kept, from the keyring's key `keyId`. */
export function accessKeyHmacKey(keyring: Pick<Keyring, 'derive'>, keyId: string): Buffer {
  return keyring.derive(keyId, 'access-key-secret');
}
