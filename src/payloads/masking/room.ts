// How much room the texts of a payload have, so that nothing is looked for that cannot be there.
import { isRawNumber, type Json, type JsonObject } from '../../primitives/json.ts';

export interface Room {
  /** Units of the longest text, keys included. */
  readonly text: number;
  /** Of the longest stretch that can be base64 or hexadecimal once escapes and line breaks are undone. */
  readonly word: number;
}

/** Numbers have at most so many units, but for those that are kept as they are written. */
const NUMBER = 32;

/** Of what does not stand below one of `keys`. */
export function roomIn(payload: Json, keys: ReadonlySet<string>): Room {
  let text = NUMBER;
  let word = 0;
  const look = (one: string) => {
    if (one.length > text) text = one.length;
    if (one.length > word) word = longestWord(one, word);
  };
  const walk = (json: Json): void => {
    if (typeof json === 'string') look(json);
    // Of fewer digits no number is hexadecimal of four characters.
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

/** The length of the longest word, if it is longer than `known`. */
function longestWord(text: string, known: number): number {
  if (MAY_BE_UNDONE.test(text)) return text.length;
  let longest = known;
  let start = 0;
  // A longer one has the unit at its end; seldom is what stands there of a word, so that most units are never looked at.
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
