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
  /** The month of the events, such as `2026-11`: the file has no checkpoints. Null if the file has all events. */
  month: string | null;
  /** The audit keys, sealed under the keyring. Bytes are in base64. */
  keys: { id: Uuid; ciphertext: string; wrappedKey: string; keyId: string }[];
}

/** The last line of the file. */
export interface Trailer {
  checkpoints: number;
  events: number;
  /** UUID. */
  auditKeyId: Uuid;
  /** HMAC-SHA256 of a hash of all lines before, under the audit key `auditKeyId`, in hex. */
  mac: string;
}

/**
 * A line of the file. The order is: the header, all checkpoints, each stream followed by its events, the end. If events of a stream are not in the
 * file, `elsewhere` has the number and the hash of the last of these events.
 */
export type Line =
  | { header: Header }
  | { checkpoint: Checkpoint }
  | { stream: StreamRow }
  | { elsewhere: { stream: Uuid } & Head }
  | { event: ChainedEvent }
  | { end: Trailer };

/** A new hash, to be updated with every line of a file. */
export function digest(): Hash {
  return createHash('sha256').update(`${FORMAT}\n`);
}

/** The MAC of the lines that `soFar` was updated with. */
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
