// Decodes the escape sequences of a text, and maps positions in the decoded text back to positions in the original text.
import { Buffer } from 'node:buffer';
import {
  BACKSLASH,
  BREAKS,
  ESCAPES,
  escapeAt,
  FORM_BREAKS,
  KIND,
  LONGEST_ESCAPE,
  lengthOf,
  PLUS,
  pointOf,
} from './escapes.ts';
import type { Units } from './form-index.ts';
import type { Span } from './text-search.ts';

/** A text after the decoding of escape sequences. */
export interface Decoding extends Units {
  /** True if the decoding removed each line break and the blanks after the line break. */
  readonly joined: boolean;
  /** Maps a span of the decoded text to a span of the original text. */
  spanOf(span: Span): Span;
}

/** The maximum number of nested levels of escape sequences that are decoded. */
const MOST_LEVELS = 5;
/**
 * The number of nested levels at which each kind of escape sequence is decoded separately. With two levels, the decoder handles every pair of nested
 * encodings exactly.
 */
const EACH_ALONE = 2;
const EVERY_ESCAPE = ESCAPES.reduce((all, kind) => all | kind, 0);

/**
 * Returns a function that decodes a text in several ways: without decoding, with each kind of escape sequence, with each pair of nested kinds, and
 * with all kinds at deeper levels. For each decoding, the function also returns a decoding with joined lines. Most texts have one to four decodings.
 * The maximum is about thirty decodings. A decoding is valid until the next call of the decoding function. The decoding function returns undefined if
 * the text contains more than `MOST_LEVELS` levels of escape sequences.
 */
export function decoder(): (text: string) => readonly Decoding[] | undefined {
  let buffer = new Uint16Array(1_024);
  /** Returns a buffer with space for `length` UTF-16 units after the index `start`, and for one additional escape sequence. */
  const bufferFor = (start: number, length: number): Uint16Array => {
    const needed = start + length + LONGEST_ESCAPE;
    // The function can replace the buffer by a larger buffer, because each existing decoding keeps a reference to its old buffer.
    if (needed > buffer.length) buffer = new Uint16Array(2 * needed);
    return buffer;
  };

  return (text) => {
    const first = asItIs(text, bufferFor(0, text.length));
    if ((first.kinds & ~PLUS) === 0) return [first];

    const all: DecodedText[] = [first];
    const decoded = (decoding: DecodedText, wanted: number): DecodedText | undefined => {
      const kinds = wanted & decoding.kinds;
      if (kinds === 0) return undefined;
      const cached = decoding.decoded[kinds];
      if (cached !== undefined) return cached ?? undefined;
      const last = all.at(-1) as DecodedText;
      const start = last.units === buffer ? last.end + 1 : 0;
      const made = decode(decoding, kinds, bufferFor(start, decoding.end - decoding.start), start);
      const same = made && all.find((other) => isSame(other, made));
      if (made !== undefined && same === undefined) all.push(made);
      decoding.decoded[kinds] = same ?? made ?? null;
      return same ?? made;
    };

    let level: readonly DecodedText[] = [first];
    for (let depth = 0; depth < EACH_ALONE; depth++) {
      // Decoding one kind of escape sequence can produce escape sequences of another kind. Decoding in a different order can therefore give a
      // different text.
      level = level.flatMap((decoding) => ESCAPES.flatMap((kind) => decoded(decoding, kind) ?? []));
    }
    let last = level.at(-1);
    for (let depth = EACH_ALONE; last !== undefined; depth++) {
      last = decoded(last, EVERY_ESCAPE);
      if (last !== undefined && depth === MOST_LEVELS) return undefined;
    }
    for (const decoding of [...all]) {
      decoded(decoding, BREAKS);
      if ((decoding.kinds & PLUS) !== 0) decoded(decoding, FORM_BREAKS);
    }
    return all;
  };
}

/**
 * Decodes one level of JSON escapes. The function `place` in the result maps positions in the decoded text to positions in the original text. Returns
 * undefined if the text has no JSON escapes.
 */
export function unescaped(text: string): { text: string; place(at: number): number } | undefined {
  if (!text.includes('\\')) return undefined;
  const unitsFor = () => new Uint16Array(text.length + LONGEST_ESCAPE);
  const read = decode(asItIs(text, unitsFor()), BACKSLASH, unitsFor(), 0);
  if (read === undefined) return undefined;
  return { text: bytesOf(read).toString('utf16le'), place: (at) => read.spanOf({ start: at, end: at }).start };
}

interface DecodedText extends Decoding {
  /** The set of the kinds of escape sequences that the text can contain. */
  readonly kinds: number;
  /** The cached decodings of the text, by the decoded kinds of escape sequences. A decoding is null if the text contained nothing to decode. */
  readonly decoded: (DecodedText | null)[];
}

/** A loop copies fewer than this number of UTF-16 units faster than native code. */
const SHORT = 64;

function asItIs(text: string, units: Uint16Array): DecodedText {
  const end = text.length;
  if (end < SHORT) for (let i = 0; i < end; i++) units[i] = text.charCodeAt(i);
  else Buffer.from(units.buffer, 0, 2 * end).write(text, 'utf16le');
  units[end] = 0;
  let kinds = 0;
  for (let i = 0; i < end; i++) kinds |= KIND[units[i] as number] as number;
  return { units, start: 0, end, joined: false, kinds, decoded: [], spanOf: (span) => span };
}

