// Hides fields in a printed Java map, such as `{a=1, _secrets={b=2}}`. The search of a Conductor server returns inputs and outputs as printed Java
// maps.
import { MASK } from '../sensitive.ts';

export interface HiddenText {
  readonly text: string;
  /** Words from the hidden part. The gateway also hides copies of these words in the rest of the execution. */
  readonly words: readonly string[];
}

/** The minimum length of a word whose copies are hidden. Shorter words are often ordinary words. */
const SHORTEST = 8;

/**
 * Hides everything after the first field name that `keys` contains. INVARIANT: a printed Java map has no quotes and no escapes, so the end of a value
 * is never certain. Therefore the function hides everything after the name of a hidden field. Returns undefined if the string
 * contains no hidden field.
 */
export function withoutHiddenFields(text: string, keys: ReadonlySet<string>): HiddenText | undefined {
  const open = text.indexOf('{');
  if (open < 0 || !text.includes('=', open)) return undefined;
  let first = -1;
  for (const key of keys) {
    const at = valueAfter(text, key, open);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  if (first < 0) return undefined;
  const words = likelyValue(text.slice(first)).split(/[{}[\],=\s]+/);
  return {
    text: `${text.slice(0, first)}${MASK}${text.endsWith('}') ? '}' : ''}`,
    words: [...new Set(words.filter(({ length }) => length >= SHORTEST))],
  };
}

const HIDDEN = /^\*{3}(?:[,}\]]|$)/;

/** Returns the position after `key=`, or -1. The function ignores longer field names that end with `key`, and fields that are hidden already. */
function valueAfter(text: string, key: string, from: number): number {
  for (let at = text.indexOf(`${key}=`, from); at >= 0; at = text.indexOf(`${key}=`, at + 1)) {
    const value = at + key.length + 1;
    if (!/[\p{L}\p{N}_$-]/u.test(text[at - 1] ?? '') && !HIDDEN.test(text.slice(value, value + 4))) return value;
  }
  return -1;
}

/** Returns the part of `rest` that is probably the value. The part is a balanced object or list, or the characters up to the next separator. */
function likelyValue(rest: string): string {
  if (!/^[{[]/.test(rest)) return /^[^,}\]]*/.exec(rest)?.[0] ?? '';
  let depth = 0;
  for (let at = 0; at < rest.length; at++) {
    const sign = rest[at];
    if (sign === '{' || sign === '[') depth++;
    else if ((sign === '}' || sign === ']') && --depth === 0) return rest.slice(0, at + 1);
  }
  return rest;
}
