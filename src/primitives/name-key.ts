// Compares names of users and groups without regard to case, width, Unicode form and number of spaces.
import { hash } from 'node:crypto';
import { storable } from './input.ts';

/** Longest text to normalize, in UTF-16 units: 255 characters, each decomposed into four. The time of normalization can grow with the square of the length. */
const MAX_LENGTH = 1_100;
/** Longest key in bytes. A row of a PostgreSQL index holds 2,704 bytes, and one character can become 18 characters in the comparison form. */
const MAX_KEY_BYTES = 2_000;

/**
 * Returns the comparison form of a name, its name key: two names with the same name key are the same name. Accepts any text. For a username that
 * `newUsername` accepts, the name key equals its form in the profile UsernameCaseMapped of RFC 8265, with every run of spaces as one space. For a
 * group's name, the name key equals the comparison form of the profile Nickname of RFC 8266.
 *
 * INVARIANT: the name key of an existing name never changes, because name keys are stored. Unicode guarantees the same name key for assigned characters, and new names
 * have only assigned characters.
 */
export function nameKey(name: string): string {
  if (name.length > MAX_LENGTH) return hashed(storable(name));
  const plain = storable(name)
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\p{Zs}+/gu, ' ');
  return Buffer.byteLength(plain) > MAX_KEY_BYTES ? hashed(plain) : plain;
}

/** The name key of a text that is too long. The name key is a hash and not the start of the text, because different names can start alike. */
function hashed(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

/**
 * Returns the row that `name` names. `rows` are all live rows with the name key of `name`. A unique index allows one such row. If the index is
 * missing or damaged and `rows` has several rows, the function returns none of them.
 *
 * INVARIANT: the row's own name has the name key of `name`. If someone writes another name key into a row by hand, no name finds the row.
 */
export function oneNamed<T>(rows: readonly T[], name: string, nameOf: (row: T) => string): T | undefined {
  const [only, second] = rows;
  return only !== undefined && second === undefined && nameKey(nameOf(only)) === nameKey(name) ? only : undefined;
}

/** `oneNamed` for several names. `rows` are all rows in use with the name key of one of the names. The keys of the result are the spellings in `names`. */
export function eachNamed<T extends { name: string }>(rows: readonly T[], names: readonly string[]): Map<string, T> {
  const byKey = Map.groupBy(rows, (row) => nameKey(row.name));
  const found = new Map<string, T>();
  for (const name of names) {
    const row = oneNamed(byKey.get(nameKey(name)) ?? [], name, (candidate) => candidate.name);
    if (row !== undefined) found.set(name, row);
  }
  return found;
}