const bytesOf = ({ units, start, end }: Units) => Buffer.from(units.buffer, 2 * start, 2 * (end - start));

const isSame = (a: Units, b: Units) => a.end - a.start === b.end - b.start && bytesOf(a).equals(bytesOf(b));

/** The decoded escape sequences of a text, in order. Three lists of equal length contain the positions. */
interface Edits {
  /** For each escape sequence, the start of its decoded characters in the decoded text. */
  readonly starts: number[];
  /** For each escape sequence, the end of its decoded characters in the decoded text. */
  readonly ends: number[];
  /** For each escape sequence, the end of the sequence in the text before decoding. */
  readonly places: number[];
}

/**
 * Decodes the requested kinds of escape sequences and line breaks. The function writes the result into `units` from the index `start`. Returns
 * undefined if the text contains no such escape sequence or line break.
 */
function decode(before: DecodedText, kinds: number, units: Uint16Array, start: number): DecodedText | undefined {
  const { end, kinds: left } = write(before, kinds, units, start);
  if (end - start === before.end - before.start) return undefined;
  // The positions of escape sequences are computed only after the search finds a hidden text, because most texts contain no hidden text.
  let edits: Edits | undefined;
  const spanOf = (span: Span): Span => {
    if (edits === undefined) {
      edits = { starts: [], ends: [], places: [] };
      write(before, kinds, units, start, edits);
    }
    return before.spanOf({ start: placeOfStart(span.start, edits), end: placeOfEnd(span.end, edits) });
  };
  return { units, start, end, joined: isOfBreaks(kinds), kinds: left, decoded: [], spanOf };
}

/**
 * Writes the decoded text. Returns the end of the decoded text, and the kinds of escape sequences that the decoded text can contain. Repeated calls
 * write the same text.
 */
function write(before: Units, kinds: number, units: Uint16Array, start: number, edits?: Edits) {
  const { units: from, end } = before;
  const isBreak = isOfBreaks(kinds);
  const kindOf = KIND;
  let to = start;
  let left = 0;
  for (let at = before.start; at < end; ) {
    // Most UTF-16 units are copied unchanged. Native code copies long sequences of unchanged units, because native code is faster than a loop.
    let next = at;
    let unit = from[next] as number;
    let kind = kindOf[unit] as number;
    while ((kind & kinds) === 0 && next < end) {
      left |= kind;
      unit = from[++next] as number;
      kind = kindOf[unit] as number;
    }
    if (next - at >= SHORT) units.set(from.subarray(at, next), to);
    else for (let i = 0; i < next - at; i++) units[to + i] = from[at + i] as number;
    to += next - at;
    at = next;
    if (at === end) break;
    const found = isBreak ? 0 : escapeAt(from, at, kind);
    if (found < 0) {
      units[to++] = unit;
      left |= kind;
      at++;
      continue;
    }
    const begun = to;
    if (isBreak) at = endOfBreak(before, at + 1, kinds);
    else {
      const point = pointOf(found);
      if (point > 0xffff) units[to++] = 0xd7c0 + (point >> 10);
      const last = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
      units[to++] = last;
      left |= KIND[last] as number;
      at += lengthOf(found);
    }
    if (edits !== undefined) {
      edits.starts.push(begun - start);
      edits.ends.push(to - start);
      edits.places.push(at - before.start);
    }
  }
  // The buffer contains a zero unit after the text. No escape sequence contains a zero unit, so the decoder does not read past the end of the text.
  units[to] = 0;
  return { end: to, kinds: left };
}

const isOfBreaks = (kinds: number) => kinds === BREAKS || kinds === FORM_BREAKS;

/** Returns the end of a line break and of all line breaks and blanks that directly follow. */
function endOfBreak({ units, end }: Units, from: number, kinds: number): number {
  let at = from;
  while (at < end && (isBlank(units[at] as number) || (kinds === FORM_BREAKS && units[at] === 0x2b))) at++;
  return at;
}
const isBlank = (unit: number) => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

/**
 * Returns the position of the start of a span in the original text. If the decoder removed characters at `at`, the returned position is after the
 * removed characters. INVARIANT: decoded characters map to the start of their escape sequence. Therefore only the end of each escape sequence is
 * stored.
 */
function placeOfStart(at: number, { ends, places }: Edits): number {
  const i = countWhere(ends, (end) => end <= at) - 1;
  return i < 0 ? at : (places[i] as number) + at - (ends[i] as number);
}

/**
 * Returns the position of the end of a span in the original text. If the decoder removed characters at `at`, the returned position is before the
 * removed characters.
 */
function placeOfEnd(at: number, { starts, ends, places }: Edits): number {
  const i = countWhere(starts, (start) => start < at) - 1;
  return i < 0 ? at : (places[i] as number) + Math.max(0, at - (ends[i] as number));
}

/**
 * Returns the number of list items that meet a condition. In the list, all items that meet the condition must precede all items that do not meet the
 * condition.
 */
function countWhere(list: readonly number[], meets: (one: number) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (meets(list[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
