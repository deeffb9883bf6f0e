// An index of the texts to hide, and the search for these texts by their skeletons.
import { KIND, LONGEST_ESCAPE } from './escapes.ts';
import { type Reading, readingOf } from './reading.ts';
import { BREAK, baseOf, emptySkeleton, halfBits, informationOf, type Skeleton, unitOf, withRoom } from './skeleton.ts';
import { CHARACTERS_OF_STEP, hiddenTexts } from './value-parts.ts';

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

function hashAt(units: Uint16Array, start: number): number {
  let hash = 0;
  for (let i = start; i < start + GRAM; i++) hash = hashed(hash, units[i] as number);
  return hash;
}

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
  /**
   * Two bits for each hash of an entry, both in the word with the number `hash >>> shift`. The following bits of the hash are the numbers of the two
   * bits. The filter is small, because each character of a text reads the filter.
   */
  readonly filter: Uint32Array;
  readonly shift: number;
  /** For each first bits of a hash, the position of its last entry in `entries`, or 0. */
  readonly heads: Int32Array;
  readonly entries: Int32Array;
  /** Texts that are compared exactly, by their first two units. A form encodes a space as `+`, so these texts also begin with `+`. */
  readonly exact: ReadonlyMap<number, readonly string[]>;
  /** For the last 8 bits of a first unit of exact texts, a bit for each last 3 bits of a second unit. */
  readonly beginnings: Uint8Array;
  /** Texts that are hidden only as a complete string, and the length of the longest. */
  readonly whole: ReadonlySet<string>;
  readonly longestWhole: number;
  /** The number of characters and entries in the index. */
  readonly size: number;
}

/** Builds the index of secret values and of other texts that masking hides. Works in steps, and yields the units of work of the next step. */
export function* indexOfValues(values: readonly string[], others?: Iterable<string>): Generator<number, ValueIndex> {
  const hidden = yield* hiddenTexts(values, others);
  let [characters, longest] = [2, 0];
  for (const text of hidden.keys()) {
    characters += text.length + 1;
    longest = Math.max(longest, text.length);
  }
  const logarithm = Math.min(17, Math.max(4, Math.ceil(Math.log2(characters / 8))));
  const shift = 32 - logarithm;
  const units = new Uint16Array(characters);
  let entries = new Int32Array(FIELDS * Math.ceil(characters / 3 + 8));
  const heads = new Int32Array(2 << logarithm);
  const filter = new Uint32Array(1 << logarithm);
  const texts: IndexedText[] = [];
  const exact = new Map<number, string[]>();
  const beginnings = new Uint8Array(256);
  const whole = new Set<string>();
  let longestWhole = 0;
  const skeleton = emptySkeleton();
  const scratch = new Uint16Array(longest + LONGEST_ESCAPE);
  let used = 1;
  let last = 0;

  const isFull = (hash: number): boolean => {
    let same = 0;
    for (let entry = heads[hash >>> (shift - 1)] as number; entry > 0; entry = entries[entry + NEXT] as number)
      if (entries[entry + HASH] === hash && ++same === MOST_OF_HASH) return true;
    return false;
  };
  /** Adds an entry by the hash of its first characters. If many entries share these characters, the function takes the last characters. */
  const addEntry = (start: number, length: number, isNeeded = false) => {
    let offset = 0;
    let hash = hashAt(units, start);
    if (isFull(hash)) {
      offset = length - GRAM;
      hash = hashAt(units, start + offset);
      if (!isNeeded && isFull(hash)) return;
    }
    const head = hash >>> (shift - 1);
    last += FIELDS;
    if (last + FIELDS > entries.length) entries = new Int32Array(entries.buffer.transfer(2 * entries.byteLength));
    entries[last + NEXT] = heads[head] as number;
    entries[last + HASH] = hash;
    entries[last + START] = start;
    entries[last + LENGTH] = length;
    entries[last + OFFSET] = offset;
    entries[last + TEXT] = texts.length;
    heads[head] = last;
    // A shift uses only the last five bits of its number.
    filter[head >>> 1] =
      (filter[head >>> 1] as number) | (1 << (hash >>> (shift - 5))) | (1 << (hash >>> (shift - 10)));
  };

  /** Adds the windows of a text. Returns whether there is a window. */
  const addWindows = (text: string): boolean => {
    const { places, length } = skeleton;
    const information = informationOf(scratch, skeleton);
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

  const addExact = (text: string, first: number, second: number) => {
    const known = exact.get((first << 16) | second);
    if (known === undefined) exact.set((first << 16) | second, [text]);
    else known.push(text);
    beginnings[first & 255] = (beginnings[first & 255] as number) | (1 << (second & 7));
  };

  let step = 0;
  for (const [text, isInner] of hidden) {
    step += text.length + GRAM;
    if (step > CHARACTERS_OF_STEP) {
      yield step;
      step = 0;
    }
    scanned(filter, shift, readingOf(text, scratch).units, [0, text.length], skeleton);
    const { places, length } = skeleton;
    const isShort = text.length < SHORTEST || (text.length < GRAM && [...text].length < SHORTEST);
    if (isShort || ((length < GRAM || (isInner && !/\d/.test(text))) && PLAIN.test(text))) {
      whole.add(text);
      longestWhole = Math.max(longestWhole, text.length);
    } else if (length < GRAM) {
      const [first, second] = [text.charCodeAt(0), text.charCodeAt(1)];
      for (const one of bothSpaces(first)) for (const two of bothSpaces(second)) addExact(text, one, two);
    } else {
      units.set(skeleton.units.subarray(0, length), used);
      const isWindow = addWindows(text);
      if (!isWindow) addEntry(used, length, true);
      const comparison = isWindow ? 'WINDOW' : /\p{L}/u.test(text) && /\d/.test(text) ? 'ANYWHERE' : 'BOUNDED';
      texts.push({ text, start: places[0] as number, end: (places[length - 1] as number) + 1, comparison });
      used += length + 1;
    }
  }
  const size = hidden.size === 0 ? 0 : used + last / FIELDS + exact.size + whole.size;
  return { units, texts, filter, shift, heads, entries, exact, beginnings, whole, longestWhole, size };
}

/** A form encodes a space as `+`. */
const bothSpaces = (unit: number): readonly number[] => (unit === 0x20 || unit === 0x2b ? [0x20, 0x2b] : [unit]);

/** Matches one word and one number without separators. */
const PLAIN = /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+|\d+)$/u;

