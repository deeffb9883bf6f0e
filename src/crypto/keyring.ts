// The keys that wrap data keys. They come from the environment or from a file, and do not leave this module.
// Losing them loses every value. docs/crypto-format.md.

import { createHash, hkdfSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { checkedKey, type EnvelopeFormat, open, seal } from './envelope.ts';

export const KEY_BYTES = 32;

/** Whether `text` has the form of a key id: what stands in a row may have been tampered with, and is repeated only if it has. */
export function isKeyId(text: string): boolean {
  return /^k_[0-9a-f]{16}$/.test(text);
}

/** Several keys, the first one current. Printing or serializing one shows its source and key ids. */
export interface Keyring {
  /** `KEYRING`, or the file's path. */
  readonly source: string;
  /** The id of the key that wraps from now on. */
  current(): string;
  /** The current one first. */
  ids(): string[];
  has(keyId: string): boolean;
  /** Wraps under the current key, bound to `context` and to that key's id. */
  wrap(dataKey: Uint8Array, context: string, format?: EnvelopeFormat): { keyId: string; wrappedKey: NonSharedBuffer };
  /** @throws KeyringError `UNKNOWN_KEY`; EnvelopeError if it was altered or wrapped for another context or key id */
  unwrap(keyId: string, wrappedKey: Uint8Array, context: string, format?: EnvelopeFormat): NonSharedBuffer;
  /** A key of 32 bytes for `purpose`, always the same from the same key. Shared by all callers: do not write to it. @throws KeyringError `UNKNOWN_KEY` */
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

/** The message says what to do and never holds a key. */
export class KeyringError extends Error {
  readonly reason: KeyringFault;

  constructor(reason: KeyringFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KeyringError';
    this.reason = reason;
  }
}

/** `k_` and 16 hex digits of SHA-256 over a label and the key: an id cannot be given to another key. */
export function keyIdOf(key: Uint8Array): string {
  return `k_${createHash('sha256').update('secrets-gateway/v1/key-id').update(key).digest('hex').slice(0, 16)}`;
}

export class Keys implements Keyring {
  readonly source: string;
  readonly #refresh: (() => ReadonlyMap<string, Uint8Array>) | undefined;
  #keys: ReadonlyMap<string, Uint8Array>;
  /** Every reveal opens with one of few. */
  readonly #opening = new WeakMap<Uint8Array, KeyObject>();
  /** Derived keys by purpose, cached because every check of a token needs one for the MAC of the signing key. */
  readonly #derived = new WeakMap<Uint8Array, Map<string, NonSharedBuffer>>();

  /** @param refresh the keys as they are by now; looked at before wrapping and when an id is unknown */
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
    const known = this.#derived.get(key) ?? new Map<string, NonSharedBuffer>();
    this.#derived.set(key, known);
    let derived = known.get(purpose);
    if (derived === undefined) {
      derived = Buffer.from(hkdfSync('sha256', key, '', `secrets-gateway/v1/derive/${purpose}`, KEY_BYTES));
      known.set(purpose, derived);
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
    throw new KeyringError('NO_KEY', `${this.source} has no key`);
  }

  #key(keyId: string): Uint8Array {
    const key = this.#find(keyId);
    if (key === undefined) throw new KeyringError('UNKNOWN_KEY', `${this.source} has no such key`);
    return key;
  }

  #find(keyId: string): Uint8Array | undefined {
    const known = this.#keys.get(keyId);
    if (known !== undefined || this.#refresh === undefined) return known;
    this.#reload();
    return this.#keys.get(keyId);
  }

  #reload(): void {
    if (this.#refresh !== undefined) this.#keys = this.#refresh();
  }
}

/** A key id has one width and no slash, so that it cannot be taken for the end of a context. */
function bound(context: string, keyId: string): string {
  return `${context}/${keyId}`;
}

/**
 * The keyring that `KEYRING` holds: keys of 32 bytes as base64, base64url or 64 hex digits, separated by commas, the
 * current one first.
 * @throws KeyringError `NO_KEY`, `BAD_KEY`, `DUPLICATE_KEY`
 */
export function keyringFromEnvironment(text: string): Keyring {
  if (text.trim() === '') throw new KeyringError('NO_KEY', 'KEYRING has no key');
  const keys = new Map<string, Uint8Array>();
  for (const [index, part] of text.split(',').entries()) {
    const key = decodeKey(part.replace(/\s+/g, ''), 'KEYRING', index + 1);
    addTo(keys, keyIdOf(key), key, 'KEYRING', index + 1);
  }
  return new Keys('KEYRING', keys);
}

export function decodeKey(text: string, source: string, position: number): Uint8Array {
  // Base64 of a key has 44 characters at most, so more than that of hex digits only was meant as hex.
  const hex = /^[0-9a-f]{45,}$/i.test(text);
  if (!hex && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    throw new KeyringError('BAD_KEY', `${source} needs keys in base64 or hex; key ${position} is neither`);
  }
  const key = Buffer.from(text, hex ? 'hex' : 'base64'); // base64 reads base64url too
  const length = hex ? text.length / 2 : key.length; // an odd last digit would be dropped without a word
  if (length !== KEY_BYTES) {
    throw new KeyringError('BAD_KEY', `${source} needs keys of ${KEY_BYTES} bytes; key ${position} has ${length}`);
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
    throw new KeyringError('DUPLICATE_KEY', `${source} needs different keys; key ${position} stands there before`);
  }
  keys.set(keyId, key);
}
