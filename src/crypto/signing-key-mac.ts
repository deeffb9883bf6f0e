// The MAC of a signing key's public half. Because of the MAC, an attacker who can write to the database but does not have the keyring cannot add or
// change a signing key.
// Layout: docs/crypto-format.md.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keyring } from './keyring.ts';

/** The columns of a signing key that the MAC covers: all columns except the sealed private half. */
export interface SigningKeyState {
  /** The `kid` in the tokens that the signing key signed. */
  id: string;
  publicJwk: { x: string; y: string };
  createdAt: Date;
  retiredAt: Date | null;
  revokedAt: Date | null;
}

/**
 * Returns the MAC of a signing key: an HMAC-SHA256 under a key that is derived from the encryption key `keyId`.
 * @throws KeyringError `UNKNOWN_KEY`
 */
export function signingKeyMac(keyring: Pick<Keyring, 'derive'>, keyId: string, key: SigningKeyState): NonSharedBuffer {
  return createHmac('sha256', keyring.derive(keyId, 'signing-key-mac')).update(canonicalSigningKey(key)).digest();
}

/** Returns whether `mac` was made with the keyring for exactly this state of the signing key. */
export function isSigningKeyGenuine(
  keyring: Pick<Keyring, 'derive' | 'has'>,
  { keyId, mac, ...key }: SigningKeyState & { keyId: string; mac: Uint8Array | null },
): boolean {
  if (mac === null || !keyring.has(keyId)) return false;
  const expected = signingKeyMac(keyring, keyId, key);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

export function canonicalSigningKey({ id, publicJwk, createdAt, retiredAt, revokedAt }: SigningKeyState): string {
  const time = (date: Date | null) => (date === null ? null : date.getTime());
  return JSON.stringify([
    'secrets-gateway/v1/signing-key',
    id,
    'ES256',
    publicJwk.x,
    publicJwk.y,
    time(createdAt),
    time(retiredAt),
    time(revokedAt),
  ]);
}
