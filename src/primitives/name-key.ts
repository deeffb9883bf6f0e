// Compares names of users and groups without regard to case, width, Unicode form and number of spaces.
import { hash } from 'node:crypto';
import { storable } from './input.ts';

/** Longest text to normalize, in UTF-16 units: 255 characters, each decomposed into four. The time of normalization can grow with the square of the length. */
const LONGEST = 1_100;
/** Longest key in bytes. A row of a PostgreSQL index holds 2,704 bytes, and one character can become 18 characters in the comparison form. */
const MOST_BYTES = 2_000;

/**
 * The comparison form of a name: two names with the same key are the same name. Works for any text. For a username that `newUsername` accepts,
 * the key equals its form in the profile UsernameCaseMapped of RFC 8265, with every run of spaces as one space. For a group's name, it equals
 * the comparison form of the profile Nickname of RFC 8266.
 *
 * INVARIANT: the comparison form of an existing name never changes, because comparison forms are stored. Unicode guarantees this for assigned characters, and new names
 * have only assigned characters.
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

/** The key of a text that is too long. It is a hash and not the beginning of the text, because different names can begin alike. */
function hashed(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

/**
 * Returns the row that `name` names. `rows` are all live rows with the name key of `name`. The gateway never writes a second such row, so
 * several rows were written by hand, and none of them is returned.
 *
 * INVARIANT: the row's own name has the name key of `name`. If someone writes another name key into a row by hand, no name finds the row.
 */
export function oneNamed<T>(rows: readonly T[], name: string, nameOf: (row: T) => string): T | undefined {
  const [only, second] = rows;
  return only !== undefined && second === undefined && nameKey(nameOf(only)) === nameKey(name) ? only : undefined;
}

/** `oneNamed` for several names. `rows` are all rows in use with the key of any of them. The result is keyed by the spelling in `names`. */
export function eachNamed<T extends { name: string }>(rows: readonly T[], names: readonly string[]): Map<string, T> {
  const byKey = Map.groupBy(rows, (row) => nameKey(row.name));
  const found = new Map<string, T>();
  for (const name of names) {
    const row = oneNamed(byKey.get(nameKey(name)) ?? [], name, (one) => one.name);
    if (row !== undefined) found.set(name, row);
  }
  return found;
}
