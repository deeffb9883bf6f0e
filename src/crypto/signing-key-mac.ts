// The MAC of a public signing key: whoever can write to the database and has no keyring cannot add a key, nor change one. Layout:
// docs/crypto-format.md.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keyring } from './keyring.ts';

/** All that a signing key's row says of it, but for its sealed half. */
export interface SigningKeyState {
  /** The `kid` of its tokens. */
  id: string;
  publicJwk: { x: string; y: string };
  createdAt: Date;
  retiredAt: Date | null;
  revokedAt: Date | null;
}

/** HMAC-SHA256 under a key derived from the keyring's key `keyId`. @throws KeyringError `UNKNOWN_KEY` */
export function signingKeyMac(keyring: Pick<Keyring, 'derive'>, keyId: string, key: SigningKeyState): NonSharedBuffer {
  return createHmac('sha256', keyring.derive(keyId, 'signing-key-mac')).update(canonicalSigningKey(key)).digest();
}

/** Whether `mac` was made for this key, in this state. */
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
