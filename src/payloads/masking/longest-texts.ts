// Measures the longest texts of a payload. Masking then skips forms of secret values that are too long to occur in the payload.
import { isRawNumber, type Json, type JsonObject } from '../../primitives/json.ts';

export interface LongestTexts {
  /** The number of UTF-16 units of the payload's longest string or JSON field name. */
  readonly text: number;
  /**
   * The maximum length, in UTF-16 units, of a part of the payload that can be base64 or hexadecimal. The length is measured after escapes and line
   * breaks are decoded.
   */
  readonly word: number;
}

/** The maximum number of UTF-16 units of a JSON number. Raw numbers can be longer, because raw numbers keep their original text. */
const NUMBER = 32;

/** Measures the payload. The function skips the values of JSON fields whose names are in `keys`. */
export function longestTextsIn(payload: Json, keys: ReadonlySet<string>): LongestTexts {
  let text = NUMBER;
  let word = 0;
  const look = (candidate: string) => {
    if (candidate.length > text) text = candidate.length;
    if (candidate.length > word) word = longestWord(candidate, word);
  };
  const walk = (json: Json): void => {
    if (typeof json === 'string') look(json);
    // A number with fewer digits cannot be the hexadecimal encoding of four characters.
    if (typeof json === 'number' && Math.abs(json) >= 1e7) look(String(json));
    if (typeof json !== 'object' || json === null) return;
    if (isRawNumber(json)) look(json.rawJSON);
    else if (Array.isArray(json)) for (const item of json) walk(item);
    else {
      for (const key of Object.keys(json)) {
        look(key);
        if (!keys.has(key)) walk((json as JsonObject)[key] as Json);
      }
    }
  };
  walk(payload);
  return { text, word };
}

/** Returns the length of the longest word in `text`. If no word is longer than `known`, the function returns `known`. */
function longestWord(text: string, known: number): number {
  if (MAY_BE_UNDONE.test(text)) return text.length;
  let longest = known;
  let start = 0;
  // A word that is longer than the known maximum would contain the unit at `at`. The unit at `at` is rarely part of a word, so the loop skips most
  // units.
  for (let at = longest; at < text.length; at = start + longest) {
    let from = at;
    while (from >= start && isOfWord(text.charCodeAt(from))) from--;
    if (from >= start) {
      start = from + 1;
      continue;
    }
    let end = at + 1;
    while (end < text.length && isOfWord(text.charCodeAt(end))) end++;
    longest = end - start;
    start = end + 1;
  }
  return longest;
}

const MAY_BE_UNDONE = /[%\\&\n\r]/;

const OF_WORDS = new Uint8Array(65_536);
for (const unit of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_')
  OF_WORDS[unit.charCodeAt(0)] = 1;
const isOfWord = (unit: number) => OF_WORDS[unit] === 1;
