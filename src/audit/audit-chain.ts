// Hashes each audit event together with the hash of the previous event, so that the events form a chain. docs/audit-format.md specifies every byte of
// the hashed data, and test/audit/vectors.json contains test vectors.
import { createHmac, hash, type KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';

/** An audit event as the database stores the event. No string is normalized or shortened. */
export interface StoredEvent {
  id: Uuid;
  /** The time of the event in UTC, with microseconds, such as `2026-11-22T06:44:04.123000Z`. */
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
  /** The changes that the event records: a string that contains JSON. The event's hash covers every character of the string. */
  changes: string | null;
  requestId: string;
  address: string | null;
  /** The SHA-256 hash of the sealed secret value, in hexadecimal. The hash is empty if every value of the secret was destroyed. */
  valueHash: string | null;
  /** The facts (see `facts.ts`) that the event's transaction changed. The field is null or missing if the transaction changed no fact. */
  facts?: string | null;
}

/** An audit event with its position in a chain. */
export interface ChainedEvent extends StoredEvent {
  /** The id of the stream, a UUID. */
  stream: Uuid;
  seq: number;
  /** The hash of the event, in hexadecimal. */
  hash: string;
}

/** The number of a chain's newest event, and the hash of this event (32 bytes in hexadecimal). */
export interface Head {
  seq: number;
  hash: string;
}

/** A row of the table `audit_streams`, read from the database or from an exported file. */
export interface StreamRow extends Head {
  id: Uuid;
  auditKeyId: Uuid;
}

/** The head of a chain that contains no events. */
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
 * Returns the hash of an event in hexadecimal: HMAC-SHA256(key, SHA-256(previous ‖ canonical)). The argument `previous` is the hash of the previous
 * event: 32 bytes in hexadecimal.
 */
export function link(key: KeyObject, previous: string, canonical: string): string {
  const digest = hash('sha256', Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(canonical)]), 'buffer');
  return createHmac('sha256', key).update(digest).digest('hex');
}

/** Computes the numbers and hashes of new `events` of `stream`. The first new event follows the event `head`. */
export function chain(key: KeyObject, stream: Uuid, head: Head, events: readonly StoredEvent[]): ChainedEvent[] {
  let last = head;
  return events.map((event) => {
    const seq = last.seq + 1;
    last = { seq, hash: link(key, last.hash, canonicalEvent(stream, seq, event)) };
    return { ...event, stream, ...last };
  });
}
