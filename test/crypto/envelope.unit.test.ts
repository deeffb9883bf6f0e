import { webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EnvelopeError, open, seal } from '../../src/crypto/envelope.ts';
import vectors from './vectors/envelope-v1.json' with { type: 'json' };

const hex = (text: string) => Buffer.from(text, 'hex');
const bytes = (options: fc.IntArrayConstraints = {}) => fc.uint8Array({ maxLength: 300, ...options });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const context = fc.string({ unit: 'binary' });

describe('the test vectors of envelope format 1', () => {
  test.each(vectors.opens)('the envelope in test vector $name can be decrypted', (vector) => {
    expect(open(hex(vector.key), hex(vector.sealed), vector.context).toString('hex')).toBe(vector.plaintext);
  });

  test.each(vectors.opens)(
    'the envelope in test vector $name consists of the bytes that the format document describes',
    async (vector) => {
      const { key, nonce, context, plaintext, sealed } = vector;
      const additionalData = Buffer.concat([Buffer.of(1), Buffer.from(context)]);
      const aesKey = await webcrypto.subtle.importKey('raw', hex(key), 'AES-GCM', false, ['encrypt']);
      const gcm = { name: 'AES-GCM', iv: hex(nonce), additionalData, tagLength: 128 };
      const ciphertextAndTag = await webcrypto.subtle.encrypt(gcm, aesKey, hex(plaintext));
      expect(`01${nonce}${Buffer.from(ciphertextAndTag).toString('hex')}`).toBe(sealed);
    },
  );

  test.each(vectors.refused)('decryption rejects the envelope in test vector $name', (vector) => {
    expect(reasonOf(() => open(hex(vector.key), hex(vector.sealed), vector.context))).toBe(vector.reason);
  });
});

test('any bytes that are sealed with any context can be decrypted with the same context', () => {
  fc.assert(
    fc.property(key, bytes(), context, (key, plaintext, context) => {
      const sealed = seal(key, plaintext, context);
      expect(sealed.length).toBe(1 + 12 + plaintext.length + 16);
      expect(open(key, sealed, context)).toEqual(Buffer.from(plaintext));
    }),
  );
});

test('an envelope of one mebibyte can be decrypted', () => {
  const plaintext = Buffer.alloc(1 << 20, 'long');
  expect(open(KEY, seal(KEY, plaintext, 'here'), 'here').equals(plaintext)).toBe(true);
});

test('decryption rejects an envelope in which any single bit was flipped', () => {
  fc.assert(
    fc.property(key, bytes({ maxLength: 24 }), context, (key, plaintext, context) => {
      const sealed = seal(key, plaintext, context);
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const altered = Buffer.from(sealed);
        altered[bit >> 3]! ^= 1 << (bit & 7);
        expect(reasonOf(() => open(key, altered, context))).toBe(bit < 8 ? 'UNKNOWN_FORMAT' : 'ALTERED');
      }
    }),
    { numRuns: 30 },
  );
});

test('decryption rejects an envelope with removed or added bytes', () => {
  const sealed = seal(KEY, Buffer.from('hunter2'), 'here');
  for (let length = 0; length < sealed.length; length++) {
    const reason = length < 29 ? 'TOO_SHORT' : 'ALTERED';
    expect(reasonOf(() => open(KEY, sealed.subarray(0, length), 'here'))).toBe(reason);
  }
  expect(reasonOf(() => open(KEY, Buffer.concat([sealed, Buffer.of(0)]), 'here'))).toBe('ALTERED');
});

test('decryption rejects an envelope that was sealed with a different context', () => {
  fc.assert(
    fc.property(key, bytes(), context, context, (key, plaintext, one, other) => {
      fc.pre(one !== other);
      expect(reasonOf(() => open(key, seal(key, plaintext, one), other))).toBe('ALTERED');
    }),
  );
});

test('decryption rejects an envelope that was sealed with a different encryption key', () => {
  fc.assert(
    fc.property(key, key, bytes(), (one, other, plaintext) => {
      fc.pre(!Buffer.from(one).equals(other));
      expect(reasonOf(() => open(other, seal(one, plaintext, ''), ''))).toBe('ALTERED');
    }),
  );
});

test('sealing rejects an ambiguous context', () => {
  expect(reasonOf(() => seal(KEY, Buffer.of(), '\ud800'))).toBe('CONTEXT');
  expect(reasonOf(() => open(KEY, seal(KEY, Buffer.of(), '\ufffd'), '\ud800'))).toBe('CONTEXT');
});

test('sealing and opening an envelope require an encryption key of 32 bytes', () => {
  for (const length of [0, 16, 24, 31, 33, 64]) {
    expect(reasonOf(() => seal(Buffer.alloc(length), Buffer.of(), ''))).toBe('KEY_LENGTH');
    expect(reasonOf(() => open(Buffer.alloc(length), Buffer.alloc(40, 1), ''))).toBe('KEY_LENGTH');
  }
});

test('two envelopes of the same value consist of different bytes', () => {
  const sealed = Array.from({ length: 1000 }, () => seal(KEY, Buffer.from('same'), 'here').toString('hex'));
  expect(new Set(sealed.map((text) => text.slice(2, 26))).size).toBe(1000);
  expect(new Set(sealed.map((text) => text.slice(26))).size).toBe(1000);
});

test('sealing and opening do not change the bytes of the encryption key, plaintext and envelope that the caller passes', () => {
  const plaintext = Buffer.from('hunter2');
  const sealed = seal(KEY, plaintext, 'here');
  const before = Buffer.from(sealed);
  expect(open(KEY, sealed, 'here')).toEqual(plaintext);
  expect(plaintext.toString()).toBe('hunter2');
  expect(sealed).toEqual(before);
  expect(KEY).toEqual(Buffer.alloc(32, 7));
});

test('no error about an envelope repeats the encryption key, the plaintext or the envelope', () => {
  const long = Buffer.concat([KEY, Buffer.of(1)]);
  const sealed = seal(KEY, Buffer.from('hunter2'), 'here');
  const attempts = [
    () => open(KEY, sealed, 'there'),
    () => open(long, sealed, 'here'),
    () => seal(long, Buffer.from('hunter2'), 'here'),
    () => open(KEY, sealed.subarray(0, 20), 'here'),
  ];
  for (const attempt of attempts) {
    const printed = inspect(errorOf(attempt), { depth: null, showHidden: true });
    for (const hidden of ['hunter2', KEY.toString('hex'), KEY.toString('base64'), sealed.toString('hex')]) {
      expect(printed).not.toContain(hidden);
    }
  }
});

const KEY = Buffer.alloc(32, 7);

function errorOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to throw');
}

function reasonOf(attempt: () => unknown): string {
  const error = errorOf(attempt);
  if (!(error instanceof EnvelopeError)) throw error;
  return error.reason;
}
