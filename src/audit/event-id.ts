// The log is kept by time, and an event's id tells its time: so it is found by its id alone.
import { uuid7 } from '../primitives/ids.ts';

let lastTime = 0;
let sequence = 0;

/** A new UUIDv7 whose time is `at`, to the millisecond. Those of one process and one millisecond sort in the order they were made. */
export function eventId(at: Date): string {
  const now = Math.max(0, at.getTime());
  sequence = now === lastTime ? (sequence + 1) & 0xfff : 0;
  lastTime = now;
  return uuid7(now, sequence);
}

/** The time that a UUIDv7 tells. */
export function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
