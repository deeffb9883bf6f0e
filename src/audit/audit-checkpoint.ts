// The format of checkpoints. A checkpoint seals how far the streams of the audit log have come. Layout: docs/audit-format.md.
import type { KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { type Head, link } from './audit-chain.ts';
import type { SecretLife } from './secret-life.ts';

export interface Checkpoint {
  /** Checkpoints are numbered from 1, without gaps. */
  number: number;
  /** A time in the format of `StoredEvent.at`. */
  at: string;
  /** UUID. */
  auditKeyId: Uuid;
  /** JSON text of a `CheckpointBody`. The hash covers every character. */
  body: string;
  /** Hex. */
  hash: string;
}

/** The newest value of a secret that the audit log recorded. */
export interface RecordedValue {
  /** Global id. */
  id: GlobalIdText;
  version: number | null;
  /** SHA-256 of the newest sealed value, in hex; empty if every value was destroyed. */
  valueHash: string;
}

/** Consecutive events of a stream, for example retired events, which are no longer in the database. */
export interface Segment {
  stream: Uuid;
  from: number;
  to: number;
  /** `before` is the hash of the event before `from`. `hash` is the hash of the event `to`. */
  before: string;
  hash: string;
}

/** The facts of retired events, which are no longer in the database. */
export interface CheckpointFacts {
  /** Facts that began and ended, in the format of an event's `facts`. */
  changes: string;
}

export interface CheckpointBody {
  /** The newest event of each stream that has new events. */
  streams?: ({ id: Uuid } & Head)[];
  /** One entry for each secret with a value written or destroyed since the previous checkpoint. */
  secrets?: RecordedValue[];
  /** Deletions, expiry and destroyed versions of secrets, from the retired events. */
  lives?: SecretLife[];
  /** The sum of the facts of retired events. */
  facts?: CheckpointFacts;
  /** The retired month, and the events that were removed. */
  retired?: { month: string; segments: Segment[] };
}

export function canonicalCheckpoint({ number, at, auditKeyId, body }: Omit<Checkpoint, 'hash'>): string {
  return JSON.stringify(['secrets-gateway/v1/audit-checkpoint', number, at, auditKeyId, body]);
}

/** The hash of a checkpoint. `previous` is the hash of the checkpoint before. */
export function checkpointHash(key: KeyObject, previous: string, checkpoint: Omit<Checkpoint, 'hash'>): string {
  return link(key, previous, canonicalCheckpoint(checkpoint));
}
