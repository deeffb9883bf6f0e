// What a checkpoint is, and what it is hashed over: docs/audit-format.md.
import type { KeyObject } from 'node:crypto';
import { type Head, link } from './audit-chain.ts';
import type { SecretLife } from './secret-life.ts';

export interface Checkpoint {
  /** From 1, without gaps. */
  number: number;
  /** As in an event. */
  at: string;
  /** UUID. */
  auditKeyId: string;
  /** JSON, to the letter: a `CheckpointBody`. */
  body: string;
  /** Hex. */
  hash: string;
}

/** What became of a secret's value, as far as somebody recorded it. */
export interface RecordedValue {
  /** Outside id. */
  id: string;
  version: number | null;
  /** SHA-256 of the newest sealed value, in hex; empty if every value was destroyed. */
  valueHash: string;
}

/** Events that follow each other and stand in the database no more. */
export interface Segment {
  stream: string;
  from: number;
  to: number;
  /** The hash before `from`, and that of `to`. */
  before: string;
  hash: string;
}

/** The facts of retired events, which are no longer in the database. */
export interface CheckpointFacts {
  /** Facts that began and ended, in the format of an event's `facts`. */
  changes: string;
}

export interface CheckpointBody {
  /** How far streams have come. */
  streams?: ({ id: string } & Head)[];
  /** Of every secret whose value was written since the checkpoint before. */
  secrets?: RecordedValue[];
  /** What the events that were taken out told of secrets. */
  lives?: SecretLife[];
  /** The sum of the facts of retired events. */
  facts?: CheckpointFacts;
  /** What was taken out: the month, and which events those were. */
  retired?: { month: string; segments: Segment[] };
}

export function canonicalCheckpoint({ number, at, auditKeyId, body }: Omit<Checkpoint, 'hash'>): string {
  return JSON.stringify(['secrets-gateway/v1/audit-checkpoint', number, at, auditKeyId, body]);
}

/** The hash of a checkpoint after one whose hash is `previous`. */
export function checkpointHash(key: KeyObject, previous: string, checkpoint: Omit<Checkpoint, 'hash'>): string {
  return link(key, previous, canonicalCheckpoint(checkpoint));
}
