import { randomUUIDv7 } from 'node:crypto';

/** Inside, an id is a UUIDv7. Outside it is `prefix_` and the same 32 hex digits: opaque, and readable in a log. */
export const PREFIXES = {
  SECRET: 'sec',
  USER: 'usr',
  GROUP: 'grp',
  APPLICATION: 'app',
  PERMISSION: 'per',
  ACCESS_KEY: 'key',
  AUDIT_EVENT: 'aud',
} as const;

export type IdKind = keyof typeof PREFIXES;

const KINDS = new Map(Object.entries(PREFIXES).map(([kind, prefix]) => [prefix, kind as IdKind]));

/** A new id; later ones sort after earlier ones, to the millisecond. */
export function newId(): string {
  return randomUUIDv7();
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
