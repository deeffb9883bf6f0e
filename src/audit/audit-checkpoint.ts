// The format of checkpoints. A checkpoint seals the audit log: it records the number and the hash of the newest event of each stream. Layout:
// docs/audit-format.md.
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
  /** A `CheckpointBody`, as JSON in a string. The checkpoint's hash covers every character of the string. */
  body: string;
  /** Hex. */
  hash: string;
}

/** The newest value of a secret that the audit log recorded. */
export interface RecordedValue {
  /** The secret's global id. */
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
  /** `before` is the hash of the event that precedes event number `from`. `hash` is the hash of event number `to`. */
  before: string;
  hash: string;
}

/** The facts (see `facts.ts`) that retired events recorded. Retired events are no longer in the database. */
export interface CheckpointFacts {
  /** The facts that began and the facts that ended, in the format of `StoredEvent.facts`. */
  changes: string;
}

export interface CheckpointBody {
  /** The newest event of each stream that has events after the previous checkpoint. */
  streams?: ({ id: Uuid } & Head)[];
  /** One entry for each secret whose value was written or destroyed since the previous checkpoint. */
  secrets?: RecordedValue[];
  /** The deletions, expiry times and destroyed versions of secrets that the retired events recorded. */
  lives?: SecretLife[];
  /** The facts of database rows that the retired events recorded, added up over these events. */
  facts?: CheckpointFacts;
  /** The retired month, and the events that the retirement removed from the database. */
  retired?: { month: string; segments: Segment[] };
}

export function canonicalCheckpoint({ number, at, auditKeyId, body }: Omit<Checkpoint, 'hash'>): string {
  return JSON.stringify(['secrets-gateway/v1/audit-checkpoint', number, at, auditKeyId, body]);
}

/** The hash of a checkpoint. `previous` is the hash of the previous checkpoint. */
export function checkpointHash(key: KeyObject, previous: string, checkpoint: Omit<Checkpoint, 'hash'>): string {
  return link(key, previous, canonicalCheckpoint(checkpoint));
}
