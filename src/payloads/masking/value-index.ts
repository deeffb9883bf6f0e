// An index of the texts to hide. The search looks up eight characters of a skeleton at a time in the index.
import { Buffer } from 'node:buffer';
import { readingOf } from './reading.ts';
import { emptySkeleton, halfBits, informationOf, writeSkeleton } from './skeleton.ts';
import type { Part } from './value-parts.ts';

/** The number of characters that are hashed. A text with a shorter skeleton is compared exactly. */
export const GRAM = 8;
/** The minimum length of a window. A window is a part of a text that is hidden wherever the part occurs. */
const WINDOW = 12;
/** The minimum information of a window. */
const ENOUGH = halfBits(36);
/** Windows begin at every fourth character. */
const STEP = 4;
/** The minimum length of a line that is hidden wherever the line occurs. */
const LINE = 16;
/** The maximum number of entries with the same hash. Only texts that repeat themselves have more. */
const MOST_OF_HASH = 16;
/** A text with fewer characters is hidden only as a complete string. */
export const SHORTEST = 4;
/** The maximum number of characters and of entries of a text that is shorter than `GRAM`, with its encoded forms. */
const [MOST_OF_SHORT, MOST_ENTRIES] = [80, 6];

/** The random number of each character. Characters with the same last 12 bits share a random number. */
export const RANDOM: Int32Array = new Int32Array(4096);
export const RANDOM_MASK = 4095;
// A fixed generator (xorshift) makes the search reproducible.
for (let i = 0, state = 2_463_534_242; i < RANDOM.length; i++) {
  state ^= state << 13;
  state ^= state >>> 17;
  RANDOM[i] = state ^= state << 5;
}

/** Adds a character to a hash. The hash depends on the last eight characters, because each character shifts the ninth out. */
export const hashed = (hash: number, unit: number): number =>
  ((hash << 4) + (RANDOM[unit & RANDOM_MASK] as number)) | 0;

/** The fields of an entry. An entry consists of `FIELDS` numbers. */
export const [NEXT, HASH, START, LENGTH, OFFSET, TEXT, FIELDS] = [0, 1, 2, 3, 4, 5, 6] as const;

/** How the entries of a text are compared. */
export type Comparison = 'WINDOW' | 'ANYWHERE' | 'BOUNDED';

export interface IndexedText {
  readonly text: string;
  /** The positions in the text of its first letter or digit and after its last. */
  readonly start: number;
  readonly end: number;
  /** `WINDOW`: windows and lines are hidden. Otherwise the text is hidden as a whole: within words, or only between signs. */
  readonly comparison: Comparison;
}

export interface ValueIndex {
  /** The skeletons of all texts, with a zero unit before and after each skeleton. */
  readonly units: Uint16Array;
  readonly texts: readonly IndexedText[];
  /** A bit for each hash of an entry. The number of the bit is the hash, shifted by `shift`. */
  readonly filter: Uint32Array;
  readonly shift: number;
  /** For each hash, the position of its last entry in `entries`, or 0. */
  readonly heads: Int32Array;
  readonly entries: Int32Array;
  /** Texts that are compared exactly, by the hash of their first four units. */
  readonly exact: ReadonlyMap<number, readonly string[]>;
  /** Texts that are hidden only as a complete string, and the length of the longest. */
  readonly whole: ReadonlySet<string>;
  readonly longestWhole: number;
  /** The number of characters and entries in the index. */
  readonly size: number;
}

/** Returns a hash of four units of a text. `+` has the hash of a space, because forms encode a space as `+`. */
export function exactHash(unitAt: (at: number) => number, at: number): number {
  let hash = 0;
  for (let i = at; i < at + SHORTEST; i++) hash = hashed(hash, unitAt(i) === 0x2b ? 0x20 : unitAt(i));
  return hash;
}

