// The skeleton of a text: only its letters and digits. Quotes, escapes of signs, indentation and line breaks do not change the skeleton of a text.

/** Marks a UTF-16 unit that the process has not seen yet. */
const UNKNOWN = 0xffff;
/** For each UTF-16 unit, its unit in a skeleton, or 0 if the unit is no letter and no digit. */
const BASE = new Uint16Array(65_536).fill(UNKNOWN);

/** A letter with an accent gets its base letter, because some programs split off the accent. */
function learned(unit: number): number {
  const text = String.fromCharCode(unit);
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  const [first = '', ...accents] = [...text.normalize('NFD')];
  const base = accents.every((accent) => /\p{M}/u.test(accent)) ? first.charCodeAt(0) : unit;
  BASE[unit] = isSurrogate ? unit : /[\p{L}\p{N}]/u.test(text) ? base : 0;
  return BASE[unit] as number;
}

/** Returns the unit of the skeleton for a unit of a text. Returns 0 for a unit that is no letter and no digit. */
export function baseOf(unit: number): number {
  const base = BASE[unit] as number;
  return base === UNKNOWN ? learned(unit) : base;
}

/** A unit between two texts. The unit is in the skeleton, so that no hidden text is found across the unit. */
export const BREAK = 0xffff;

export interface Skeleton {
  /** The letters and digits. */
  units: Uint16Array;
  /** For each letter and digit, its position in the text. */
  places: Int32Array;
  length: number;
}

export const emptySkeleton = (): Skeleton => ({ units: new Uint16Array(64), places: new Int32Array(64), length: 0 });

/** Writes the skeleton of the first `end` units of a text into `skeleton`. The function reuses the arrays of `skeleton` if the arrays are long enough. */
export function writeSkeleton(text: Uint16Array, end: number, skeleton: Skeleton): void {
  if (skeleton.units.length < end)
    Object.assign(skeleton, { units: new Uint16Array(end), places: new Int32Array(end) });
  const { units, places } = skeleton;
  let length = 0;
  for (let at = 0; at < end; at++) {
    const unit = text[at] as number;
    const base = baseOf(unit);
    if (base === 0 && unit !== BREAK) continue;
    units[length] = unit === BREAK ? BREAK : base;
    places[length++] = at;
  }
  skeleton.length = length;
}

/** Information is counted in half bits. */
export const halfBits = (bits: number): number => 2 * bits;
const [WORD, DIGIT, LETTER, SUCCESSOR] = [halfBits(1.5), halfBits(3), halfBits(4), halfBits(0.5)] as const;
/** Letters without a vowel, such as `Rgw`, are no word. */
const WORDS = /(?!\p{Lu}?[b-df-hj-np-tv-xz]+(?!\p{Ll}))\p{Lu}?\p{Ll}{2,}|\p{Lu}{3,}/gu;

/**
 * Returns how much information each character of a skeleton carries, in half bits. A letter of a word carries 1.5 bits, a digit 3 bits, another letter
 * 4 bits. A character that repeats or continues its predecessor, as in `aaa` and `123`, carries 0.5 bits.
 */
export function informationOf(text: string, { units, places, length }: Skeleton): Uint8Array {
  const information = new Uint8Array(text.length);
  for (const { 0: word, index } of text.matchAll(WORDS)) information.fill(WORD, index, index + word.length);
  for (let i = 0; i < length; i++) {
    const unit = units[i] as number;
    const step = unit - (i === 0 ? 0 : (units[i - 1] as number));
    const of = information[places[i] as number] === WORD ? WORD : unit >= 0x30 && unit <= 0x39 ? DIGIT : LETTER;
    information[i] = step === 0 || step === 1 ? SUCCESSOR : of;
  }
  return information;
}
