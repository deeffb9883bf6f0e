import { randomUUID } from 'node:crypto';
import type { Brand, PlainOr } from './brand.ts';

/**
 * The id of an object in the database: a UUIDv7. The modules with SQL give the ids of their rows the type `Uuid`. Only this file converts other
 * strings to a `Uuid`.
 */
export type Uuid = Brand<'Uuid'>;

/** The id of an object in the APIs: a prefix and the 32 hex digits of the UUID, such as `sec_…`. */
export type GlobalId = Brand<'GlobalId'>;

/** A string that may be a global id, such as an argument of a request. */
export type GlobalIdText = PlainOr<'GlobalId'>;

/** For each kind of object: the prefix of global ids. */
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

/** A UUID that sorts before the UUID of every object, and that no object has. */
export const ZERO_UUID = '00000000-0000-0000-0000-000000000000' as Uuid;

/** A UUID that sorts after the UUID of every object, and that no object has. */
export const MAX_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff' as Uuid;

let lastTime = 0;
let sequence = 0;

/**
 * Makes a UUIDv7. The ids of one process sort in the order of their creation, even within a millisecond or after the system clock is set back,
 * because the 12 bits after the time are a counter (RFC 9562, section 6.2, method 1).
 */
export function newId(): Uuid {
  const now = Date.now();
  sequence = now > lastTime ? 0 : sequence + 1;
  lastTime = Math.max(now, lastTime) + (sequence > 0xfff ? 1 : 0);
  sequence &= 0xfff;
  return uuid7(lastTime, sequence);
}

/** Makes a UUIDv7 from a time in milliseconds and a counter of 12 bits. */
export function uuid7(ms: number, counter: number): Uuid {
  const time = ms.toString(16).padStart(12, '0');
  // The variant and the random bits come from a UUIDv4.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${randomUUID().slice(19)}` as Uuid;
}

/** Whether a string is a UUID in lower case. */
export function isUuid(text: unknown): text is Uuid {
  return typeof text === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

export function toGlobalId(kind: IdKind, uuid: Uuid): GlobalId {
  // The parts are the digits between the hyphens. This is faster than a search for hyphens.
  const digits = `${uuid.slice(0, 8)}${uuid.slice(9, 13)}${uuid.slice(14, 18)}${uuid.slice(19, 23)}${uuid.slice(24)}`;
  return `${PREFIXES[kind]}_${digits}` as GlobalId;
}

/** Returns the kind and the UUID of a global id. Returns undefined if `text` is not a global id. */
export function parseGlobalId(text: GlobalIdText): { kind: IdKind; uuid: Uuid } | undefined {
  const match = /^([a-z]{3})_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  const kind = match && KINDS.get(match[1] as (typeof PREFIXES)[IdKind]);
  return kind ? { kind, uuid: match.slice(2).join('-') as Uuid } : undefined;
}

/** Returns the UUID of a global id of one of these kinds. Returns undefined for any other string. */
export function toUuid(text: GlobalIdText, ...kinds: IdKind[]): Uuid | undefined {
  const id = parseGlobalId(text);
  return id && kinds.includes(id.kind) ? id.uuid : undefined;
}

/** Returns the UUID of a global id of this kind. For any other string, throws the error that `otherwise` returns. */
export function requireUuid(text: GlobalIdText, kind: IdKind, otherwise: () => Error): Uuid {
  const uuid = toUuid(text, kind);
  if (uuid === undefined) throw otherwise();
  return uuid;
}
