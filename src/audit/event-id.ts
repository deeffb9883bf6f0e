// The id of an audit event contains the event's time. The table of events is partitioned by time. The time in the id is enough to find the event's
// partition.
import { type Uuid, uuid7 } from '../primitives/ids.ts';

let lastTime = 0;
let sequence = 0;

/**
 * Creates a UUIDv7 that contains the time `at`, in milliseconds. Ids that a process creates in the same millisecond sort in the order of their
 * creation.
 */
export function eventId(at: Date): Uuid {
  const now = Math.max(0, at.getTime());
  sequence = now === lastTime ? (sequence + 1) & 0xfff : 0;
  lastTime = now;
  return uuid7(now, sequence);
}

/** Returns the time that a UUIDv7 contains. */
export function timeOf(id: Uuid): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
