// The keyring: the encryption keys that wrap data keys. The gateway reads the encryption keys from the environment or from a file. No method of the
// keyring returns an encryption key. Without the encryption keys, no secret value can be decrypted. See docs/crypto-format.md.

import { createHash, hkdfSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { checkedKey, type EnvelopeFormat, open, seal } from './envelope.ts';

export const KEY_BYTES = 32;

/**
 * Whether `text` has the form of an encryption key's id. A row of the database may have been manipulated, so error messages show an id from a row
 * only if the id is well-formed.
 */
export function isKeyId(text: string): boolean {
  return /^k_[0-9a-f]{16}$/.test(text);
}

/**
 * A list of encryption keys, the current encryption key first. Printing or serializing the keyring shows only its source and the ids of the
 * encryption keys.
 */
export interface Keyring {
  /** The source of the encryption keys: the variable name `KEYRING`, or the path of the keyring file. */
  readonly source: string;
  /** Returns the id of the encryption key that wraps new data keys. */
  current(): string;
  /** Returns the ids of all encryption keys, the id of the current encryption key first. */
  ids(): string[];
  has(keyId: string): boolean;
  /** Wraps a data key under the current encryption key, bound to `context` and to the id of the encryption key. */
  wrap(dataKey: Uint8Array, context: string, format?: EnvelopeFormat): { keyId: string; wrappedKey: NonSharedBuffer };
  /**
   * @throws KeyringError `UNKNOWN_KEY`; EnvelopeError if the wrapped data key was altered, or was wrapped for another context or under another
   * encryption key
   */
  unwrap(keyId: string, wrappedKey: Uint8Array, context: string, format?: EnvelopeFormat): NonSharedBuffer;
  /**
   * Derives a key of 32 bytes for `purpose` from the encryption key `keyId`. Equal arguments give an equal derived key. All callers share the
   * returned buffer and must not write to the buffer.
   * @throws KeyringError `UNKNOWN_KEY`
   */
  derive(keyId: string, purpose: string): NonSharedBuffer;
}

export type KeyringFault =
  | 'NO_KEY'
  | 'BAD_KEY'
  | 'DUPLICATE_KEY'
  | 'UNKNOWN_KEY'
  | 'CURRENT_KEY'
  | 'EXPOSED'
  | 'MALFORMED'
  | 'MISMATCHED_ID'
  | 'EXISTS'
  | 'BUSY'
  | 'INACCESSIBLE';

/** An error about the keyring. The message says what to do, and never contains an encryption key. */
export class KeyringError extends Error {
  readonly reason: KeyringFault;

  constructor(reason: KeyringFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KeyringError';
    this.reason = reason;
  }
}

/**
 * Returns the id of an encryption key: `k_` and 16 hex digits of the SHA-256 of a label and the encryption key. Because the id is a hash of the
 * encryption key, two encryption keys cannot have the same id.
 */
export function keyIdOf(key: Uint8Array): string {
  return `k_${createHash('sha256').update('secrets-gateway/v1/key-id').update(key).digest('hex').slice(0, 16)}`;
}

export class Keys implements Keyring {
  readonly source: string;
  readonly #refresh: (() => ReadonlyMap<string, Uint8Array>) | undefined;
  #keys: ReadonlyMap<string, Uint8Array>;
  /** KeyObjects of the encryption keys. The KeyObjects are cached, because every reveal of a secret value unwraps a data key. */
  readonly #opening = new WeakMap<Uint8Array, KeyObject>();
  /** Derived keys by purpose. Derived keys are cached because every token check computes the MAC of a signing key. */
  readonly #derived = new WeakMap<Uint8Array, Map<string, NonSharedBuffer>>();

  /**
   * @param refresh returns the present encryption keys. The keyring calls `refresh` before every wrap, and when a caller passes the id of an
   * encryption key that the keyring does not contain.
   */
  constructor(source: string, keys: ReadonlyMap<string, Uint8Array>, refresh?: () => ReadonlyMap<string, Uint8Array>) {
    this.source = source;
    this.#keys = keys;
    this.#refresh = refresh;
  }

  current(): string {
    return this.#currentKey()[0];
  }

  ids(): string[] {
    this.#reload();
    return [...this.#keys.keys()];
  }

  has(keyId: string): boolean {
    return this.#find(keyId) !== undefined;
  }

  wrap(dataKey: Uint8Array, context: string, format?: EnvelopeFormat): { keyId: string; wrappedKey: NonSharedBuffer } {
    const [keyId, key] = this.#currentKey();
    return { keyId, wrappedKey: seal(key, dataKey, bound(context, keyId), format) };
  }

  unwrap(keyId: string, wrappedKey: Uint8Array, context: string, format?: EnvelopeFormat): NonSharedBuffer {
    const key = this.#key(keyId);
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = checkedKey(key);
      this.#opening.set(key, opening);
    }
    return open(opening, wrappedKey, bound(context, keyId), format);
  }

  derive(keyId: string, purpose: string): NonSharedBuffer {
    const key = this.#key(keyId);
    const derivedByPurpose = this.#derived.get(key) ?? new Map<string, NonSharedBuffer>();
    this.#derived.set(key, derivedByPurpose);
    let derived = derivedByPurpose.get(purpose);
    if (derived === undefined) {
      derived = Buffer.from(hkdfSync('sha256', key, '', `secrets-gateway/v1/derive/${purpose}`, KEY_BYTES));
      derivedByPurpose.set(purpose, derived);
    }
    return derived;
  }

  toJSON(): { source: string; keys: string[] } {
    return { source: this.source, keys: [...this.#keys.keys()] };
  }

  [inspect.custom](): string {
    return `Keyring ${inspect(this.toJSON())}`;
  }

  #currentKey(): [keyId: string, key: Uint8Array] {
    this.#reload();
    for (const entry of this.#keys) return entry;
    throw new KeyringError('NO_KEY', `${this.source} has no encryption key`);
  }

  #key(keyId: string): Uint8Array {
    const key = this.#find(keyId);
    if (key === undefined) throw new KeyringError('UNKNOWN_KEY', `${this.source} has no encryption key with this id`);
    return key;
  }

  #find(keyId: string): Uint8Array | undefined {
    const existing = this.#keys.get(keyId);
    if (existing !== undefined || this.#refresh === undefined) return existing;
    this.#reload();
    return this.#keys.get(keyId);
  }

  #reload(): void {
    if (this.#refresh !== undefined) this.#keys = this.#refresh();
  }
}

/**
 * Appends the id of the encryption key to the context. All ids of encryption keys have the same length and contain no slash. Therefore different
 * arguments give different results.
 */
function bound(context: string, keyId: string): string {
  return `${context}/${keyId}`;
}

/**
 * Parses the variable `KEYRING`, which contains encryption keys, separated by commas. Each encryption key has 32 bytes, in base64, in base64url or as
 * 64 hex digits. The first encryption key is the current one.
 * @throws KeyringError `NO_KEY`, `BAD_KEY`, `DUPLICATE_KEY`
 */
export function keyringFromEnvironment(text: string): Keyring {
  if (text.trim() === '') throw new KeyringError('NO_KEY', 'KEYRING has no encryption key');
  const keys = new Map<string, Uint8Array>();
  for (const [index, part] of text.split(',').entries()) {
    const key = decodeKey(part.replace(/\s+/g, ''), 'KEYRING', index + 1);
    addTo(keys, keyIdOf(key), key, 'KEYRING', index + 1);
  }
  return new Keys('KEYRING', keys);
}

export function decodeKey(text: string, source: string, position: number): Uint8Array {
  // An encryption key in base64 has at most 44 characters. A longer string of hex digits must therefore be hex.
  const hex = /^[0-9a-f]{45,}$/i.test(text);
  if (!hex && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    throw new KeyringError(
      'BAD_KEY',
      `${source}: every encryption key must be base64 or hex; encryption key ${position} is neither`,
    );
  }
  const key = Buffer.from(text, hex ? 'hex' : 'base64'); // Node's encoding 'base64' also decodes base64url.
  const length = hex ? text.length / 2 : key.length; // `Buffer.from` silently ignores the last hex digit if the number of digits is odd.
  if (length !== KEY_BYTES) {
    throw new KeyringError(
      'BAD_KEY',
      `${source}: every encryption key must have ${KEY_BYTES} bytes; encryption key ${position} has ${length}`,
    );
  }
  return key;
}

export function addTo(
  keys: Map<string, Uint8Array>,
  keyId: string,
  key: Uint8Array,
  source: string,
  position: number,
): void {
  if (keys.has(keyId)) {
    throw new KeyringError(
      'DUPLICATE_KEY',
      `${source}: encryption key ${position} is a duplicate of an earlier encryption key`,
    );
  }
  keys.set(keyId, key);
}
