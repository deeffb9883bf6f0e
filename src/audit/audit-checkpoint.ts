// The format of checkpoints. A checkpoint seals the audit log: the checkpoint records the number and the hash of the newest event of each stream.
// docs/audit-format.md specifies the format.
import type { KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { type Head, link } from './audit-chain.ts';
import type { SecretLife } from './secret-life.ts';

export interface Checkpoint {
  /** Checkpoints are numbered from 1, without gaps. */
  number: number;
  /** The time of the checkpoint, in UTC with microseconds. */
  at: string;
  /** The id of the audit key, a UUID. */
  auditKeyId: Uuid;
  /** A string that contains a `CheckpointBody` in JSON. The checkpoint's hash covers every character of the string. */
  body: string;
  /** The hash of the checkpoint, in hexadecimal. */
  hash: string;
}

/** The newest value of a secret according to the audit log. */
export interface RecordedValue {
  /** The secret's global id. */
  id: GlobalIdText;
  version: number | null;
  /** The SHA-256 hash of the newest sealed value, in hexadecimal. The hash is empty if every value of the secret was destroyed. */
  valueHash: string;
}

/** A range of consecutive events of a stream. For example, a checkpoint lists the ranges of retired events, which are no longer in the database. */
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
  /** The facts that began and the facts that ended, in the format that `writeFacts` produces. */
  changes: string;
}

/** Problems of the audit log that an operator acknowledged. */
export interface Acknowledgement {
  /** The name of the operator. */
  by: string;
  reason: string;
  /** The description of each problem, and the hash of the compared data (see `Problem.evidence` in `log-check.ts`). */
  problems: { text: string; evidence: string }[];
}

export interface CheckpointBody {
  /** For each stream that received events after the previous checkpoint, the newest event. */
  streams?: ({ id: Uuid } & Head)[];
  /** A list with one item for each secret whose value was written or destroyed since the previous checkpoint. */
  secrets?: RecordedValue[];
  /** The deletions, expiry times and destroyed versions of secrets, according to the retired events. */
  lives?: SecretLife[];
  /** The sum of the facts that the retired events began and ended. */
  facts?: CheckpointFacts;
  /** The retired month, and the events that the retirement removed from the database. */
  retired?: { month: string; segments: Segment[] };
  acknowledged?: Acknowledgement;
}

export function canonicalCheckpoint({ number, at, auditKeyId, body }: Omit<Checkpoint, 'hash'>): string {
  return JSON.stringify(['secrets-gateway/v1/audit-checkpoint', number, at, auditKeyId, body]);
}

/** The hash of a checkpoint. `previous` is the hash of the previous checkpoint. */
export function checkpointHash(key: KeyObject, previous: string, checkpoint: Omit<Checkpoint, 'hash'>): string {
  return link(key, previous, canonicalCheckpoint(checkpoint));
}
