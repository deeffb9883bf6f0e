// Hashes each audit event together with the hash of the previous event, so that the events form a chain. docs/audit-format.md has the layout byte for
// byte, and test/audit/vectors.json has test vectors.
import { createHmac, hash, type KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';

/** A stored audit event. Every string has exactly the characters that PostgreSQL stores. */
export interface StoredEvent {
  id: Uuid;
  /** `2026-11-22T06:44:04.123000Z`: UTC with microseconds. */
  at: string;
  action: string;
  outcome: string;
  actorKind: string;
  actorId: GlobalIdText;
  actorName: string;
  subjectKind: string | null;
  subjectId: GlobalIdText | null;
  subjectName: string | null;
  version: number | null;
  /** The changes, as JSON in a string. The event's hash covers every character of the string. */
  changes: string | null;
  requestId: string;
  address: string | null;
  /** SHA-256 of the sealed value, in hex. Empty if every value of the secret was destroyed. */
  valueHash: string | null;
  /** The facts that the event's transaction changed (see `facts.ts`). Null or missing if the transaction changed no fact. */
  facts?: string | null;
}

/** An audit event with its position in a chain. */
export interface ChainedEvent extends StoredEvent {
  /** UUID. */
  stream: Uuid;
  seq: number;
  /** Hex. */
  hash: string;
}

/** The newest event of a chain: its number, and its hash (32 bytes in hex). */
export interface Head {
  seq: number;
  hash: string;
}

/** A row of the table `audit_streams`, read from the database or from an exported file. */
export interface StreamRow extends Head {
  id: Uuid;
  auditKeyId: Uuid;
}

/** The head of a chain that has no events yet. */
export const GENESIS: Head = { seq: 0, hash: '00'.repeat(32) };

export function canonicalEvent(stream: Uuid, seq: number, event: StoredEvent): string {
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

/**
 * Returns the hash of an event: HMAC-SHA256(key, SHA-256(previous ‖ canonical)), in hex. `previous` is the hash of the previous event: 32 bytes in
 * hex.
 */
export function link(key: KeyObject, previous: string, canonical: string): string {
  const digest = hash('sha256', Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(canonical)]), 'buffer');
  return createHmac('sha256', key).update(digest).digest('hex');
}

/** Gives `events` their numbers and hashes, as the next events of `stream` after `head`. */
export function chain(key: KeyObject, stream: Uuid, head: Head, events: readonly StoredEvent[]): ChainedEvent[] {
  let last = head;
  return events.map((event) => {
    const seq = last.seq + 1;
    last = { seq, hash: link(key, last.hash, canonicalEvent(stream, seq, event)) };
    return { ...event, stream, ...last };
  });
}
