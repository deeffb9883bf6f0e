// The envelope: the only format of sealed bytes. Secret values and data keys are both stored in this format. docs/crypto-format.md describes the
// layout and the reasons.

import { createCipheriv, createDecipheriv, createSecretKey, KeyObject, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/**
 * The first byte of an envelope is its format. Envelopes of both formats have the same layout of bytes, but different contexts: only the context of
 * format 2 contains the name of the secret. See docs/crypto-format.md.
 */
export type EnvelopeFormat = 1 | 2;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

export type EnvelopeFault = 'KEY_LENGTH' | 'CONTEXT' | 'TOO_SHORT' | 'UNKNOWN_FORMAT' | 'ALTERED';

/** An envelope could not be sealed or opened. The message never contains an encryption key, plaintext or ciphertext. */
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
 * The nonce is random, so one encryption key may seal at most 2^32 envelopes. A data key seals only one envelope.
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
 * @throws EnvelopeError if the envelope was sealed with a different `key` or a different `context`, or if the bytes of the envelope were changed
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
  // INVARIANT: this call sets the length of the authentication tag. Without `authTagLength`, node:crypto accepts a shorter authentication tag, which
  // is easier to forge.
  const decipher = createDecipheriv(CIPHER, secretKey, sealed.subarray(1, HEADER_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(format, context));
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, end));
  try {
    decipher.final(); // `final` checks the authentication tag. It returns no bytes, because GCM needs no padding.
  } catch {
    plaintext.fill(0); // Bytes that were not authenticated must not remain in memory.
    throw new EnvelopeError(
      'ALTERED',
      'The envelope was altered, or was sealed under another encryption key or for another context',
    );
  }
  return plaintext;
}

/** Returns format(1) ‖ context in UTF-8. The format is always one byte long. Therefore different pairs of format and context give different bytes. */
function associatedData(format: number, context: string): Buffer {
  // A lone surrogate would be encoded as U+FFFD, so two different contexts could give the same bytes.
  if (!context.isWellFormed()) throw new EnvelopeError('CONTEXT', 'A context must be well-formed Unicode');
  return Buffer.from(String.fromCharCode(format) + context, 'utf8'); // A format number below 128 is one byte in UTF-8.
}

/**
 * Converts an encryption key to a KeyObject, because node:crypto needs three times as long if the encryption key is passed as raw bytes.
 * @throws EnvelopeError if `key` is not 32 bytes
 */
export function checkedKey(key: Uint8Array | KeyObject): KeyObject {
  if (key instanceof KeyObject) return key;
  if (key.length !== KEY_BYTES) {
    throw new EnvelopeError('KEY_LENGTH', `An encryption key must have ${KEY_BYTES} bytes; this one has ${key.length}`);
  }
  return createSecretKey(key);
}
