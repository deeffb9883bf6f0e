// An index of the texts to hide, and the search for these texts by their skeletons.
import { type Reading, readingOf } from './reading.ts';
import { baseOf, emptySkeleton, halfBits, informationOf, type Skeleton, writeSkeleton } from './skeleton.ts';
import type { Part } from './value-parts.ts';

/** The number of characters that are hashed. A text with a shorter skeleton is compared exactly. */
const GRAM = 8;
/** The minimum length of a window. A window is a part of a value. Masking hides every occurrence of a window. */
const WINDOW = 12;
/** The minimum information of a window. SECURITY.md promises about 36 bits, and windows begin only at some characters. */
const ENOUGH = halfBits(33);
/** Windows begin at every fourth character. */
const STEP = 4;
/** The maximum number of entries with the same hash. Only texts that repeat themselves have more. */
const MOST_OF_HASH = 16;
/** A text with fewer characters is hidden only as a complete string. */
const SHORTEST = 4;

/** The random number of each character. Characters with the same last 12 bits share a random number. */
const RANDOM = new Int32Array(4096);
for (let i = 1; i < RANDOM.length; i++)
  RANDOM[i] = Math.imul((RANDOM[i - 1] as number) ^ (i << 17), 0x9e37_79b1) + 0x7f4a_7c15;

/** Adds a character to a hash. The hash depends on the last eight characters, because each character shifts the ninth out. */
const hashed = (hash: number, unit: number): number => ((hash << 4) + (RANDOM[unit & 4095] as number)) | 0;

/** The fields of an entry. An entry consists of `FIELDS` numbers. */
const [NEXT, HASH, START, LENGTH, OFFSET, TEXT, FIELDS] = [0, 1, 2, 3, 4, 5, 6] as const;

interface IndexedText {
  readonly text: string;
  /** The positions in the text of its first letter or digit and after its last. */
  readonly start: number;
  readonly end: number;
  /** `WINDOW`: windows are hidden. Otherwise the text is hidden as a whole: within words, or only between signs. */
  readonly comparison: 'WINDOW' | 'ANYWHERE' | 'BOUNDED';
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
function exactHash(unitAt: (at: number) => number, at: number): number {
  let hash = 0;
  for (let i = at; i < at + SHORTEST; i++) hash = hashed(hash, unitAt(i) === 0x2b ? 0x20 : unitAt(i));
  return hash;
}

export function valueIndex(parts: readonly Part[]): ValueIndex {
  let characters = 2;
  let breaks = 0;
  for (const { text } of parts) {
    characters += text.length + 1;
    breaks += text.split('\n').length + text.split('\r').length;
  }
  const most = Math.ceil(characters / STEP + breaks) + 2 * parts.length + 2;
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

  /** Adds the windows of a text. Returns whether there is a window. */
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
    // A line also has a window at its start, because a text can end in the line.
    let line = 0;
    for (const { index } of text.matchAll(/[\r\n]+/g)) {
      while (line < length && (places[line] as number) < index) line++;
      let at = line;
      for (sum = 0; at < length && (sum < ENOUGH || at < line + WINDOW); at++) sum += information[at] as number;
      if (line % STEP > 0 && sum >= ENOUGH && at >= line + WINDOW) addEntry(used + line, at - line);
    }
    return true;
  };

  for (const { text, isInner } of parts) {
    const reading = readingOf(text);
    writeSkeleton(reading.units, reading.end, skeleton);
    const { places, length } = skeleton;
    const isShort = text.length < SHORTEST || (text.length < GRAM && [...text].length < SHORTEST);
    if (isShort || (PLAIN.test(text) && (length < GRAM || (isInner && !/\d/.test(text))))) whole.add(text);
    else if (length < GRAM) {
      const hash = exactHash((at) => text.charCodeAt(at), 0);
      const known = exact.get(hash);
      if (known === undefined) exact.set(hash, [text]);
      else known.push(text);
    } else {
      units.set(skeleton.units.subarray(0, length), used);
      const isWindow = addWindows(text);
      if (!isWindow) addEntry(used, length, true);
      const comparison = isWindow ? 'WINDOW' : /\p{L}/u.test(text) && /\d/.test(text) ? 'ANYWHERE' : 'BOUNDED';
      texts.push({ text, start: places[0] as number, end: (places[length - 1] as number) + 1, comparison });
      used += length + 1;
    }
  }
  let longestWhole = 0;
  for (const { length } of whole) longestWhole = Math.max(longestWhole, length);
  const size = parts.length === 0 ? 0 : used + last / FIELDS + exact.size + whole.size;
  return { units, texts, filter, shift, heads, entries, exact, whole, longestWhole, size };
}

/** Matches one word and one number without separators. */
const PLAIN = /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+|\d+)$/u;

/** Other texts that begin inside a found text are compared only if they begin in its last characters. */
const OVERLAP = 8;

/** Receives the spans in the reading. */
type Found = (start: number, end: number) => void;

