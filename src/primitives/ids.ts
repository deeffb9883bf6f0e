import { randomUUID } from 'node:crypto';

/** An id is a UUIDv7 in the database. In the APIs, an id is a prefix and the same 32 hex digits, such as `sec_…`. */
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
 * Makes a UUIDv7. The ids of one process sort in the order of their creation, even within a millisecond or after the system clock is set back: the
 * 12 bits after the time are a counter (RFC 9562, section 6.2, method 1).
 */
export function newId(): string {
  const now = Date.now();
  sequence = now > lastTime ? 0 : sequence + 1;
  lastTime = Math.max(now, lastTime) + (sequence > 0xfff ? 1 : 0);
  sequence &= 0xfff;
  return uuid7(lastTime, sequence);
}

/** Makes a UUIDv7 from a time in milliseconds and a counter of 12 bits. */
export function uuid7(ms: number, counter: number): string {
  const time = ms.toString(16).padStart(12, '0');
  // The variant and the random bits come from a UUIDv4.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${randomUUID().slice(19)}`;
}

/** Returns the API form of a UUID, such as `sec_…`. */
export function toGlobalId(kind: IdKind, uuid: string): string {
  return `${PREFIXES[kind]}_${uuid.replaceAll('-', '')}`;
}

/** Returns the kind and the UUID of an id in its API form. Returns undefined if `text` is not such an id. */
export function parseGlobalId(text: string): { kind: IdKind; uuid: string } | undefined {
  const match = /^([a-z]{3})_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  const kind = match && KINDS.get(match[1] as (typeof PREFIXES)[IdKind]);
  return kind ? { kind, uuid: match.slice(2).join('-') } : undefined;
}

/** Returns the UUID of an id in its API form, if the id has one of these kinds. Returns undefined for any other text. */
export function toUuid(text: string, ...kinds: IdKind[]): string | undefined {
  const id = parseGlobalId(text);
  return id && kinds.includes(id.kind) ? id.uuid : undefined;
}

/** Sorts before every id. No object has this id. */
export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

/** Sorts after every id. No object has this id. */
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Whether a text is a UUID in lower case. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
