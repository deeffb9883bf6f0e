// The skeleton of a text: only its letters and digits. Quotes, escapes of signs, indentation and line breaks do not change the skeleton of a text.

/** A unit between two texts. The unit is in the skeleton, so that no hidden text is found across the unit. */
export const BREAK = 0xffff;

/** Marks a UTF-16 unit that the process has not seen yet. No skeleton contains this unit. */
const UNKNOWN = 1;
/** For each UTF-16 unit, its unit in a skeleton, or 0 if the unit is no letter and no digit. */
const BASE = new Uint16Array(65_536).fill(UNKNOWN);
BASE[BREAK] = BREAK;
// INVARIANT: a unit with which an escape sequence can begin is no letter and no digit. The units from 0x80 to 0xbf are bytes of UTF-8 characters that
// were read as Latin-1.
BASE.fill(0, 0x80, 0xc0);
/** For each known UTF-16 unit, its kind of letter. */
const LETTER_KIND = new Uint8Array(65_536);
const [CAPITAL, CONSONANT, SMALL, STARTS] = [1, 2, 3, 4] as const;

/** A letter with an accent gets its base letter, because some programs split off the accent. */
function learned(unit: number): number {
  const text = String.fromCharCode(unit);
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  const [first = '', ...accents] = [...text.normalize('NFD')];
  const base = accents.every((accent) => /\p{M}/u.test(accent)) ? first.charCodeAt(0) : unit;
  BASE[unit] = isSurrogate ? unit : /[\p{L}\p{N}]/u.test(text) ? base : 0;
  LETTER_KIND[unit] = /[b-df-hj-np-tv-xz]/.test(text)
    ? CONSONANT
    : /\p{Ll}/u.test(text)
      ? SMALL
      : /\p{Lu}/u.test(text)
        ? CAPITAL
        : 0;
  return BASE[unit] as number;
}
for (let unit = 0; unit < 128; unit++) learned(unit);

/** Returns the unit of the skeleton for a unit of a text. Returns 0 for a unit that is no letter and no digit, and `BREAK` for `BREAK`. */
export function unitOf(unit: number): number {
  const base = BASE[unit] as number;
  return base === UNKNOWN ? learned(unit) : base;
}

/** Returns the unit of the skeleton for a letter or a digit. Returns 0 for any other unit of a text. */
export function baseOf(unit: number): number {
  const base = unitOf(unit);
  return base === BREAK ? 0 : base;
}

export interface Skeleton {
  /** The letters and digits. */
  units: Uint16Array;
  /** For each letter and digit, its position in the text. */
  places: Int32Array;
  length: number;
}

/** Returns a skeleton with room for the letters and digits of a text of `size` characters. */
export const emptySkeleton = (size = 0): Skeleton => ({
  units: new Uint16Array(size),
  places: new Int32Array(size),
  length: 0,
});

/** Returns a skeleton with room for `size` characters. The function keeps the arrays of `skeleton` if the arrays are long enough. */
export const withRoom = (skeleton: Skeleton, size: number): Skeleton =>
  skeleton.units.length < size ? Object.assign(skeleton, emptySkeleton(1.1 * size)) : skeleton;

/** Information is counted in half bits. */
export const halfBits = (bits: number): number => 2 * bits;
const [WORD, DIGIT, LETTER, SUCCESSOR] = [halfBits(1.5), halfBits(3), halfBits(4), halfBits(0.5)] as const;

/**
 * Returns how much information each character of the skeleton of `text` carries, in half bits. A letter of a word carries 1.5 bits, a digit 3 bits,
 * another letter 4 bits. A character that repeats or continues its predecessor, as in `aaa` and `123`, carries 0.5 bits. A word is three or more
 * capitals, or two or more small letters with a capital before the small letters or without. Letters without a vowel, such as `Rgw`, are no word.
 */
export function informationOf(text: Uint16Array, { units, places, length }: Skeleton): Uint8Array {
  const information = new Uint8Array(length + 1);
  // First, the array contains the kinds of letters. `STARTS` marks a character that a sign separates from its predecessor.
  for (let i = 0, next = 0; i < length; i++) {
    const place = places[i] as number;
    information[i] = (LETTER_KIND[text[place] as number] as number) | (place === next ? 0 : STARTS);
    next = place + 1;
  }
  for (let i = 0, last = 0; i < length; ) {
    const start = i;
    let kind = (information[i] as number) & ~STARTS;
    while (kind === CAPITAL) kind = information[++i] as number;
    const small = i;
    let hasVowel = false;
    for (; kind === CONSONANT || kind === SMALL; kind = information[++i] as number) hasVowel ||= kind === SMALL;
    const isWord = hasVowel && i - small >= 2;
    const from = small - start >= 3 ? start : isWord ? small - 1 : small;
    const to = isWord ? i : small;
    if (i === start) i++;
    for (let at = start; at < i; at++) {
      const unit = units[at] as number;
      const other = unit >= 0x30 && unit <= 0x39 ? DIGIT : LETTER;
      information[at] = unit === last || unit === last + 1 ? SUCCESSOR : at >= from && at < to ? WORD : other;
      last = unit;
    }
  }
  return information;
}
