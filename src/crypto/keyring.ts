// The keys that wrap data keys. They come from the environment or from a file, and do not leave this module.
// Losing them loses every value. docs/crypto-format.md.

import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { open, seal } from './envelope.ts';

const KEY_BYTES = 32;

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
  wrap(dataKey: Uint8Array, context: string): { keyId: string; wrappedKey: NonSharedBuffer };
  /** @throws KeyringError `UNKNOWN_KEY`; EnvelopeError if it was altered or wrapped for another context or key id */
  unwrap(keyId: string, wrappedKey: Uint8Array, context: string): NonSharedBuffer;
  /** A key of 32 bytes for `purpose`, always the same from the same key. @throws KeyringError `UNKNOWN_KEY` */
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
function keyIdOf(key: Uint8Array): string {
  return `k_${createHash('sha256').update('secrets-gateway/v1/key-id').update(key).digest('hex').slice(0, 16)}`;
}

class Keys implements Keyring {
  readonly source: string;
  readonly #refresh: (() => ReadonlyMap<string, Uint8Array>) | undefined;
  #keys: ReadonlyMap<string, Uint8Array>;

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

  wrap(dataKey: Uint8Array, context: string): { keyId: string; wrappedKey: NonSharedBuffer } {
    const [keyId, key] = this.#currentKey();
    return { keyId, wrappedKey: seal(key, dataKey, bound(context, keyId)) };
  }