export function valueIndex(parts: readonly Part[]): ValueIndex {
  let characters = 2;
  for (const { text } of parts) characters += text.length < GRAM ? MOST_OF_SHORT : text.length + 1;
  const most = Math.ceil(characters / STEP + characters / LINE) + MOST_ENTRIES * parts.length + 2;
  const logarithm = Math.min(22, Math.max(10, Math.ceil(Math.log2(16 * most))));
  const shift = 32 - logarithm;
  const units = new Uint16Array(characters);
  const entries = new Int32Array(FIELDS * most);
  const heads = new Int32Array(1 << (logarithm - 4));
  const filter = new Uint32Array(1 << (logarithm - 5));
  const texts: IndexedText[] = [];
  const exact = new Map<number, string[]>();
  const whole = new Set<string>();
  const skeleton = emptySkeleton();
  let used = 1;
  let last = 0;

  /** Returns the hash of the characters at `start`, and whether the index has too many entries with the same hash. */
  const hashAt = (start: number): { hash: number; isFull: boolean } => {
    let hash = 0;
    for (let i = start; i < start + GRAM; i++) hash = hashed(hash, units[i] as number);
    let same = 0;
    let entry = heads[hash >>> (shift + 4)] as number;
    for (; entry > 0 && same < MOST_OF_HASH; entry = entries[entry + NEXT] as number)
      if (entries[entry + HASH] === hash) same++;
    return { hash, isFull: same === MOST_OF_HASH };
  };
  /** Adds an entry by the hash of its first characters. If many entries share these characters, the function takes the last characters. */
  const addEntry = (start: number, length: number, isNeeded = false) => {
    let offset = 0;
    let { hash, isFull } = hashAt(start);
    if (isFull) {
      offset = length - GRAM;
      ({ hash, isFull } = hashAt(start + offset));
      if (isFull && !isNeeded) return;
    }
    const slot = hash >>> shift;
    last += FIELDS;
    entries.set([heads[slot >>> 4] as number, hash, start, length, offset, texts.length], last);
    heads[slot >>> 4] = last;
    filter[slot >>> 5] = (filter[slot >>> 5] as number) | (1 << (slot & 31));
  };

  /** Adds the windows and the lines of a text. Returns whether there is a window. */
  const addWindows = (text: string): boolean => {
    const { places, length } = skeleton;
    const information = informationOf(text, skeleton);
    const before = last;
    let [end, sum] = [0, 0];
    for (let at = 0; ; at += STEP) {
      while (end < length && (sum < ENOUGH || end < at + WINDOW)) sum += information[end++] as number;
      if (sum < ENOUGH || end < at + WINDOW) break;
      addEntry(used + at, end - at);
      for (let i = at; i < at + STEP; i++) sum -= information[i] as number;
    }
    if (last === before) return false;
    let at = 0;
    for (const { index } of [...text.matchAll(/[\r\n]+/g), { index: text.length }]) {
      const line = at;
      for (sum = 0; at < length && (places[at] as number) < index; at++) sum += information[at] as number;
      if (line % STEP > 0 && at - line >= LINE && sum >= ENOUGH) addEntry(used + line, at - line);
    }
    return true;
  };

  const add = ({ text, isInner }: Part): void => {
    const reading = readingOf(text);
    writeSkeleton(reading.units, reading.end, skeleton);
    const { places, length } = skeleton;
    const isShort = text.length < SHORTEST || (text.length < GRAM && [...text].length < SHORTEST);
    if (isShort || (PLAIN.test(text) && (length < GRAM || (isInner && !/\d/.test(text))))) {
      for (const form of [text, Buffer.from(text).toString('base64'), ...encodedForms(text)]) whole.add(form);
    } else if (length < GRAM) {
      const hash = exactHash((at) => text.charCodeAt(at), 0);
      const known = exact.get(hash);
      if (known === undefined) exact.set(hash, [text]);
      else known.push(text);
      if (text.length < GRAM) for (const form of encodedForms(text)) add({ text: form, isInner: false });
    } else {
      units.set(skeleton.units.subarray(0, length), used);
      const isWindow = addWindows(text);
      if (!isWindow) addEntry(used, length, true);
      const comparison = isWindow ? 'WINDOW' : /\p{L}/u.test(text) && /\d/.test(text) ? 'ANYWHERE' : 'BOUNDED';
      texts.push({ text, start: places[0] as number, end: (places[length - 1] as number) + 1, comparison });
      used += length + 1;
    }
  };
  for (const part of parts) add(part);
  let longestWhole = 0;
  for (const { length } of whole) longestWhole = Math.max(longestWhole, length);
  const size = parts.length === 0 ? 0 : used + last / FIELDS + exact.size + whole.size;
  return { units, texts, filter, shift, heads, entries, exact, whole, longestWhole, size };
}

/** Matches one word and one number without separators. */
const PLAIN = /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+|\d+)$/u;

/** Base64 without padding and hexadecimal digits of a short text. The search does not decode such short forms. */
function encodedForms(text: string): Set<string> {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return new Set([base64, base64.replaceAll('+', '-').replaceAll('/', '_'), hex, hex.toUpperCase()]);
}
