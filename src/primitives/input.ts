import { BadInput } from '../errors.ts';

/** Control characters, and halves of surrogate pairs, of which text for people has none. */
function isPrintable(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/** Characters as people count them, more or less: code points. */
function lengthOf(text: string): number {
  return text.length > 10_000 ? text.length : [...text].length;
}

/** One line for people: 1 to `most` characters, no control characters, no spaces around it. @throws BadInput naming `field` */
export function label(text: string, field: string, most = 255): string {
  if (text === '' || lengthOf(text) > most || text.trim() !== text || !isPrintable(text)) {
    throw new BadInput(field, `1 to ${most} characters, without control characters or spaces around them`);
  }
  return text;
}

/** Some lines for people, or null. @throws BadInput naming `field` */
export function prose(text: string | null | undefined, field: string, most = 2_000): string | null {
  if (text === null || text === undefined) return null;
  if (lengthOf(text) > most || !isPrintable(text.replace(/[\t\r\n]/g, ' '))) {
    throw new BadInput(field, `at most ${most} characters, without control characters`);
  }
  return text;
}

/** `text` as PostgreSQL can take it: it knows neither NUL nor halves of surrogate pairs. No name has one, so none is found by it. */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** Most characters of a text to search for: more than any name has, even when decomposed. */
const LONGEST_SOUGHT = 1_000;

/** A text to search for in names, without characters that PostgreSQL does not accept; null for none. @throws BadInput naming `field` */
export function sought(text: string | null | undefined, field: string): string | null {
  if (text == null) return null;
  if (text.length > LONGEST_SOUGHT) throw new BadInput(field, `at most ${LONGEST_SOUGHT} characters`);
  return storable(text);
}

/** What cannot be null where it is given at all. @throws BadInput naming `field` */
export function notNull<T>(value: T | null, field: string): T {
  if (value === null) throw new BadInput(field, 'cannot be null');
  return value;
}

/** The longest value of a secret, in characters: Unicode code points, of which one outside the basic plane takes two units. */
export const LONGEST_VALUE = 65_535;

/** What is wrong with a text as a value, as what was expected; undefined if nothing. */
export function valueProblem(text: string): string | undefined {
  if (isLongerThan(text, LONGEST_VALUE)) return `at most ${LONGEST_VALUE} characters`;
  // Half of a surrogate pair has no UTF-8 form: it could not be given back as it was written.
  return text.isWellFormed() ? undefined : 'well-formed Unicode';
}

function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > characters * 2) return true;
  let count = 0;
  for (const _ of text) if (++count > characters) return true;
  return false;
}
