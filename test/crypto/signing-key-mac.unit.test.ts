import { describe, expect, test } from 'vitest';
import { keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import { canonicalSigningKey, isSigningKeyGenuine, signingKeyMac } from '../../src/crypto/signing-key-mac.ts';
import vectors from './vectors/signing-key-mac-v1.json' with { type: 'json' };

const keyring = keyringFromEnvironment(vectors.keyring.map(({ key }) => key).join());
const date = (time: number | null) => (time === null ? null : new Date(time));
const rows = vectors.macs.map(({ name, id, x, y, keyId, canonical, mac, ...times }) => {
  const [createdAt, retiredAt, revokedAt] = [new Date(times.createdAt), date(times.retiredAt), date(times.revokedAt)];
  const key = { id, publicJwk: { x, y }, createdAt, retiredAt, revokedAt };
  return { name, key, keyId, canonical, mac: Buffer.from(mac, 'hex') };
});

describe('the message authentication code (MAC) of a signing key', () => {
  test.each(rows)(
    'the gateway computes the same MAC for $name as a second implementation',
    ({ key, keyId, canonical, mac }) => {
      expect(canonicalSigningKey(key)).toBe(canonical);
      expect(signingKeyMac(keyring, keyId, key)).toEqual(mac);
      expect(isSigningKeyGenuine(keyring, { ...key, keyId, mac })).toBe(true);
    },
  );

  test.each(rows)(
    'the MAC of $name is rejected for a different signing key, a different state or a different encryption key',
    ({ key, keyId, mac }) => {
      const [other = ''] = keyring.ids().filter((id) => id !== keyId);
      const later = new Date(key.createdAt.getTime() + 1);
      const changed = [
        { id: rows.find((row) => row.key.id !== key.id)!.key.id },
        { publicJwk: { ...key.publicJwk, x: key.publicJwk.y } },
        { createdAt: later },
        { retiredAt: later },
        { revokedAt: later },
        { keyId: other },
        { keyId: 'k_0000000000000000' },
        { mac: null },
        { mac: mac.subarray(1) },
        { mac: Buffer.of() },
      ];
      for (const change of changed) expect(isSigningKeyGenuine(keyring, { ...key, keyId, mac, ...change })).toBe(false);
      if (key.revokedAt !== null)
        expect(isSigningKeyGenuine(keyring, { ...key, keyId, mac, revokedAt: null })).toBe(false);
    },
  );
});
