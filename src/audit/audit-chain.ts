// What an event is hashed over, and how: byte for byte in docs/audit-format.md, with vectors in test/audit/vectors.json.
import { createHmac, hash, type KeyObject } from 'node:crypto';

/** An event as it is stored, every text as PostgreSQL keeps it. */
export interface StoredEvent {
  id: string;
  /** `2026-11-22T06:44:04.123000Z`: six digits of a second. */
  at: string;
  action: string;
  outcome: string;
  actorKind: string;
  actorId: string;
  actorName: string;
  subjectKind: string | null;
  subjectId: string | null;
  subjectName: string | null;
  version: number | null;
  /** JSON, to the letter. */
  changes: string | null;
  requestId: string;
  address: string | null;
  /** Hex; empty if every value of the secret was destroyed. */
  valueHash: string | null;
  /** The facts that its transaction changed (see `facts.ts`). Null or missing if the transaction changed none. */
  facts?: string | null;
}

/** An event at its place in a chain. */
export interface ChainedEvent extends StoredEvent {
  /** UUID. */
  stream: string;
  seq: number;
  /** Hex. */
  hash: string;
}

/** What a chain has come to: its newest number, and the hash of that (32 bytes in hex). */
export interface Head {
  seq: number;
  hash: string;
}

/** A stream as its row or the header of an exported file has it. */
export interface StreamRow extends Head {
  id: string;
  auditKeyId: string;
}

/** Before the first. */
export const GENESIS: Head = { seq: 0, hash: '00'.repeat(32) };

export function canonicalEvent(stream: string, seq: number, event: StoredEvent): string {
  const facts = event.facts ?? null;
  const { id, at, action, outcome, actorKind, actorId, actorName, subjectKind, subjectId, subjectName } = event;
  return JSON.stringify([
    facts === null ? 'secrets-gateway/v1/audit-event' : 'secrets-gateway/v2/audit-event',
    stream,
    seq,
    id,
    at,
    action,
    outcome,
    actorKind,
    actorId,
    actorName,
    subjectKind,
    subjectId,
    subjectName,
    event.version,
    event.changes,
    event.requestId,
    event.address,
    event.valueHash,
    ...(facts === null ? [] : [facts]),
  ]);
}

/** HMAC-SHA256(key, SHA-256(previous ‖ canonical)), in hex. `previous` is 32 bytes in hex. */
export function link(key: KeyObject, previous: string, canonical: string): string {
  const digest = hash('sha256', Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(canonical)]), 'buffer');
  return createHmac('sha256', key).update(digest).digest('hex');
}

/** The events as the next ones of `stream` after `head`. */
export function chain(key: KeyObject, stream: string, head: Head, events: readonly StoredEvent[]): ChainedEvent[] {
  let last = head;
  return events.map((event) => {
    const seq = last.seq + 1;
    last = { seq, hash: link(key, last.hash, canonicalEvent(stream, seq, event)) };
    return { ...event, stream, ...last };
  });
}
