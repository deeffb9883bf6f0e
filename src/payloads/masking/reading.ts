// A reading of a text: the text itself, or the text after the decoding of escape sequences, base64, hexadecimal digits or lists of bytes.
import { Buffer } from 'node:buffer';
import {
  bytesAfter,
  EVERY_ESCAPE,
  escapeAt,
  escaped,
  isFirstOfUtf8,
  isLaterOfUtf8,
  KIND,
  LATIN1,
  LONGEST_ESCAPE,
  lengthOf,
  pointOf,
} from './escapes.ts';

/** A range of a text in UTF-16 units. The range does not include the unit at `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Reading {
  /** The text. INVARIANT: at least `LONGEST_ESCAPE` zero units follow the text. */
  readonly units: Uint16Array;
  readonly end: number;
  /** The reading from which this reading was decoded. */
  readonly from?: Reading;
  /** For each unit, the start of its encoded form in `from`. The item at `end` is the end of `from`. */
  readonly starts?: Int32Array;
  /** For each unit, the end of its encoded form in `from`. Without `ends`, the encoded form ends at the start of the following unit. */
  readonly ends?: Int32Array;
  /** The starts and ends of parts that contain all decoded escape sequences. */
  readonly changes?: readonly number[];
}

/** Parts with decoded escape sequences are joined if fewer units are between the parts. */
const MOST_BETWEEN = 400;
/** A shorter run of units is copied one by one, because a call that copies memory takes longer. */
const LONG_RUN = 48;

/** Returns the reading of a text without any decoding. Can write the text into `units`. */
export function readingOf(text: string, units = new Uint16Array(text.length + LONGEST_ESCAPE)): Reading {
  if (text.length < 64) for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  else Buffer.from(units.buffer, 0, 2 * text.length).write(text, 'utf16le');
  return { units, end: text.length };
}

export const textOf = ({ units, end }: Reading): string =>
  Buffer.from(units.buffer, units.byteOffset, 2 * end).toString('utf16le');

/** Decodes one level of all escape sequences of a text. Returns undefined if there is nothing to decode. */
export function unescapedText(text: string): string | undefined {
  for (let at = 0; at < text.length; at++) {
    if (KIND[text.charCodeAt(at)] === 0) continue;
    const reading = readingOf(text);
    const undone = unescaped(reading, signsOf(reading));
    return undone === undefined ? undefined : textOf(undone);
  }
  return undefined;
}

/** Returns the positions at which an escape sequence of the requested kinds can begin. */
export function signsOf({ units, end }: Reading, kinds: number = EVERY_ESCAPE): number[] {
  const signs: number[] = [];
  for (let at = 0; at < end; at++) if (((KIND[units[at] as number] as number) & kinds) !== 0) signs.push(at);
  return signs;
}

/** Maps a span of a reading to a span of the text without any decoding. */
export function spanInText(reading: Reading, start: number, end: number): Span {
  let [current, from, to] = [reading, start, end];
  while (current.from !== undefined && current.starts !== undefined) {
    const { starts, ends } = current;
    to =
      to === from ? (starts[from] as number) : ends === undefined ? (starts[to] as number) : (ends[to - 1] as number);
    from = starts[from] as number;
    current = current.from;
  }
  return { start: from, end: to };
}

/**
 * Decodes one level of the escape sequences that begin at the positions `signs`. Decoded bytes become Latin-1 characters. If several such characters
 * form a UTF-8 character, they are joined, whether the bytes were escaped or not. Returns undefined if there is nothing to decode.
 */
export function unescaped(reading: Reading, signs: readonly number[]): Reading | undefined {
  const { units, end } = reading;
  const first = signs.findIndex((sign) => decodedAt(units, sign) >= 0);
  if (first < 0) return undefined;

  const out = new Uint16Array(end + LONGEST_ESCAPE);
  const starts = new Int32Array(end + 1);
  const changes: number[] = [];
  let [at, to] = [0, 0];
  for (let i = first; i < signs.length; i++) {
    const sign = signs[i] as number;
    const found = sign < at ? -1 : decodedAt(units, sign);
    if (found < 0) continue;
    to = copy(units, at, sign, out, starts, to);
    if (to - (changes.at(-1) ?? -MOST_BETWEEN) >= MOST_BETWEEN) changes.push(Math.max(0, to - 3), to);
    // A unit that completes a UTF-8 character is no escape sequence. The unit is written first, and then the character replaces its bytes.
    const isUnit = KIND[units[sign] as number] === LATIN1;
    starts[to] = sign;
    to = writePoint(out, to, isUnit ? (units[sign] as number) : pointOf(found));
    starts[to - 1] = sign;
    at = sign + (isUnit ? 1 : lengthOf(found));
    const joined = utf8Before(out, to);
    if (joined >= 0) to = writePoint(out, to - lengthOf(joined), pointOf(joined));
    changes[changes.length - 1] = to;
  }
  to = copy(units, at, end, out, starts, to);
  out.fill(0, to, Math.min(out.length, to + LONGEST_ESCAPE));
  starts[to] = end;
  return { units: out, end: to, from: reading, starts, changes };
}

/** Decodes the escape sequence that begins at `at`, or the UTF-8 character that ends with the Latin-1 character at `at`. Otherwise returns -1. */
const decodedAt = (units: Uint16Array, at: number): number =>
  KIND[units[at] as number] === LATIN1 ? utf8Before(units, at + 1) : escapeAt(units, at);

/** Copies the units from `at` to `end`. Returns the position after the copied units. */
function copy(units: Uint16Array, at: number, end: number, out: Uint16Array, starts: Int32Array, to: number): number {
  const after = to + end - at;
  if (end - at > LONG_RUN) {
    out.set(units.subarray(at, end), to);
    while (to < after) starts[to++] = at++;
  }
  for (; to < after; starts[to++] = at++) out[to] = units[at] as number;
  return after;
}

/** Writes a code point as one or two UTF-16 units. Returns the position after the units. */
function writePoint(out: Uint16Array, to: number, point: number): number {
  if (point > 0xffff) out[to++] = 0xd7c0 + (point >> 10);
  out[to++] = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
  return to;
}

/** For each number of bytes after the first byte, the least code point of such a UTF-8 character. */
const LEAST = [0, 0x80, 0x800, 0x10000] as const;

/** Decodes the Latin-1 characters before `to` if they are the bytes of one UTF-8 character. Otherwise returns -1. */
function utf8Before(units: Uint16Array, to: number): number {
  let point = 0;
  for (let more = 1; more <= 3 && more < to; more++) {
    const unit = units[to - more] as number;
    if (!isLaterOfUtf8(unit)) return -1;
    point += (unit & 0x3f) << (6 * (more - 1));
    const lead = units[to - more - 1] as number;
    if (!isFirstOfUtf8(lead) || bytesAfter(lead) !== more) continue;
    point += (lead & (0x3f >> more)) << (6 * more);
    const isSurrogate = point >= 0xd800 && point < 0xe000;
    return point < (LEAST[more] as number) || isSurrogate ? -1 : escaped(point, more + 1);
  }
  return -1;
}
