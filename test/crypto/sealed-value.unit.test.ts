import { createHash, hkdfSync, webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Keyring, keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import {
  contextString,
  isBoundToName,
  openValue,
  rewrapKey,
  type SealContext,
  SealError,
  type SecretVersionContext,
  sealValue,
} from '../../src/crypto/sealed-value.ts';
import vectors from './vectors/sealed-value-v1.json' with { type: 'json' };
import named from './vectors/sealed-value-v2.json' with { type: 'json' };

const hex = (text: string) => Buffer.from(text, 'hex');
const value = fc.uint8Array({ maxLength: 300 });
const secretVersion = fc.record({
  kind: fc.constant('secret-version' as const),
  secretId: fc.uuid(),
  version: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
  name: fc.string({ minLength: 1, maxLength: 20 }),
});
const signingKey = fc.record({
  kind: fc.constant('signing-key' as const),
  kid: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
});
const auditKey = fc.record({ kind: fc.constant('audit-key' as const), id: fc.uuid() });
const capturedValue = fc.record({
  kind: fc.constant('captured-value' as const),
  id: fc.stringMatching(/^[0-9a-f]{64}$/),
});
const context: fc.Arbitrary<SealContext> = fc.oneof(secretVersion, signingKey, auditKey, capturedValue);

const K1 = '11'.repeat(32);
const K2 = '22'.repeat(32);
const HERE: SecretVersionContext = {
  kind: 'secret-version',
  secretId: '01890a5d-ac96-774b-bcce-b302099a8057',
  version: 3,
  name: 'db',
};

describe('the test vectors of sealed values', () => {
  const keyring = keyringFromEnvironment(vectors.keyring.map(({ key }) => key).join());

  test('the test vectors of sealed values contain the key ids that the format document describes', () => {
    expect(keyring.ids()).toEqual(vectors.keyring.map(({ id }) => id));
    for (const { id, key } of vectors.keyring) {
      const hash = createHash('sha256').update(Buffer.concat([Buffer.from('secrets-gateway/v1/key-id'), hex(key)]));
      expect(id).toBe(`k_${hash.digest('hex').slice(0, 16)}`);
    }
  });

  test.each(vectors.opens)('the sealed value in test vector $name can be decrypted', (vector) => {
    expect(openValue(keyring, contextOf(vector), stored(vector)).toString('hex')).toBe(vector.plaintext);
  });

  test.each(vectors.opens)(
    'the sealed value in test vector $name consists of the bytes that the format document describes',
    async (vector) => {
      const { keyId, dataKey, plaintext } = vector;
      const wrappingKey = vectors.keyring.find(({ id }) => id === keyId)!.key;
      const { kind, secretId, version, kid, id } = vector.context;
      const place = secretId === undefined ? `${kind}/${kid ?? id}` : `${kind}/${secretId.toLowerCase()}/${version}`;
      expect(vector.valueAssociatedContext).toBe(`secrets-gateway/v1/value/${place}`);
      expect(vector.wrapAssociatedContext).toBe(`secrets-gateway/v1/data-key/${place}/${keyId}`);

      const { ciphertext, wrappedKey, valueAssociatedContext, wrapAssociatedContext } = vector;
      expect(await envelope(dataKey, vector.valueNonce, plaintext, valueAssociatedContext)).toBe(ciphertext);
      expect(await envelope(wrappingKey, vector.wrapNonce, dataKey, wrapAssociatedContext)).toBe(wrappedKey);
    },
  );

  test.each(vectors.opens)(
    'the sealed value in test vector $name can be decrypted after its data key is wrapped again',
    (vector) => {
      const rewrapped = rewrapKey(keyring, contextOf(vector), stored(vector));
      expect(rewrapped.keyId).toBe(keyring.current());
      const now = { ...stored(vector), ...rewrapped };
      expect(openValue(keyring, contextOf(vector), now).toString('hex')).toBe(vector.plaintext);
    },
  );

  test.each(vectors.refused)('decryption rejects the sealed value in test vector $name', (vector) => {
    const error = refusalOf(() => openValue(keyring, contextOf(vector), stored(vector)));
    // The error does not repeat a malformed id of an encryption key.
    const keyId = /^k_[0-9a-f]{16}$/.test(vector.keyId) ? vector.keyId : 'malformed';
    expect({ reason: error.reason, keyId: error.keyId }).toEqual({ reason: vector.reason, keyId });
  });

  test.each(vectors.derived)(
    'the key that is derived for $purpose from the encryption key $keyId never changes',
    (vector) => {
      const { key } = vectors.keyring.find(({ id }) => id === vector.keyId)!;
      const info = `secrets-gateway/v1/derive/${vector.purpose}`;
      expect(Buffer.from(hkdfSync('sha256', hex(key), '', info, 32)).toString('hex')).toBe(vector.derived);
      expect(keyring.derive(vector.keyId, vector.purpose).toString('hex')).toBe(vector.derived);
    },
  );

  /**
   * Seals a value by the layout in docs/crypto-format.md. The function uses a different cryptographic interface than
   * the gateway.
   */
  async function envelope(key: string, nonce: string, plaintext: string, context: string): Promise<string> {
    const aesKey = await webcrypto.subtle.importKey('raw', hex(key), 'AES-GCM', false, ['encrypt']);
    const additionalData = Buffer.concat([Buffer.of(1), Buffer.from(context)]);
    const gcm = { name: 'AES-GCM', iv: hex(nonce), additionalData, tagLength: 128 };
    const ciphertextAndTag = await webcrypto.subtle.encrypt(gcm, aesKey, hex(plaintext));
    return `01${nonce}${Buffer.from(ciphertextAndTag).toString('hex')}`;
  }
});

describe('the test vectors of data keys that are bound to a secret name', () => {
  const keyring = keyringFromEnvironment(named.keyring.map(({ key }) => key).join());

  test.each(named.opens)(
    'the sealed value in test vector $name, which is bound to a secret name, can be decrypted',
    (vector) => {
      expect(openValue(keyring, contextOf(vector), stored(vector)).toString('hex')).toBe(vector.plaintext);
    },
  );

  test.each(named.opens)(
    'the sealed value in test vector $name cannot be decrypted under a different secret name',
    (vector) => {
      const other = { ...vector.context, name: `${vector.context.name}2` } as SealContext;
      expect(refusalOf(() => openValue(keyring, other, stored(vector))).reason).toBe('ALTERED');
      expect(refusalOf(() => rewrapKey(keyring, other, stored(vector))).reason).toBe('ALTERED');
    },
  );

  test.each(named.refused)(
    'decryption rejects the sealed value in test vector $name, which is bound to a secret name',
    (vector) => {
      expect(refusalOf(() => openValue(keyring, contextOf(vector), stored(vector))).reason).toBe(vector.reason);
    },
  );
});

test('a data key of format 1, which is not bound to a secret name, can be unwrapped, and wrapping it again binds it to the name', () => {
  const [vector] = vectors.opens;
  const keyring = keyringFromEnvironment(vectors.keyring.map(({ key }) => key).join());
  const bound = { ...stored(vector!), ...rewrapKey(keyring, contextOf(vector!), stored(vector!)) };
  expect([isBoundToName(stored(vector!).wrappedKey), isBoundToName(bound.wrappedKey)]).toEqual([false, true]);
  const other = { ...vector!.context, name: 'another' } as SealContext;
  expect(refusalOf(() => openValue(keyring, other, bound)).reason).toBe('ALTERED');
});

test('any bytes that are sealed for a secret version can be decrypted for the same secret version', () => {
  fc.assert(
    fc.property(context, value, (context, value) => {
      const keyring = keyringFromEnvironment(K1);
      const sealed = sealValue(keyring, context, value);
      expect(sealed.keyId).toBe(keyring.current());
      expect(openValue(keyring, context, sealed)).toEqual(Buffer.from(value));
    }),
  );
});

test('decryption fails if any single bit of the ciphertext or the wrapped data key is flipped', () => {
  const keyring = keyringFromEnvironment(K1);
  fc.assert(
    fc.property(context, fc.uint8Array({ maxLength: 12 }), (context, value) => {
      const sealed = sealValue(keyring, context, value);
      for (const part of ['ciphertext', 'wrappedKey'] as const) {
        for (let bit = 0; bit < sealed[part].length * 8; bit++) {
          const altered = Buffer.from(sealed[part]);
          altered[bit >> 3]! ^= 1 << (bit & 7);
          expect(refusalOf(() => openValue(keyring, context, { ...sealed, [part]: altered })).reason).toBe('ALTERED');
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('a sealed value cannot be decrypted for a different secret version, or with a data key or ciphertext of a different value', () => {
  const keyring = keyringFromEnvironment(K1);
  fc.assert(
    fc.property(twoPlaces(), value, ([here, there], value) => {
      const one = sealValue(keyring, here, value);
      const other = sealValue(keyring, there, value);
      const rows = [one, { ...other, wrappedKey: one.wrappedKey }, { ...other, ciphertext: one.ciphertext }];
      for (const row of rows) expect(refusalOf(() => openValue(keyring, there, row)).reason).toBe('ALTERED');
      expect(refusalOf(() => rewrapKey(keyring, there, one)).reason).toBe('ALTERED');
    }),
  );
});

test('different secret versions and purposes have different contexts', () => {
  const purpose = fc.constantFrom('value' as const, 'data-key' as const);
  fc.assert(
    fc.property(twoPlaces(), purpose, purpose, ([here, there], one, other) => {
      expect(contextString(one, here)).not.toBe(contextString(other, there));
      expect(contextString('value', here)).not.toBe(contextString('data-key', here));
    }),
    { numRuns: 1000 },
  );
});

test('the secret version of a sealed value can be parsed from its context', () => {
  fc.assert(
    fc.property(context, (context) => {
      const [project, format, purpose, kind, name, version] = contextString('value', context).split('/');
      expect([project, format, purpose]).toEqual(['secrets-gateway', 'v1', 'value']);
      const read: Record<string, object> = {
        'signing-key': { kind, kid: name },
        'audit-key': { kind, id: name },
        'captured-value': { kind, id: name },
        'secret-version': { kind, secretId: name, version: Number.parseInt(version ?? '', 10) },
      };
      // Only the context of a data key binds the secret name. The context of a value does not bind the secret name.
      expect(context).toMatchObject(read[kind ?? ''] ?? {});
    }),
  );
});

test('sealing rejects a context that names no secret version', () => {
  const keyring = keyringFromEnvironment(K1);
  const { secretId } = HERE;
  const places = [
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((version) => ({ ...HERE, version })),
    ...['', 'sec_1', `${secretId}/1`, `${secretId}\n`, secretId.slice(1), `{${secretId}}`].map((secretId) => ({
      ...HERE,
      secretId,
    })),
    ...['', 'a/b', 'a b', 'a\n', 'é', '.', 'a'.repeat(129)].map((kid) => ({ kind: 'signing-key' as const, kid })),
    ...['', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`].map((id) => ({
      kind: 'captured-value' as const,
      id,
    })),
    ...['', 'a/b', `${secretId}/1`, secretId.slice(1)].map((id) => ({ kind: 'audit-key' as const, id })),
    { kind: 'something' } as unknown as SealContext,
  ];
  const sealed = sealValue(keyring, HERE, Buffer.of());
  for (const place of places) {
    expect(() => sealValue(keyring, place, Buffer.of())).toThrow(TypeError);
    expect(refusalOf(() => openValue(keyring, place, sealed)).reason).toBe('ALTERED');
    expect(refusalOf(() => rewrapKey(keyring, place, sealed)).reason).toBe('ALTERED');
  }
});

test('a sealed value can be decrypted with the id of its secret in capital letters', () => {
  const keyring = keyringFromEnvironment(K1);
  const sealed = sealValue(keyring, { ...HERE, secretId: HERE.secretId.toUpperCase() }, Buffer.from('x'));
  expect(openValue(keyring, HERE, sealed).toString()).toBe('x');
});

test('each sealed value uses a separate data key', () => {
  const wrapped: string[] = [];
  const keyring = watching(keyringFromEnvironment(K1), (dataKey) => wrapped.push(Buffer.from(dataKey).toString('hex')));
  for (let i = 0; i < 100; i++) sealValue(keyring, HERE, Buffer.from('same'));
  expect(new Set(wrapped).size).toBe(100);
  expect(wrapped.every((key) => key.length === 64)).toBe(true);
});

test('sealing and opening overwrite data keys in memory after use', () => {
  const held: Uint8Array[] = [];
  const keyring = watching(keyringFromEnvironment(K1), (dataKey) => held.push(dataKey));
  const sealed = sealValue(keyring, HERE, Buffer.from('x'));
  openValue(keyring, HERE, sealed);
  rewrapKey(keyring, HERE, sealed);
  expect(() => openValue(keyring, HERE, { ...sealed, ciphertext: Buffer.of() })).toThrow(SealError);
  // The keyring wrapped or unwrapped a data key five times: once to seal, once to open, twice to wrap the data key
  // again, and once to open again.
  expect(held).toHaveLength(5);
  expect(held.every((dataKey) => dataKey.length === 32 && dataKey.every((byte) => byte === 0))).toBe(true);
});

test('wrapping a data key again does not change the sealed value, and the value can then be decrypted without the old encryption key', () => {
  const old = keyringFromEnvironment(K1);
  const both = keyringFromEnvironment(`${K2},${K1}`);
  const fresh = keyringFromEnvironment(K2);
  fc.assert(
    fc.property(context, value, (context, value) => {
      const sealed = sealValue(old, context, value);
      const rewrapped = rewrapKey(both, context, { wrappedKey: sealed.wrappedKey, keyId: sealed.keyId });
      expect(Object.keys(rewrapped).sort()).toEqual(['keyId', 'wrappedKey']);
      expect(rewrapped.keyId).toBe(fresh.current());
      expect(openValue(fresh, context, { ...sealed, ...rewrapped })).toEqual(Buffer.from(value));
      expect(refusalOf(() => openValue(fresh, context, sealed)).reason).toBe('MISSING_KEY');
      expect(refusalOf(() => rewrapKey(fresh, context, sealed)).reason).toBe('MISSING_KEY');
    }),
  );
});

test('decryption rejects a sealed value with the id of a different encryption key of the keyring', () => {
  const keyring = keyringFromEnvironment(`${K1},${K2}`);
  const sealed = sealValue(keyring, HERE, Buffer.from('x'));
  const [, other] = keyring.ids();
  const error = refusalOf(() => openValue(keyring, HERE, { ...sealed, keyId: other! }));
  expect([error.reason, error.keyId]).toEqual(['ALTERED', other]);
});

test('a destroyed version cannot be decrypted', () => {
  const keyring = keyringFromEnvironment(K1);
  const sealed = sealValue(keyring, HERE, Buffer.from('x'));
  for (const part of ['ciphertext', 'wrappedKey'] as const) {
    const destroyed = { ...sealed, [part]: null as unknown as Uint8Array };
    expect(refusalOf(() => openValue(keyring, HERE, destroyed)).reason).toBe('ALTERED');
  }
});

test('an error about a sealed value contains the id of the encryption key, but neither the secret value nor the data key', () => {
  const keyring = watching(keyringFromEnvironment(K1), (dataKey) => hidden.push(...spellings(dataKey)));
  const hidden = ['hunter2', ...spellings(hex(K1))];
  const sealed = sealValue(keyring, HERE, Buffer.from('hunter2'));
  const refusals = [
    refusalOf(() => openValue(keyring, { ...HERE, version: 4 }, sealed)),
    refusalOf(() => openValue(keyring, HERE, { ...sealed, ciphertext: sealed.wrappedKey })),
    refusalOf(() => openValue(keyringFromEnvironment(K2), HERE, sealed)),
  ];
  for (const error of refusals) {
    expect(error.message).toContain(sealed.keyId);
    const printed = `${inspect(error, { depth: null, showHidden: true })} ${JSON.stringify(error)}`;
    for (const text of hidden) expect(printed).not.toContain(text);
  }
});

test('an error about a sealed value does not repeat a malformed id of an encryption key', () => {
  const keyring = keyringFromEnvironment(K1);
  const sealed = { ...sealValue(keyring, HERE, Buffer.of()), keyId: 'k_\nready http://evil' };
  expect(refusalOf(() => openValue(keyring, HERE, sealed)).message).not.toContain('evil');
});

function twoPlaces(): fc.Arbitrary<[SealContext, SealContext]> {
  const anyTwo = fc.tuple(context, context);
  const versions = fc
    .tuple(secretVersion, secretVersion)
    .map(([a, b]): [SealContext, SealContext] => [a, { ...a, version: b.version }]);
  return fc.oneof(anyTwo, versions).filter(([a, b]) => JSON.stringify(a) !== JSON.stringify(b));
}

/** Wraps `keyring` so that it calls `see` with every data key that it wraps or unwraps. */
function watching(keyring: Keyring, see: (dataKey: Uint8Array) => void): Keyring {
  return {
    source: keyring.source,
    current: () => keyring.current(),
    ids: () => keyring.ids(),
    has: (keyId) => keyring.has(keyId),
    derive: (keyId, purpose) => keyring.derive(keyId, purpose),
    wrap(dataKey, context, format) {
      see(dataKey);
      return keyring.wrap(dataKey, context, format);
    },
    unwrap(keyId, wrappedKey, context, format) {
      const dataKey = keyring.unwrap(keyId, wrappedKey, context, format);
      see(dataKey);
      return dataKey;
    },
  };
}

function spellings(key: Uint8Array): string[] {
  const buffer = Buffer.from(key);
  return [buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url'), [...key].join(', ')];
}

interface Vector {
  context: { kind: string; secretId?: string; version?: number; kid?: string };
  keyId: string;
  ciphertext: string;
  wrappedKey: string;
}

// Sealed values of format 1 do not bind secret names, so they can be decrypted with any secret name.
const contextOf = (vector: Vector) => ({ name: 'whichever', ...vector.context }) as SealContext;
const stored = ({ keyId, ciphertext, wrappedKey }: Vector) => ({
  keyId,
  ciphertext: hex(ciphertext),
  wrappedKey: hex(wrappedKey),
});

function refusalOf(attempt: () => unknown): SealError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SealError) return error;
    throw error;
  }
  throw new Error('It was expected to be refused');
}
