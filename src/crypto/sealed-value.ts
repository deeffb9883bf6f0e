// A value at rest: sealed under a data key of its own, the data key wrapped by the keyring. docs/crypto-format.md.

import { hash, randomBytes } from 'node:crypto';
import { type EnvelopeFormat, open, seal } from './envelope.ts';
import { isKeyId, type Keyring, KeyringError } from './keyring.ts';

/** What is stored of a value. */
export interface SealedValue<Bytes extends Uint8Array = Uint8Array> {
  /** The value, sealed under its data key. */
  readonly ciphertext: Bytes;
  /** The data key, sealed under the keyring's key `keyId`. */
  readonly wrappedKey: Bytes;
  readonly keyId: string;
}

/** Where a value belongs. Sealed for one place, it opens at no other. */
export type SealContext =
  | SecretVersionContext
  | { readonly kind: 'signing-key'; readonly kid: string }
  | { readonly kind: 'audit-key'; readonly id: string };

export interface SecretVersionContext {
  readonly kind: 'secret-version';
  readonly secretId: string;
  readonly version: number;
  /** The secret's name. A secret is never renamed; if its row gets another name, the value does not open. */
  readonly name: string;
}

/** It does not open: the keyring has no such key, or what is stored is not what was sealed there. */
export class SealError extends Error {
  readonly reason: 'MISSING_KEY' | 'ALTERED';
  /** As it was stored, or `malformed` for what is no key id: a row may have been tampered with, and nothing of it is repeated. */
  readonly keyId: string;

  constructor(reason: 'MISSING_KEY' | 'ALTERED', keyId: string, cause?: unknown) {
    const known = isKeyId(keyId);
    const key = known ? `key ${keyId}` : 'a malformed key id';
    super(
      reason === 'MISSING_KEY'
        ? `The keyring lacks what this was sealed under: ${key}`
        : `Not what was sealed here under ${key}`,
      { cause },
    );
    this.name = 'SealError';
    this.reason = reason;
    this.keyId = known ? keyId : 'malformed';
  }
}

/**
 * Seals `plaintext` for its place, under a new data key.
 * @throws TypeError if `context` is not a place: an id no UUID, the version no positive integer, the kid malformed
 */
export function sealValue(keyring: Keyring, context: SealContext, plaintext: Uint8Array): SealedValue<NonSharedBuffer> {
  const dataKey = randomBytes(32);
  try {
    // INVARIANT: a data key seals once, so no nonce can repeat under it.
    const ciphertext = seal(dataKey, plaintext, contextString('value', context));
    return { ciphertext, ...wrap(keyring, dataKey, context) };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * The value that was sealed for this place.
 * @throws SealError and nothing else
 */
export function openValue(keyring: Keyring, context: SealContext, sealed: SealedValue): NonSharedBuffer {
  const dataKey = openDataKey(keyring, context, sealed);
  try {
    return open(dataKey, sealed.ciphertext, contextString('value', context));
  } catch (cause) {
    throw new SealError('ALTERED', sealed.keyId, cause);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * The same data key wrapped by the current key. The value is neither opened nor sealed again.
 * @throws SealError if the data key does not open
 */
export function rewrapKey(
  keyring: Keyring,
  context: SealContext,
  sealed: Pick<SealedValue, 'wrappedKey' | 'keyId'>,
): Pick<SealedValue<NonSharedBuffer>, 'wrappedKey' | 'keyId'> {
  const dataKey = openDataKey(keyring, context, sealed);
  try {
    return wrap(keyring, dataKey, context);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Opens the data key and discards it. Together with the hash of the ciphertext this proves that the value opens, without opening it.
 * @throws SealError if the data key does not open
 */
export function checkDataKey(
  keyring: Keyring,
  context: SealContext,
  sealed: Pick<SealedValue, 'wrappedKey' | 'keyId'>,
): void {
  openDataKey(keyring, context, sealed).fill(0);
}

/** Whether a data key is bound to the name of its secret. A data key of format 1 is not bound to the name until `rewrap` wraps it again. */
export function isBoundToName(wrappedKey: Uint8Array): boolean {
  return wrappedKey[0] === 2;
}

function wrap(keyring: Keyring, dataKey: Uint8Array, context: SealContext) {
  const format = context.kind === 'secret-version' ? 2 : 1;
  return keyring.wrap(dataKey, dataKeyContext(context, format), format);
}

/** The context that a data key is wrapped under. Format 1: the value's place. Format 2: the place and the SHA-256 of the secret's name. */
function dataKeyContext(context: SealContext, format: EnvelopeFormat): string {
  if (format === 1) return contextString('data-key', context);
  const name = context.kind === 'secret-version' ? context.name : '';
  return `secrets-gateway/v2/data-key/${place(context)}/${hash('sha256', name)}`;
}

function openDataKey(keyring: Keyring, context: SealContext, sealed: Pick<SealedValue, 'wrappedKey' | 'keyId'>) {
  try {
    const format = isBoundToName(sealed.wrappedKey) ? 2 : 1;
    return keyring.unwrap(sealed.keyId, sealed.wrappedKey, dataKeyContext(context, format), format);
  } catch (cause) {
    const missing = cause instanceof KeyringError && cause.reason === 'UNKNOWN_KEY';
    throw new SealError(missing ? 'MISSING_KEY' : 'ALTERED', sealed.keyId, cause);
  }
}

/**
 * `secrets-gateway/v1/<purpose>/secret-version/<uuid>/<version>`, `secrets-gateway/v1/<purpose>/signing-key/<kid>` or
 * `secrets-gateway/v1/<purpose>/audit-key/<uuid>`.
 * Injective: no part can hold a slash, and each has one spelling.
 * @throws TypeError
 */
export function contextString(purpose: 'value' | 'data-key', context: SealContext): string {
  return `secrets-gateway/v1/${purpose}/${place(context)}`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function place(context: SealContext): string {
  switch (context.kind) {
    case 'secret-version': {
      const { kind, secretId, version } = context;
      if (!UUID.test(secretId)) throw new TypeError('A secret id is a UUID');
      if (!Number.isSafeInteger(version) || version < 1) throw new TypeError('A version is an integer from 1');
      return `${kind}/${secretId.toLowerCase()}/${version}`;
    }
    case 'signing-key': {
      const { kind, kid } = context;
      if (!/^[A-Za-z0-9_-]{1,128}$/.test(kid)) throw new TypeError('A kid is 1 to 128 of A-Z a-z 0-9 _ -');
      return `${kind}/${kid}`;
    }
    case 'audit-key': {
      const { kind, id } = context;
      if (!UUID.test(id)) throw new TypeError('The id of an audit key is a UUID');
      return `${kind}/${id.toLowerCase()}`;
    }
    default:
      throw new TypeError('Values are sealed for a secret-version, a signing-key or an audit-key');
  }
}
