// The envelope: the only format of sealed bytes. Secret values and data keys are both stored in it.
// docs/crypto-format.md describes the layout and the reasons.

import { createCipheriv, createDecipheriv, createSecretKey, KeyObject, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** First byte of an envelope. Both formats have the same layout; they differ in what the context binds. See docs/crypto-format.md. */
export type EnvelopeFormat = 1 | 2;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

export type EnvelopeFault = 'KEY_LENGTH' | 'CONTEXT' | 'TOO_SHORT' | 'UNKNOWN_FORMAT' | 'ALTERED';

/** Sealing or opening failed. The message never contains a key, plaintext or ciphertext. */
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
 * The nonce is random, so a key may seal at most 2^32 times. A data key seals only once.
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
 * Returns the plaintext that was sealed under `key` and `context`. The envelope must have the format `format`.
 * @throws EnvelopeError if the key or the context differs, or if a bit was changed, added or removed
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
      `An envelope must have at least ${HEADER_BYTES + TAG_BYTES} bytes; this one has ${sealed.length}`,
    );
  }
  if (sealed[0] !== format) {
    throw new EnvelopeError('UNKNOWN_FORMAT', `Expected an envelope of format ${format}, got format ${sealed[0]}`);
  }
  const end = sealed.length - TAG_BYTES;
  // INVARIANT: the length of the authentication tag is fixed here. Otherwise node:crypto accepts a shorter tag, which is easier to forge.
  const decipher = createDecipheriv(CIPHER, secretKey, sealed.subarray(1, HEADER_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(format, context));
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, end));
  try {
    decipher.final(); // checks the tag, and returns no bytes: GCM needs no padding
  } catch {
    plaintext.fill(0); // unauthenticated bytes must not stay in memory
    throw new EnvelopeError('ALTERED', 'The envelope was altered, or sealed under another key or context');
  }
  return plaintext;
}

/** Returns format(1) ‖ context in UTF-8. The format has a fixed width, so different pairs give different bytes. */
function associatedData(format: number, context: string): Buffer {
  // A lone surrogate is encoded as U+FFFD, so that two contexts would give the same bytes.
  if (!context.isWellFormed()) throw new EnvelopeError('CONTEXT', 'A context must be well-formed Unicode');
  return Buffer.from(String.fromCharCode(format) + context, 'utf8'); // a format below 128 is one byte in UTF-8
}

/** Converts a key to a KeyObject: with raw bytes, node:crypto takes three times as long. @throws EnvelopeError if `key` is not 32 bytes */
export function checkedKey(key: Uint8Array | KeyObject): KeyObject {
  if (key instanceof KeyObject) return key;
  if (key.length !== KEY_BYTES) {
    throw new EnvelopeError('KEY_LENGTH', `An encryption key must have ${KEY_BYTES} bytes; this one has ${key.length}`);
  }
  return createSecretKey(key);
}
