// Chooses the id of the audit event that records a transaction. Database rows whose validity begins or ends in the transaction store this event id.
// See docs/adr/0030-event-ids-in-rows.md.
import type { Transaction } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import { eventId } from './event-id.ts';

const ids = new WeakMap<Transaction, Uuid>();

/**
 * Returns the id of the last audit event that `tx` records. The first call sets the time of this event to `now`.
 * INVARIANT: the caller has already locked the rows that it changes. Therefore the event of a later change of the same rows has a later id.
 */
export function eventOf(tx: Transaction, now: Date): Uuid {
  const id = ids.get(tx) ?? eventId(now);
  ids.set(tx, id);
  return id;
}

/** Returns the event id that rows store in the transaction `tx`. Returns undefined if no row stores an event id. */
export function eventNamedIn(tx: Transaction): Uuid | undefined {
  return ids.get(tx);
}
