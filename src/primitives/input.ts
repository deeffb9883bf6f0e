import { BadInput } from '../errors.ts';

/** Maximum length of a name, in Unicode code points. */
export const MAX_NAME_LENGTH = 255;
/** Maximum length of a description, in Unicode code points. */
export const MAX_DESCRIPTION_LENGTH = 2_000;

/** Whether a string contains neither control characters nor lone surrogates. Readable text contains no control characters and no lone surrogates. */
function isPrintable(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/**
 * Returns the number of code points of a string. For a string of more than 10,000 UTF-16 units, returns the number of UTF-16 units instead, because a
 * string of this length exceeds every limit.
 */
function lengthOf(text: string): number {
  return text.length > 10_000 ? text.length : [...text].length;
}

/**
 * Checks a single line of text. The line must have 1 to `most` characters, no control characters, and no spaces at its start or end.
 * @throws BadInput that names `field`
 */
export function label(text: string, field: string, most = MAX_NAME_LENGTH): string {
  if (text === '' || lengthOf(text) > most || text.trim() !== text || !isPrintable(text)) {
    throw new BadInput(
      field,
      `1 to ${most} characters, without control characters and without spaces at the start or end`,
    );
  }
  return text;
}

/** Checks a text of several lines. Accepts null. @throws BadInput that names `field` */
export function prose(text: string | null | undefined, field: string, most = MAX_DESCRIPTION_LENGTH): string | null {
  if (text === null || text === undefined) return null;
  if (lengthOf(text) > most || !isPrintable(text.replace(/[\t\r\n]/g, ' '))) {
    throw new BadInput(field, `at most ${most} characters, without control characters`);
  }
  return text;
}

/**
 * Replaces NUL and lone surrogates in a string, because PostgreSQL does not accept these characters. No stored name contains the replacement, so a
 * changed string does not match a stored name by accident.
 */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** Maximum length of a search text. This maximum is longer than every name, even in decomposed form. */
const MAX_SEARCH_LENGTH = 1_000;

/**
 * Checks the text of a search by name, and replaces characters that PostgreSQL does not accept. Returns null if there is no search text. @throws
 * BadInput that names `field`
 */
export function sought(text: string | null | undefined, field: string): string | null {
  if (text == null) return null;
  if (text.length > MAX_SEARCH_LENGTH) throw new BadInput(field, `at most ${MAX_SEARCH_LENGTH} characters`);
  return storable(text);
}

/** Rejects null as the value of an argument. The caller may omit the argument, but may not set it to null. @throws BadInput that names `field` */
export function notNull<T>(value: T | null, field: string): T {
  if (value === null) throw new BadInput(field, 'cannot be null');
  return value;
}

/** Maximum length of a secret value, in Unicode code points. A code point outside the Basic Multilingual Plane has two UTF-16 units. */
export const MAX_VALUE_LENGTH = 65_535;

/** Returns the rule for secret values that the string violates. Returns undefined if the string is a valid secret value. */
export function valueProblem(text: string): string | undefined {
  if (isLongerThan(text, MAX_VALUE_LENGTH)) return `at most ${MAX_VALUE_LENGTH} characters`;
  // UTF-8 cannot encode a lone surrogate, so the gateway could not return the value unchanged.
  return text.isWellFormed() ? undefined : 'well-formed Unicode';
}

function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > characters * 2) return true;
  let count = 0;
  for (const _ of text) if (++count > characters) return true;
  return false;
}