  unwrap(keyId: string, wrappedKey: Uint8Array, context: string): NonSharedBuffer {
    return open(this.#key(keyId), wrappedKey, bound(context, keyId));
  }

  derive(keyId: string, purpose: string): NonSharedBuffer {
    const info = `secrets-gateway/v1/derive/${purpose}`;
    return Buffer.from(hkdfSync('sha256', this.#key(keyId), '', info, KEY_BYTES));
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

function decodeKey(text: string, source: string, position: number): Uint8Array {
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

function addTo(keys: Map<string, Uint8Array>, keyId: string, key: Uint8Array, source: string, position: number): void {
  if (keys.has(keyId)) {
    throw new KeyringError('DUPLICATE_KEY', `${source} needs different keys; key ${position} stands there before`);
  }
  keys.set(keyId, key);
}

// ---- The keyring file: { "format": 1, "keys": [{ "id", "createdAt", "key" }] }, mode 0600, the current key first.

/** What may be shown of a key. */
export interface KeyDescription {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

interface StoredKey extends KeyDescription {
  readonly key: string;
}

interface KeyringFile {
  readonly stored: readonly StoredKey[];
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Changes whenever the file does. */
  readonly stamp: string;
}

/**
 * The keyring in the file at `path`. It follows the file: a key added by another process wraps from the next time on. If the
 * file can no longer be read or is wrong, the keys already read stay and `onProblem` hears of it, once for each problem.
 * @throws KeyringError `INACCESSIBLE`, `EXPOSED`, `MALFORMED`, `MISMATCHED_ID`, `BAD_KEY`, `DUPLICATE_KEY`, `NO_KEY`
 */
export function openKeyringFile(path: string, onProblem?: (error: KeyringError) => void): Keyring {
  let file = readKeyringFile(path);
  let reported = '';

  return new Keys(path, file.keys, () => {
    try {
      if (stampOf(path) !== file.stamp) file = readKeyringFile(path);
      reported = '';
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      if (error.message !== reported) {
        reported = error.message;
        onProblem?.(error);
      }
    }
    return file.keys;
  });
}

/**
 * Makes a keyring file with one new key. Whoever finds it finds it whole.
 * @returns the key's id
 * @throws KeyringError `EXISTS` if there is one, which stays as it is; `INACCESSIBLE`
 */
export function createKeyringFile(path: string): string {
  const key = newKey();
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  return accessing(path, () => {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeDurably(descriptor, [key]);
      // INVARIANT: linking fails where a file is, and shows only whole ones. Of two that do this at once, one succeeds.
      linkSync(draft, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      throw new KeyringError('EXISTS', `${path} exists already`);
    } finally {
      closeSync(descriptor);
      unlinkSync(draft);
    }
    syncDirectoryOf(path);
    return key.id;
  });
}

/**
 * Puts a new key in front: it is the current one from now on.
 * @returns its id
 * @throws KeyringError as openKeyringFile; `BUSY` if another process is changing the file
 */
export function addKey(path: string): string {
  const key = newKey();
  replace(path, (stored) => [key, ...stored]);
  return key.id;
}

/**
 * Takes a key out for good. What is still wrapped or hashed under it is lost: see first that nothing is.
 * @throws KeyringError `CURRENT_KEY`, `UNKNOWN_KEY`; as addKey
 */
export function removeKey(path: string, keyId: string): void {
  replace(path, (stored) => {
    if (stored[0]?.id === keyId) {
      throw new KeyringError('CURRENT_KEY', `${keyId} is the current key of ${path}; add another first`);
    }
    const rest = stored.filter(({ id }) => id !== keyId);
    if (rest.length === stored.length) throw new KeyringError('UNKNOWN_KEY', `${path} has no such key`);
    return rest;
  });
}

/** The keys of the file at `path`, the current one first. @throws KeyringError as openKeyringFile */
export function describeKeys(path: string): KeyDescription[] {
  return readKeyringFile(path).stored.map(({ id, createdAt }) => ({ id, createdAt }));
}

function newKey(): StoredKey {
  const key = randomBytes(KEY_BYTES);
  return { id: keyIdOf(key), createdAt: new Date().toISOString(), key: key.toString('base64') };
}

function readKeyringFile(path: string): KeyringFile {
  // Mode, stamp and text are of the same open file, whatever happens to the name meanwhile.
  const { text, stamp } = accessing(path, () => {
    const descriptor = openSync(path, 'r');
    try {
      const stat = fstatSync(descriptor, { bigint: true });
      if ((stat.mode & 0o077n) !== 0n) {
        throw new KeyringError('EXPOSED', `${path} can be read by others than its owner; run: chmod 600 ${path}`);
      }
      return { text: readFileSync(descriptor, 'utf8'), stamp: stampFrom(stat) };
    } finally {
      closeSync(descriptor);
    }
  });
  const stored = parse(text, path);
  const keys = new Map<string, Uint8Array>();
  for (const [index, { id, key: encoded }] of stored.entries()) {
    const key = decodeKey(encoded, path, index + 1);
    if (keyIdOf(key) !== id) {
      throw new KeyringError('MISMATCHED_ID', `${path}: the id of key ${index + 1} belongs to another key`);
    }
    addTo(keys, id, key, path, index + 1);
  }
  return { stored, keys, stamp };
}

function parse(text: string, path: string): StoredKey[] {
  let file: { format?: unknown; keys?: unknown } | null;
  try {
    file = JSON.parse(text);
  } catch {
    // Its error is dropped: it quotes the text, which holds keys.
    throw new KeyringError('MALFORMED', `${path} is not JSON`);
  }
  if (file?.format !== 1) throw new KeyringError('MALFORMED', `${path} is not a keyring file of format 1`);
  if (!Array.isArray(file.keys) || file.keys.length === 0) throw new KeyringError('NO_KEY', `${path} has no key`);
  return file.keys.map((entry: Record<string, unknown> | null, index) => {
    const { id, createdAt, key } = entry ?? {};
    if (typeof id !== 'string' || typeof key !== 'string' || typeof createdAt !== 'string') {
      throw new KeyringError('MALFORMED', `${path} needs keys with id, createdAt and key; key ${index + 1} lacks one`);
    }
    return { id, createdAt, key };
  });
}

/** Replaces the file as a whole. A crash leaves the old one or the new one. */
function replace(path: string, change: (stored: readonly StoredKey[]) => StoredKey[]): void {
  accessing(path, () => {
    const target = realpathSync(path);
    const draft = `${target}.new`;
    // INVARIANT: the draft has one name and is the lock as well, taken before reading. Else of two changes at once one
    // would be lost, and with it a key that already wrapped something.
    const descriptor = lock(draft);
    try {
      writeDurably(descriptor, change(readKeyringFile(target).stored));
      renameSync(draft, target);
    } catch (error) {
      unlinkSync(draft);
      throw error;
    } finally {
      closeSync(descriptor);
    }
    syncDirectoryOf(target);
  });
}

function lock(draft: string): number {
  try {
    return openSync(draft, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const message = `The keyring is being changed by another process, or such a change was cut short; if none is running, remove ${draft}`;
    throw new KeyringError('BUSY', message);
  }
}

function writeDurably(descriptor: number, stored: readonly StoredKey[]): void {
  writeFileSync(descriptor, `${JSON.stringify({ format: 1, keys: stored }, null, 2)}\n`);
  fsyncSync(descriptor);
}

/** A new name is safe only when its directory is. */
function syncDirectoryOf(path: string): void {
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function stampOf(path: string): string {
  return accessing(path, () => stampFrom(statSync(path, { bigint: true })));
}

/** The inode changes when the file is replaced, ctime also when only its mode does. */
function stampFrom(stat: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** What the file system refuses becomes a KeyringError. */
function accessing<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof KeyringError || code === undefined) throw error;
    throw new KeyringError('INACCESSIBLE', `${path} cannot be read or written: ${code}`, error);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
