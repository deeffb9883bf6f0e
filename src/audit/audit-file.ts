// The format of an exported audit log: lines of JSON. docs/audit-format.md describes each line.
import { createHash, createHmac, type Hash, type KeyObject } from 'node:crypto';
import type { Uuid } from '../primitives/ids.ts';
import type { ChainedEvent, Head, StreamRow } from './audit-chain.ts';
import type { Checkpoint } from './audit-checkpoint.ts';
import type { SealedAuditKey } from './audit-key.ts';

export const FORMAT = 'secrets-gateway/audit-log/1';

/** The first line of the file. */
export interface Header {
  format: typeof FORMAT;
  exportedAt: string;
  /**
   * The month of the events, such as `2026-11`, if the file contains one month. A file of one month contains no checkpoints. The field is null if the
   * file contains all events.
   */
  month: string | null;
  /** The audit keys, sealed under the keyring. `ciphertext` and `wrappedKey` are in base64. */
  keys: { id: Uuid; ciphertext: string; wrappedKey: string; keyId: string }[];
}

/** The last line of the file. */
export interface Trailer {
  checkpoints: number;
  events: number;
  /** The id of an audit key, a UUID. */
  auditKeyId: Uuid;
  /** The MAC of all previous lines, in hexadecimal: HMAC-SHA256 of a hash of the lines, under the audit key `auditKeyId`. */
  mac: string;
}

/**
 * A line of the file. The file contains lines in the following order: the header, all checkpoints, each stream followed by its events, and the end
 * line. If the file omits events of a stream, an `elsewhere` line contains the number and the hash of the last omitted event.
 */
export type Line =
  | { header: Header }
  | { checkpoint: Checkpoint }
  | { stream: StreamRow }
  | { elsewhere: { stream: Uuid } & Head }
  | { event: ChainedEvent }
  | { end: Trailer };

/** Returns the text of a line, with its line break. */
export function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** Returns a new hash object, which the caller updates with every line of a file. */
export function digest(): Hash {
  return createHash('sha256').update(`${FORMAT}\n`);
}

/** Returns the MAC of the lines with which the caller updated the hash object `soFar`. */
export function macOf(key: KeyObject, soFar: Hash): string {
  return createHmac('sha256', key).update(soFar.copy().digest()).digest('hex');
}

export function keyToFile({ id, ciphertext, wrappedKey, keyId }: SealedAuditKey): Header['keys'][number] {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return { id, ciphertext: base64(ciphertext), wrappedKey: base64(wrappedKey), keyId };
}

export function keyFromFile({ id, ciphertext, wrappedKey, keyId }: Header['keys'][number]): SealedAuditKey {
  return { id, ciphertext: Buffer.from(ciphertext, 'base64'), wrappedKey: Buffer.from(wrappedKey, 'base64'), keyId };
}
