// The keyring file: { "format": 1, "keys": [{ "id", "createdAt", "key" }] }, mode 0600, with the current encryption key first. This module reads the
// file, watches the file for changes, and changes the file. After a crash, the file is always complete.

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

/** The description of an encryption key, without the encryption key itself. */
export interface KeyDescription {
  readonly id: string;
  /** The creation time of the encryption key, in ISO 8601 format and UTC. */
  readonly createdAt: string;
}

interface StoredKey extends KeyDescription {
  readonly key: string;
}

interface KeyringFile {
  readonly stored: readonly StoredKey[];
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Identifies the state of the file: the stamp changes whenever the file changes. */
  readonly stamp: string;
}

/**
 * Opens the keyring in the file at `path`, and watches the file for changes. If another process adds an encryption key, the next wrap uses the added
 * encryption key. If the file becomes unreadable or invalid, the last valid encryption keys stay in use, and `onProblem` is called once for each
 * problem.
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
 * Creates a keyring file with one new encryption key. Other processes see either no file or the complete file.
 * @returns the id of the encryption key
 * @throws KeyringError `EXISTS` if the file already exists (the file then stays unchanged); `INACCESSIBLE`
 */
export function createKeyringFile(path: string): string {
  const key = newKey();
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  return accessing(path, () => {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeDurably(descriptor, [key]);
      // INVARIANT: the file is renamed to its final name only when the file is complete. Creating a hard link fails if a file with the name of the
      // link exists. Therefore exactly one of two concurrent calls succeeds.
      linkSync(draft, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      throw new KeyringError('EXISTS', `${path} already exists`);
    } finally {
      closeSync(descriptor);
      unlinkSync(draft);
    }
    syncDirectoryOf(path);
    return key.id;
  });
}

/**
 * Adds a new encryption key to the keyring file. The new encryption key becomes the current encryption key.
 * @returns the id of the encryption key
 * @throws KeyringError for the same reasons as `openKeyringFile`; `BUSY` if another process is changing the file
 */
export function addKey(path: string): string {
  const key = newKey();
  replace(path, (stored) => [key, ...stored]);
  return key.id;
}

/**
 * Removes an encryption key from the keyring file permanently. The calling code must first check that the encryption key is unused. After the
 * removal, data keys that are wrapped under the encryption key can never be unwrapped, and access keys that are hashed under it no longer work.
 * @throws KeyringError `CURRENT_KEY`, `UNKNOWN_KEY`, and for the same reasons as `addKey`
 */
export function removeKey(path: string, keyId: string): void {
  replace(path, (stored) => {
    if (stored[0]?.id === keyId) {
      throw new KeyringError(
        'CURRENT_KEY',
        `${keyId} is the current encryption key of ${path}; add another encryption key first`,
      );
    }
    const rest = stored.filter(({ id }) => id !== keyId);
    if (rest.length === stored.length)
      throw new KeyringError('UNKNOWN_KEY', `${path} has no encryption key with this id`);
    return rest;
  });
}

/**
 * Lists the encryption keys of the file at `path`, the current encryption key first.
 * @throws KeyringError for the same reasons as `openKeyringFile`
 */
export function describeKeys(path: string): KeyDescription[] {
  return readKeyringFile(path).stored.map(({ id, createdAt }) => ({ id, createdAt }));
}

function newKey(): StoredKey {
  const key = randomBytes(KEY_BYTES);
  return { id: keyIdOf(key), createdAt: new Date().toISOString(), key: key.toString('base64') };
}

function readKeyringFile(path: string): KeyringFile {
  // The mode, the stamp and the contents are read from one open file, so all three describe the same file even if another process replaces the file
  // in the meantime.
  const { text, stamp } = accessing(path, () => {
    const descriptor = openSync(path, 'r');
    try {
      const stat = fstatSync(descriptor, { bigint: true });
      if (isExposed(stat, process.geteuid?.())) {
        throw new KeyringError('EXPOSED', `${path} is readable by other users; run: chmod 600 ${path}`);
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
      throw new KeyringError(
        'MISMATCHED_ID',
        `${path}: the id of encryption key ${index + 1} does not match this encryption key`,
      );
    }
    addTo(keys, id, key, path, index + 1);
  }
  return { stored, keys, stamp };
}

/**
 * Returns whether users other than the user of this process and root can read or write a file. systemd and Kubernetes give secrets to a process that
 * is not root as files of root with the mode 0440, which the group of the process can read. Only root can create such a file. Therefore this mode is
 * not an accident of the user of the process, and the file counts as not exposed.
 */
export function isExposed({ mode, uid }: { mode: bigint; uid: bigint }, user: number | undefined): boolean {
  if (uid === 0n && user !== 0 && (mode & 0o777n) === 0o440n) return false;
  return (mode & 0o077n) !== 0n;
}

function parse(text: string, path: string): StoredKey[] {
  let file: { format?: unknown; keys?: unknown } | null;
  try {
    file = JSON.parse(withoutMark(text));
  } catch {
    // The parser's error is dropped, because its message quotes the contents of the file, and the contents include encryption keys.
    throw new KeyringError('MALFORMED', `${path} is not JSON`);
  }
  if (file?.format !== 1) throw new KeyringError('MALFORMED', `${path} is not a keyring file of format 1`);
  if (!Array.isArray(file.keys) || file.keys.length === 0)
    throw new KeyringError('NO_KEY', `${path} has no encryption key`);
  return file.keys.map((entry: Record<string, unknown> | null, index) => {
    const { id, createdAt, key } = entry ?? {};
    if (typeof id !== 'string' || typeof key !== 'string' || typeof createdAt !== 'string') {
      throw new KeyringError(
        'MALFORMED',
        `${path}: every encryption key must have the JSON fields id, createdAt and key; encryption key ${index + 1} does not`,
      );
    }
    return { id, createdAt, key };
  });
}

/** Replaces the file atomically. After a crash, the file contains either the old contents or the new contents. */
function replace(path: string, change: (stored: readonly StoredKey[]) => StoredKey[]): void {
  accessing(path, () => {
    const target = realpathSync(path);
    const draft = `${target}.new`;
    // INVARIANT: the draft file is also the lock, and is created before the keyring is read. Without the lock, one of two concurrent changes could
    // overwrite the other change, and an encryption key that already wrapped data keys could disappear.
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
    const message = `Another process is changing the keyring, or an earlier change was interrupted. If no other process is running, remove ${draft}`;
    throw new KeyringError('BUSY', message);
  }
}

function writeDurably(descriptor: number, stored: readonly StoredKey[]): void {
  writeFileSync(descriptor, `${JSON.stringify({ format: 1, keys: stored }, null, 2)}\n`);
  fsyncSync(descriptor);
}

/** Flushes the directory to disk, because the new name of a renamed file survives a crash only if the directory is on disk. */
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

/**
 * Returns the stamp of a file. The stamp includes the inode, which changes when the file is replaced, and ctime, which changes even when only the
 * mode of the file changes.
 */
function stampFrom(stat: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** Turns errors of the file system into KeyringError. */
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
