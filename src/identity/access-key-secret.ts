// Makes and hashes the secrets of access keys. The secret of an access key has 256 random bits and cannot be guessed. A fast keyed hash (HMAC) is
// therefore safe, and the gateway stores only this hash. Without the keyring, an attacker cannot check guesses against a stored hash.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import { Sensitive } from '../sensitive.ts';

/** Makes a secret of 256 random bits, as 43 characters of base64url. The caller shows the secret once, when the access key is created. */
export function newKeySecret(): Sensitive {
  return new Sensitive(randomBytes(32).toString('base64url'));
}

/**
 * Returns the hash that is stored for an access key's secret: HMAC-SHA256 under `hmacKey`. `hmacKey` has 32 bytes and is derived from the encryption
 * key whose id the access key's row contains. The function accepts any string as the secret, so that the check of every wrong secret takes the same
 * time.
 */
export function keySecretHash(secret: Sensitive, hmacKey: Uint8Array): Buffer {
  if (hmacKey.length !== 32)
    throw new Error(`The HMAC key of an access key must have 32 bytes; it has ${hmacKey.length}`);
  return createHmac('sha256', hmacKey).update(secret.expose(), 'utf8').digest();
}

/** Returns whether two hashes are equal. The time of the comparison does not depend on the position of the first different byte. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Derives the HMAC key for the secrets of access keys from the encryption key `keyId`. */
export function accessKeyHmacKey(keyring: Pick<Keyring, 'derive'>, keyId: string): Buffer {
  return keyring.derive(keyId, 'access-key-secret');
}
