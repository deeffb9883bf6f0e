// The one sealed form. Everything that is kept sealed, values and data keys alike, is these bytes and no others.
// Layout and reasons: docs/crypto-format.md.

import { createCipheriv, createDecipheriv, createSecretKey, KeyObject, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** First byte of an envelope. Both formats have the same layout; they differ in what the context binds. See docs/crypto-format.md. */
export type EnvelopeFormat = 1 | 2;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

export type EnvelopeFault = 'KEY_LENGTH' | 'CONTEXT' | 'TOO_SHORT' | 'UNKNOWN_FORMAT' | 'ALTERED';

/** It does not seal or open. The message never holds key, plaintext or ciphertext. */
export class EnvelopeError extends Error {
  readonly reason: EnvelopeFault;

  constructor(reason: EnvelopeFault, message: string) {
    super(message);
    this.name = 'EnvelopeError';
    this.reason = reason;
  }
}

/**
 * Seals `plaintext` under `key` (32 bytes), bound to `context`.
 * Layout: format(1) ‖ nonce(12) ‖ ciphertext ‖ tag(16).
 * The nonce is random: a key may seal 2^32 times at most. A data key seals once.
 * @throws EnvelopeError if `key` is not 32 bytes or `context` is not well-formed Unicode
 */
export function seal(
  key: Uint8Array,
  plaintext: Uint8Array,
  context: string,
  format: EnvelopeFormat = 1,
): NonSharedBuffer {
  const secretKey = checkedKey(key);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secretKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(format, context));
  const ciphertext = cipher.update(plaintext);
  const rest = cipher.final();
  return Buffer.concat([Buffer.of(format), nonce, ciphertext, rest, cipher.getAuthTag()]);
}

/**
 * Returns the plaintext that was sealed under `key` and `context`. The envelope must have this format.
 * @throws EnvelopeError for any other key, any other context, any altered, missing or added bit
 */
export function open(
  key: Uint8Array | KeyObject,
  sealed: Uint8Array,
  context: string,
  format: EnvelopeFormat = 1,
): NonSharedBuffer {
  const secretKey = checkedKey(key);
  if (sealed.length < HEADER_BYTES + TAG_BYTES) {
    throw new EnvelopeError(
      'TOO_SHORT',
      `An envelope has ${HEADER_BYTES + TAG_BYTES} bytes or more; this has ${sealed.length}`,
    );
  }
  if (sealed[0] !== format) {
    throw new EnvelopeError('UNKNOWN_FORMAT', `Expected an envelope of format ${format}, got format ${sealed[0]}`);
  }
  const end = sealed.length - TAG_BYTES;
  // INVARIANT: the tag's length is pinned here. Left open, node:crypto would take a shorter tag, which is easier to forge.
  const decipher = createDecipheriv(CIPHER, secretKey, sealed.subarray(1, HEADER_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(format, context));
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, end));
  try {
    decipher.final(); // which checks, and holds no bytes: the cipher has no blocks to fill
  } catch {
    plaintext.fill(0); // what did not authenticate
    throw new EnvelopeError('ALTERED', 'The envelope was altered, or sealed under another key or context');
  }
  return plaintext;
}

/** format(1) ‖ context in UTF-8: a fixed width, then the rest, so no two pairs give the same bytes. */
function associatedData(format: number, context: string): Buffer {
  // A lone surrogate would be encoded as U+FFFD, and two contexts would be one.
  if (!context.isWellFormed()) throw new EnvelopeError('CONTEXT', 'A context is well-formed Unicode');
  return Buffer.from(String.fromCharCode(format) + context, 'utf8'); // a format below 128 is one byte of it
}

/** As a KeyObject, since node:crypto takes three times as long to seal or open with the bare bytes. @throws EnvelopeError if it is not 32 bytes */
export function checkedKey(key: Uint8Array | KeyObject): KeyObject {
  if (key instanceof KeyObject) return key;
  if (key.length !== KEY_BYTES) {
    throw new EnvelopeError('KEY_LENGTH', `A key has ${KEY_BYTES} bytes; this has ${key.length}`);
  }
  return createSecretKey(key);
}
