import { randomUUID } from 'node:crypto';

/** Inside, an id is a UUIDv7. Outside it is `prefix_` and the same 32 hex digits: opaque, and readable in a log. */
export const PREFIXES = {
  SECRET: 'sec',
  USER: 'usr',
  GROUP: 'grp',
  APPLICATION: 'app',
  PERMISSION: 'per',
  ACCESS_KEY: 'key',
  AUDIT_EVENT: 'aud',
  ROLE: 'rol',
} as const;

export type IdKind = keyof typeof PREFIXES;

const KINDS = new Map(Object.entries(PREFIXES).map(([kind, prefix]) => [prefix, kind as IdKind]));

let lastTime = 0;
let sequence = 0;

/**
 * A new UUIDv7. Ids of one process sort in the order they were made, also within a millisecond and when the clock is set back: a
 * counter stands in the 12 bits after the time (RFC 9562, 6.2, method 1).
 */
export function newId(): string {
  const now = Date.now();
  sequence = now > lastTime ? 0 : sequence + 1;
  lastTime = Math.max(now, lastTime) + (sequence > 0xfff ? 1 : 0);
  sequence &= 0xfff;
  return uuid7(lastTime, sequence);
}

/** The UUIDv7 of a time, in milliseconds, and a counter of 12 bits. */
export function uuid7(ms: number, counter: number): string {
  const time = ms.toString(16).padStart(12, '0');
  // The variant and all that is random are those of a version 4.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${randomUUID().slice(19)}`;
}

/** `sec_…` of a UUID. */
export function outsideId(kind: IdKind, uuid: string): string {
  return `${PREFIXES[kind]}_${uuid.replaceAll('-', '')}`;
}

/** The UUID of an outside id and what it names; undefined if `text` is not one. */
export function parseId(text: string): { kind: IdKind; uuid: string } | undefined {
  const match = /^([a-z]{3})_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  const kind = match && KINDS.get(match[1] as (typeof PREFIXES)[IdKind]);
  return kind ? { kind, uuid: match.slice(2).join('-') } : undefined;
}

/** The UUID of an outside id of one of these kinds; undefined for anything else. */
export function insideId(text: string, ...kinds: IdKind[]): string | undefined {
  const id = parseId(text);
  return id && kinds.includes(id.kind) ? id.uuid : undefined;
}

/** Sorts before every id. No object has this id. */
export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

/** Sorts after every id. No object has this id. */
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Whether a text is a UUID in lower case. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
