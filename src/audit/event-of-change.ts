// The id of the event that records a transaction, for the rows that the transaction begins and ends. See docs/adr/0030-event-ids-in-rows.md.
import type { Transaction } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import { eventId } from './event-id.ts';

const ids = new WeakMap<Transaction, Uuid>();

/**
 * The id of the last event of `tx`. The first call sets the time of the event to `now`.
 * INVARIANT: the caller holds the locks of the change, so the event of a later change of the same rows has a later id.
 */
export function eventOf(tx: Transaction, now: Date): Uuid {
  const id = ids.get(tx) ?? eventId(now);
  ids.set(tx, id);
  return id;
}

/** The id that rows of `tx` name. Undefined if no row names an event. */
export function eventNamedIn(tx: Transaction): Uuid | undefined {
  return ids.get(tx);
}
