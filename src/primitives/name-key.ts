// Compares the names of users and groups. The comparison ignores case, character width, Unicode form and the number of spaces.
import { hash } from 'node:crypto';
import { storable } from './input.ts';

/**
 * Maximum length of a string to normalize, in UTF-16 units: enough for 255 characters that are decomposed into four units each. A maximum is needed,
 * because the time of normalization can grow with the square of the length.
 */
const MAX_LENGTH = 1_100;
/**
 * Maximum length of a name key, in bytes. A row of a PostgreSQL index has at most 2,704 bytes, and one character of a name can become 18 characters
 * in the name key.
 */
const MAX_KEY_BYTES = 2_000;

/**
 * Returns the name key of a name. Two names with equal name keys are treated as the same name. The function accepts any string. For a username that
 * `newUsername` accepts, the name key is the username in the profile UsernameCaseMapped of RFC 8265, with one space for each run of spaces. For a
 * group's name, the name key equals the comparison form of the profile Nickname of RFC 8266.
 *
 * INVARIANT: the name key of an existing name never changes, because name keys are stored. A new version of Unicode does not change the name key of a
 * name that has only assigned characters, and new names have only assigned characters.
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

/**
 * Returns the name key of a string that is too long. This name key is a hash of the string. The start of the string cannot be used as the name key,
 * because different names can start with the same characters.
 */
function hashed(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

/**
 * Returns the row of the user or group with the name `name`. `rows` are all rows that are not deleted and have the name key of `name`. Because of a
 * unique index, `rows` normally has at most one row. If the index is missing or damaged and `rows` has several rows, the function returns undefined.
 *
 * INVARIANT: the function returns a row only if the name in the row also has the name key of `name`. If someone writes a wrong name key into a row by
 * hand, the function never returns this row.
 */
export function oneNamed<T>(rows: readonly T[], name: string, nameOf: (row: T) => string): T | undefined {
  const [only, second] = rows;
  return only !== undefined && second === undefined && nameKey(nameOf(only)) === nameKey(name) ? only : undefined;
}

/**
 * Returns the rows of several users or groups, under the conditions of `oneNamed`. `rows` are all rows that are not deleted and have the name key of
 * one of the names. Each key of the returned map is a name in the spelling that `names` contains.
 */
export function eachNamed<T extends { name: string }>(rows: readonly T[], names: readonly string[]): Map<string, T> {
  const byKey = Map.groupBy(rows, (row) => nameKey(row.name));
  const found = new Map<string, T>();
  for (const name of names) {
    const row = oneNamed(byKey.get(nameKey(name)) ?? [], name, (candidate) => candidate.name);
    if (row !== undefined) found.set(name, row);
  }
  return found;
}
