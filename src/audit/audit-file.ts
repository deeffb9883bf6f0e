// An exported log: JSON lines, whole in themselves. docs/audit-format.md says what stands where.
import { createHash, createHmac, type Hash, type KeyObject } from 'node:crypto';
import type { ChainedEvent, Head, StreamRow } from './audit-chain.ts';
import type { Checkpoint } from './audit-checkpoint.ts';
import type { SealedAuditKey } from './audit-key.ts';

export const FORMAT = 'secrets-gateway/audit-log/1';

/** The first line. */
export interface Header {
  format: typeof FORMAT;
  exportedAt: string;
  /** `2026-11` for a file of a month's events, which has no checkpoints; null for one of all events. */
  month: string | null;
  /** The keys of the chains, sealed under the keyring, bytes in base64. */
  keys: { id: string; ciphertext: string; wrappedKey: string; keyId: string }[];
}

export interface Trailer {
  checkpoints: number;
  events: number;
  /** UUID. */
  auditKeyId: string;
  /** HMAC-SHA256 under that key of SHA-256 of everything before this line, in hex. */
  mac: string;
}

/**
 * In this order: the header; all checkpoints; each stream, with its events behind it and, where some are not in the file, up to which one they
 * stand elsewhere; the end.
 */
export type Line =
  | { header: Header }
  | { checkpoint: Checkpoint }
  | { stream: StreamRow }
  | { elsewhere: { stream: string } & Head }
  | { event: ChainedEvent }
  | { end: Trailer };

/** What has been written or read of a file so far, hashed. */
export function digest(): Hash {
  return createHash('sha256').update(`${FORMAT}\n`);
}

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
