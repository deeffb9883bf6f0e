import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { keySecretHash, newKeySecret, sameHash } from '../../src/identity/access-key-secret.ts';
import { Sensitive } from '../../src/sensitive.ts';

const hmacKey = Buffer.alloc(32, 7);

test('the secret of an access key consists of 256 random bits in 43 characters that need no escaping', () => {
  const secrets = Array.from({ length: 100 }, () => newKeySecret().expose());
  for (const secret of secrets) {
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  }
  expect(new Set(secrets).size).toBe(100);
});

test('for the secret of an access key, the gateway stores only its HMAC-SHA256 under a derived key', () => {
  const expected = createHmac('sha256', hmacKey).update('the secret').digest();
  expect(keySecretHash(new Sensitive('the secret'), hmacKey)).toEqual(expected);
});

test('the secret of an access key verifies under the derived key that hashed it, and under no other derived key', () => {
  const secret = newKeySecret();
  const stored = keySecretHash(secret, hmacKey);
  expect(sameHash(keySecretHash(secret, hmacKey), stored)).toBe(true);
  expect(sameHash(keySecretHash(secret, Buffer.alloc(32, 8)), stored)).toBe(false);
  expect(sameHash(keySecretHash(newKeySecret(), hmacKey), stored)).toBe(false);
});

test.each(['', 'x', 'x'.repeat(10_000), '\u{1F511}', '\uD800'])(
  'a string that cannot be the secret of an access key never matches, and causes no error',
  (text) => {
    const stored = keySecretHash(newKeySecret(), hmacKey);
    expect(sameHash(keySecretHash(new Sensitive(text), hmacKey), stored)).toBe(false);
  },
);

test('a stored hash of the wrong length never matches, and causes no error', () => {
  expect(sameHash(Buffer.alloc(32), Buffer.alloc(31))).toBe(false);
  expect(sameHash(Buffer.alloc(32), Buffer.alloc(0))).toBe(false);
});

test('hashing with a derived key that is not 32 bytes long fails with an internal error', () => {
  expect(() => keySecretHash(newKeySecret(), Buffer.alloc(16))).toThrow(Error);
});