/** Other texts that begin inside a found text are compared only if they begin in its last characters. */
const OVERLAP = 8;

/** Receives the spans in the reading. */
type Found = (start: number, end: number) => void;

/** The work that is left for one payload, in compared characters. */
export interface Budget {
  left: number;
  /** The arrays that the search of the next text reuses. */
  skeleton?: Skeleton;
}

/**
 * Calls `found` for each place at which a text of the index occurs in some ranges of a reading. The list `ranges` contains the start and the end of each
 * range. Returns the positions in the ranges at which an escape sequence can begin.
 */
export function search(
  index: ValueIndex,
  { units: text, ends }: Reading,
  ranges: readonly number[],
  budget: Budget,
  found: Found,
): number[] {
  const { filter, shift, heads, entries, units: hidden, texts } = index;
  budget.skeleton ??= emptySkeleton();
  const { skeleton } = budget;
  const { signs, candidates } = scanned(filter, shift, text, ranges, skeleton);
  const { units, places, length } = skeleton;
  let [coveredTo, coveredShift] = [0, 0];

  const compare = (entry: number, at: number): void => {
    const difference = (entries[entry + START] as number) - at;
    const size = entries[entry + LENGTH] as number;
    const indexed = texts[entries[entry + TEXT] as number] as IndexedText;
    const isWindow = indexed.comparison === 'WINDOW';
    if (isWindow && (difference === coveredShift ? at < coveredTo : at + size + OVERLAP <= coveredTo)) return;
    let [from, to] = [at, at];
    while (to < length && to < at + size && units[to] === hidden[to + difference]) to++;
    budget.left -= to - from;
    if (to < at + size) return;
    if (isWindow) {
      while (from > 0 && units[from - 1] === hidden[from - 1 + difference]) from--;
      while (to < length && units[to] === hidden[to + difference]) to++;
      budget.left -= to - from;
      if (to > coveredTo) [coveredTo, coveredShift] = [to, difference];
    } else if (!isWhole(text, skeleton, from, to, indexed)) return;
    let [start, end] = [places[from] as number, (places[to - 1] as number) + 1];
    // The signs at the start and at the end of a text are hidden with the text. Blanks between the signs may be missing.
    const { text: value } = indexed;
    const isEnd = hidden[to + difference] === 0;
    for (let i = hidden[from - 1 + difference] === 0 ? indexed.start - 1 : -1; i >= 0; i--)
      if (isSame(text[start - 1], value.charCodeAt(i))) start--;
      else if (value.charCodeAt(i) > 0x20) break;
    for (let i = isEnd ? indexed.end : value.length; i < value.length; i++)
      if (isSame(text[end], value.charCodeAt(i))) end++;
      else if (value.charCodeAt(i) > 0x20) break;
    // A value is trimmed, but an encoded value often contains the line break after the value.
    if (isEnd && ends !== undefined) while (text[end] === 10 || text[end] === 13) end++;
    found(start, end);
  };

  for (const i of candidates) {
    if (budget.left < 0) return signs;
    const hash = hashAt(units, i - GRAM + 1);
    for (let entry = heads[hash >>> (shift - 1)] as number; entry > 0; entry = entries[entry + NEXT] as number) {
      budget.left--;
      if (entries[entry + HASH] !== hash) continue;
      const at = i - GRAM + 1 - (entries[entry + OFFSET] as number);
      // Many values begin with the same characters, but end with different characters.
      const end = (entries[entry + LENGTH] as number) - 1;
      if (at >= 0 && units[at + end] === hidden[(entries[entry + START] as number) + end]) compare(entry, at);
    }
  }
  if (index.exact.size > 0)
    for (let range = 0; range < ranges.length; range += 2)
      searchExact(index, text, ranges[range] as number, ranges[range + 1] as number, found);
  return signs;
}

