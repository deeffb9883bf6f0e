// How names of users and groups are compared: without regard to case, width, Unicode form and number of spaces.
import { hash } from 'node:crypto';
import { storable } from './input.ts';

/** UTF-16 units: 255 characters, each decomposed into four. Normalizing a longer text can take time that grows with its square. */
const LONGEST = 1_100;
/** A row of an index of PostgreSQL holds 2,704 bytes; a single character can become 18 in its comparison form. */
const MOST_BYTES = 2_000;

/**
 * The comparison form of a name: names with the same key are the same name. Of every username that `newUsername` accepts it is what the
 * profile UsernameCaseMapped makes of it (RFC 8265, with single spaces for other ones), of every group's name what Nickname compares by
 * (RFC 8266). Any text has one.
 *
 * INVARIANT: it never changes for a name that exists, since keys are stored. Unicode keeps it for characters that are assigned, and new
 * names have no others.
 */
export function nameKey(name: string): string {
  if (name.length > LONGEST) return hashed(storable(name));
  const plain = storable(name)
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\p{Zs}+/gu, ' ');
  return Buffer.byteLength(plain) > MOST_BYTES ? hashed(plain) : plain;
}

/** Of what is too long: not cut, or two names could become one. */
function hashed(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

/**
 * Of the live rows with the key of `name`: the one that is written exactly so, else the only one. There are several only where names from
 * before this comparison clash; each of those is found as it is written, and by no other spelling.
 */
export function oneNamed<T>(rows: readonly T[], name: string, nameOf: (row: T) => string): T | undefined {
  return rows.find((row) => nameOf(row) === name) ?? (rows.length === 1 ? rows[0] : undefined);
}

/** The same for several names; `rows` are all live rows with the key of any of them. By name as it was asked for. */
export function eachNamed<T extends { name: string }>(rows: readonly T[], names: readonly string[]): Map<string, T> {
  const byKey = Map.groupBy(rows, (row) => nameKey(row.name));
  const found = new Map<string, T>();
  for (const name of names) {
    const row = oneNamed(byKey.get(nameKey(name)) ?? [], name, (one) => one.name);
    if (row !== undefined) found.set(name, row);
  }
  return found;
}
