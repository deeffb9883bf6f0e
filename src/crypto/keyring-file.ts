// The keyring as a file: { "format": 1, "keys": [{ "id", "createdAt", "key" }] }, mode 0600, the current key first. Read, followed
// while it changes, made and replaced so that a crash leaves a whole one.

import { randomBytes } from 'node:crypto';
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
import { withoutMark } from '../primitives/json.ts';
import { addTo, decodeKey, KEY_BYTES, type Keyring, KeyringError, Keys, keyIdOf } from './keyring.ts';

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
    file = JSON.parse(withoutMark(text));
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
