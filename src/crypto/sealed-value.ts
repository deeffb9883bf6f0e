// Seals and opens stored secret values. Each value is sealed under a data key of its own, and the keyring wraps the data key. See
// docs/crypto-format.md.

import { hash, type KeyObject, randomBytes } from 'node:crypto';
import type { PlainOr } from '../primitives/brand.ts';
import { checkedKey, type EnvelopeFormat, open, seal } from './envelope.ts';
import { isKeyId, type Keyring, KeyringError } from './keyring.ts';

/** A sealed value and its wrapped data key, as the database stores them. */
export interface SealedValue<Bytes extends Uint8Array = Uint8Array> {
  /** The value, sealed under its data key. */
  readonly ciphertext: Bytes;
  /** The data key, wrapped under the encryption key `keyId`. */
  readonly wrappedKey: Bytes;
  readonly keyId: string;
}

/**
 * Identifies the place where a value is stored, such as one version of one secret. A value that was sealed for one place cannot be decrypted at
 * another place.
 */
export type SealContext =
  | SecretVersionContext
  | { readonly kind: 'signing-key'; readonly kid: string }
  | { readonly kind: 'audit-key'; readonly id: PlainOr<'Uuid'> }
  /** `id` is the SHA-256 of the place of a captured value, in lower-case hex. */
  | { readonly kind: 'captured-value'; readonly id: string };

export interface SecretVersionContext {
  readonly kind: 'secret-version';
  readonly secretId: PlainOr<'Uuid'>;
  readonly version: number;
  /**
   * The name of the secret. The gateway never renames a secret. If someone changes the name in the secret's database row, the gateway cannot decrypt
   * the secret value.
   */
  readonly name: string;
}

/**
 * A stored value cannot be decrypted. Either the keyring does not contain the encryption key, or the stored bytes are not the bytes that were sealed
 * for this place.
 */
export class SealError extends Error {
  readonly reason: 'MISSING_KEY' | 'ALTERED';
  /**
   * The stored id of the encryption key, or `malformed` if the stored string does not have the form of such an id. Therefore text from a manipulated
   * row cannot appear in an error message.
   */
  readonly keyId: string;

  constructor(reason: 'MISSING_KEY' | 'ALTERED', keyId: string, cause?: unknown) {
    const isValidId = isKeyId(keyId);
    const key = isValidId ? `encryption key ${keyId}` : 'an encryption key with a malformed id';
    super(
      reason === 'MISSING_KEY'
        ? `The keyring does not have ${key}, which is needed to decrypt this value`
        : `The stored value was altered, was sealed for another database row, or was not sealed under ${key}`,
      { cause },
    );
    this.name = 'SealError';
    this.reason = reason;
    this.keyId = isValidId ? keyId : 'malformed';
  }
}

/**
 * Seals `plaintext` for the place `context`, under a new data key.
 * @throws TypeError if `context` is malformed: the id is not a UUID, the version not a positive integer, or the kid malformed
 */
export function sealValue(keyring: Keyring, context: SealContext, plaintext: Uint8Array): SealedValue<NonSharedBuffer> {
  const dataKey = randomBytes(32);
  try {
    // INVARIANT: each data key seals only one value. Therefore no nonce is used twice with one data key.
    const ciphertext = seal(dataKey, plaintext, contextString('value', context));
    return { ciphertext, ...wrap(keyring, dataKey, context) };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Decrypts a value that was sealed for the place `context`.
 * @throws SealError, and no other error
 */
export function openValue(keyring: Keyring, context: SealContext, sealed: SealedValue): NonSharedBuffer {
  return openWith(dataKeyOf(keyring, context, sealed), context, sealed);
}

/** Unwraps the data key of a value that was sealed for the place `context`. @throws SealError, and no other error */
export function dataKeyOf(
  keyring: Keyring,
  context: SealContext,
  sealed: Pick<SealedValue, 'wrappedKey' | 'keyId'>,
): KeyObject {
  const bytes = openDataKey(keyring, context, sealed);
  try {
    return checkedKey(bytes);
  } catch (cause) {
    throw new SealError('ALTERED', sealed.keyId, cause);
  } finally {
    bytes.fill(0);
  }
}

/** Decrypts a value with its data key from `dataKeyOf`. @throws SealError, and no other error */
export function openWith(
  dataKey: KeyObject,
  context: SealContext,
  sealed: Pick<SealedValue, 'ciphertext' | 'keyId'>,
): NonSharedBuffer {
  try {
    return open(dataKey, sealed.ciphertext, contextString('value', context));
  } catch (cause) {
    throw new SealError('ALTERED', sealed.keyId, cause);
  }
}

/**
 * Unwraps the data key, and wraps the data key under the current encryption key. The value itself is neither decrypted nor encrypted again.
 * @throws SealError if the data key cannot be unwrapped
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
 * Checks that the data key can be unwrapped. If the data key can be unwrapped and the hash of the ciphertext is correct, the value can be decrypted.
 * This function does not decrypt the value. @throws SealError if the data key cannot be unwrapped
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

/**
 * Returns the context to which a wrapped data key is bound. In format 1, the context identifies the place where the value is stored. In format 2, the
 * context also contains the SHA-256 of the secret's name.
 */
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
 * Returns the context of a sealed value: `secrets-gateway/v1/<purpose>/secret-version/<uuid>/<version>`,
 * `secrets-gateway/v1/<purpose>/signing-key/<kid>`, `secrets-gateway/v1/<purpose>/audit-key/<uuid>` or
 * `secrets-gateway/v1/<purpose>/captured-value/<sha256>`. Values in different places have different contexts, because no part can contain a slash and every part has only one spelling.
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
      if (!UUID.test(secretId)) throw new TypeError('A secret id must be a UUID');
      if (!Number.isSafeInteger(version) || version < 1)
        throw new TypeError('A version must be an integer of at least 1');
      return `${kind}/${secretId.toLowerCase()}/${version}`;
    }
    case 'signing-key': {
      const { kind, kid } = context;
      if (!/^[A-Za-z0-9_-]{1,128}$/.test(kid))
        throw new TypeError('A kid must have 1 to 128 characters of A-Z a-z 0-9 _ -');
      return `${kind}/${kid}`;
    }
    case 'audit-key': {
      const { kind, id } = context;
      if (!UUID.test(id)) throw new TypeError('The id of an audit key must be a UUID');
      return `${kind}/${id.toLowerCase()}`;
    }
    case 'captured-value': {
      const { kind, id } = context;
      if (!/^[0-9a-f]{64}$/.test(id))
        throw new TypeError('The id of a captured value must have 64 lower-case hex digits');
      return `${kind}/${id}`;
    }
    default:
      throw new TypeError(
        'The kind of a seal context must be secret-version, signing-key, audit-key or captured-value',
      );
  }
}
