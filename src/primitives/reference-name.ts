// The rule for names of secrets and of environment variables. References in payloads contain both kinds of names. A name has no dot, because in a
// reference a dot begins a path into the value.
import { MAX_NAME_LENGTH } from './input.ts';

/** A regular expression, as text, that matches one name. */
export const REFERENCE_NAME = `[A-Za-z0-9_-]{1,${MAX_NAME_LENGTH}}`;
/** The rule as text, for error messages. */
export const REFERENCE_NAME_RULE = `1 to ${MAX_NAME_LENGTH} characters of A-Z a-z 0-9 _ -`;

const COMPLETE = new RegExp(`^${REFERENCE_NAME}$`);

export function isReferenceName(text: string): boolean {
  return COMPLETE.test(text);
}
