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

/** Facts that no event in the database vouches for. */
export interface CheckpointFacts {
  /** As in an event. */
  changes: string;
  /** Of a baseline, in parts, which counts once its last part is there: what was there before events said what they change. */
  baseline?: string;
  /** Of the last part: the events from before, up to these numbers. None of them has facts. */
  covers?: { id: string; seq: number }[];
}

export interface CheckpointBody {
  /** How far streams have come. */
  streams?: ({ id: string } & Head)[];
  /** Of every secret whose value was written since the checkpoint before. */
  secrets?: RecordedValue[];
  /** What the events that were taken out told of secrets. */
  lives?: SecretLife[];
  /** What retired events left of facts, or a part of a baseline. */
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