/**
 * Writes the skeleton of the ranges. Returns two lists: the positions in the text at which an escape sequence can begin, and the positions in the
 * skeleton at which the characters of an entry can end. One loop does all this, because a loop over a long text takes as long as its memory accesses.
 */
function scanned(filter: Uint32Array, shift: number, text: Uint16Array, ranges: readonly number[], skeleton: Skeleton) {
  const { units, places } = withRoom(skeleton, (ranges.at(-1) ?? 0) + 1);
  const signs: number[] = [];
  const candidates: number[] = [];
  let [length, hash] = [0, 0];
  for (let range = 0; range < ranges.length; range += 2) {
    const end = ranges[range + 1] as number;
    if (range > 0) units[length++] = BREAK;
    for (let at = ranges[range] as number; at < end; at++) {
      const unit = text[at] as number;
      const base = unitOf(unit);
      if (base === 0) {
        if (KIND[unit] !== 0) signs.push(at);
        continue;
      }
      hash = hashed(hash, base);
      const word = filter[hash >>> shift] as number;
      if (((word >>> (hash >>> (shift - 5))) & (word >>> (hash >>> (shift - 10))) & 1) === 1 && length >= GRAM - 1)
        candidates.push(length);
      units[length] = base;
      places[length++] = at;
    }
  }
  skeleton.length = length;
  return { signs, candidates };
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

function searchExact(
  { exact, beginnings }: ValueIndex,
  units: Uint16Array,
  from: number,
  end: number,
  found: Found,
): void {
  for (let at = from; at < end; at++) {
    const first = units[at] as number;
    const seconds = beginnings[first & 255] as number;
    if (seconds === 0) continue;
    const second = units[at + 1] as number;
    if (((seconds >>> (second & 7)) & 1) === 0) continue;
    for (const text of exact.get((first << 16) | second) ?? []) {
      let same = 0;
      while (same < text.length && isSame(units[at + same], text.charCodeAt(same))) same++;
      if (same === text.length && isBounded(units, at, at + same)) found(at, at + same);
    }
  }
}