/** The work that is left for one payload, in compared characters. */
export interface Budget {
  left: number;
}

/** Calls `found` for each place at which a text of the index occurs in `reading`. `skeleton` is the skeleton of the reading. */
export function search(index: ValueIndex, reading: Reading, skeleton: Skeleton, budget: Budget, found: Found): void {
  const { filter, shift, heads, entries, units: hidden, texts } = index;
  const { units, places, length } = skeleton;
  let [coveredTo, coveredShift] = [0, 0];

  const compare = (entry: number, at: number): void => {
    const difference = (entries[entry + START] as number) - at;
    const size = entries[entry + LENGTH] as number;
    const text = texts[entries[entry + TEXT] as number] as IndexedText;
    const isWindow = text.comparison === 'WINDOW';
    if (isWindow && (difference === coveredShift ? at < coveredTo : at + size + OVERLAP <= coveredTo)) return;
    if (at < 0) return;
    let [from, to] = [at, at];
    while (to < length && to < at + size && units[to] === hidden[to + difference]) to++;
    budget.left -= to - from;
    if (to < at + size) return;
    if (isWindow) {
      while (from > 0 && units[from - 1] === hidden[from - 1 + difference]) from--;
      while (to < length && units[to] === hidden[to + difference]) to++;
      budget.left -= to - from;
      if (to > coveredTo) [coveredTo, coveredShift] = [to, difference];
    } else if (!isWhole(reading.units, skeleton, from, to, text)) return;
    let [start, end] = [places[from] as number, (places[to - 1] as number) + 1];
    // The signs at the start and at the end of a text are hidden with the text. Blanks between the signs may be missing.
    if (hidden[from - 1 + difference] === 0)
      for (let i = text.start - 1, sign = text.text.charCodeAt(i); i >= 0; sign = text.text.charCodeAt(--i))
        if (isSame(reading.units[start - 1], sign)) start--;
        else if (sign > 0x20) break;
    if (hidden[to + difference] === 0)
      for (let i = text.end, sign = text.text.charCodeAt(i); i < text.text.length; sign = text.text.charCodeAt(++i))
        if (isSame(reading.units[end], sign)) end++;
        else if (sign > 0x20) break;
    // A value is trimmed, but an encoded value often contains the line break after the value.
    if (hidden[to + difference] === 0 && reading.ends !== undefined)
      while (reading.units[end] === 10 || reading.units[end] === 13) end++;
    found(start, end);
  };

  let hash = 0;
  for (let i = 0; i < length && budget.left >= 0; i++) {
    hash = hashed(hash, units[i] as number);
    const slot = hash >>> shift;
    if (((filter[slot >>> 5] as number) & (1 << (slot & 31))) === 0 || i < GRAM - 1) continue;
    for (let entry = heads[slot >>> 4] as number; entry > 0; entry = entries[entry + NEXT] as number) {
      budget.left--;
      if (entries[entry + HASH] === hash) compare(entry, i - GRAM + 1 - (entries[entry + OFFSET] as number));
    }
  }
  if (index.exact.size > 0) searchExact(index.exact, reading, found);
}

/** True if two signs are equal. Forms encode a space as `+`. */
const isSame = (a: number | undefined, b: number) =>
  a === b || (a === 0x2b && b === 0x20) || (a === 0x20 && b === 0x2b);

/** Returns whether a text with little information is hidden: in one string, with few more signs than the hidden text, and between signs if need be. */
function isWhole(
  raw: Uint16Array,
  { places }: Skeleton,
  from: number,
  to: number,
  { text, comparison }: IndexedText,
): boolean {
  const [start, end] = [places[from] as number, (places[to - 1] as number) + 1];
  if (end - start > 2 * text.length + 24) return false;
  for (let at = start; at < end; at++) if (raw[at] === 0) return false;
  if (comparison === 'BOUNDED' && !isBounded(raw, start, end)) return false;
  let gaps = 0;
  for (let i = from + 1; i < to; i++) if (places[i] !== (places[i - 1] as number) + 1) gaps++;
  return gaps <= (to - from) / 3 + 1 + text.length - (to - from);
}

/** True if neither a letter nor a digit outside the span continues a letter or digit at an end of the span. */
const isBounded = (raw: Uint16Array, start: number, end: number) =>
  (start === 0 || baseOf(raw[start] as number) === 0 || baseOf(raw[start - 1] as number) === 0) &&
  (baseOf(raw[end - 1] as number) === 0 || baseOf(raw[end] as number) === 0);

function searchExact(exact: ValueIndex['exact'], { units, end }: Reading, found: Found): void {
  const unitAt = (at: number) => units[at] as number;
  for (let at = 0; at <= end - SHORTEST; at++) {
    for (const text of exact.get(exactHash(unitAt, at)) ?? []) {
      let same = 0;
      while (same < text.length && isSame(units[at + same], text.charCodeAt(same))) same++;
      if (same === text.length && isBounded(units, at, at + same)) found(at, at + same);
    }
  }
}
