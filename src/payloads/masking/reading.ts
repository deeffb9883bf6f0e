// A reading of a text: the text itself, or the text after the decoding of escape sequences, base64, hexadecimal digits or lists of bytes.
import { Buffer } from 'node:buffer';
import { bytesAfter, EVERY_ESCAPE, escapeAt, KIND, LATIN1, LONGEST_ESCAPE, lengthOf, pointOf } from './escapes.ts';

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
}

/** Returns the reading of a text without any decoding. */
export function readingOf(text: string): Reading {
  const units = new Uint16Array(text.length + LONGEST_ESCAPE);
  if (text.length < 32) for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  else Buffer.from(units.buffer, 0, 2 * text.length).write(text, 'utf16le');
  return { units, end: text.length };
}

export const textOf = ({ units, end }: Reading): string =>
  Buffer.from(units.buffer, units.byteOffset, 2 * end).toString('utf16le');

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
 * Decodes one level of all escape sequences, or of the requested kinds. Decoded bytes become Latin-1 characters. If several such characters form a
 * UTF-8 character, they are joined, whether the bytes were escaped or not. Returns undefined if there is nothing to decode.
 */
export function unescaped(reading: Reading, kinds: number = EVERY_ESCAPE): Reading | undefined {
  const { units, end } = reading;
  const kindOf = KIND;
  let at = 0;
  while (at < end && ((kindOf[units[at] as number] as number) & kinds) === 0) at++;
  if (at === end) return undefined;

  const out = new Uint16Array(end + LONGEST_ESCAPE);
  const starts = new Int32Array(end + 1);
  out.set(units.subarray(0, at));
  for (let i = 0; i < at; i++) starts[i] = i;
  let to = at;
  let isChanged = false;
  while (at < end) {
    const unit = units[at] as number;
    const kind = (kindOf[unit] as number) & kinds;
    if (kind === 0) {
      out[to] = unit;
      starts[to++] = at++;
      continue;
    }
    const found = kind === LATIN1 ? -1 : escapeAt(units, at);
    starts[to] = at;
    if (found < 0) {
      out[to++] = unit;
      at++;
    } else {
      isChanged = true;
      to = writePoint(out, to, pointOf(found));
      starts[to - 1] = at;
      at += lengthOf(found);
    }
    const last = out[to - 1] as number;
    if (last >= 0x80 && last < 0xc0) {
      const joined = joinedUtf8(out, to);
      isChanged ||= joined !== to;
      to = joined;
    }
  }
  out.fill(0, to, Math.min(out.length, to + LONGEST_ESCAPE));
  starts[to] = end;
  return isChanged ? { units: out, end: to, from: reading, starts } : undefined;
}

/** Writes a code point as one or two UTF-16 units. Returns the position after the units. */
function writePoint(out: Uint16Array, to: number, point: number): number {
  if (point > 0xffff) out[to++] = 0xd7c0 + (point >> 10);
  out[to++] = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
  return to;
}

/** For each number of bytes after the first byte, the least code point of such a UTF-8 character. */
const LEAST = [0, 0x80, 0x800, 0x10000] as const;

/** Joins the last Latin-1 characters before `to` if they are the bytes of one UTF-8 character. Returns the new end. */
function joinedUtf8(out: Uint16Array, to: number): number {
  let point = 0;
  for (let more = 1; more <= 3 && more < to; more++) {
    const unit = out[to - more] as number;
    if (unit < 0x80 || unit >= 0xc0) return to;
    point += (unit & 0x3f) << (6 * (more - 1));
    const lead = out[to - more - 1] as number;
    if (lead < 0xc2 || lead >= 0xf5 || bytesAfter(lead) !== more) continue;
    point += (lead & (0x3f >> more)) << (6 * more);
    const isSurrogate = point >= 0xd800 && point < 0xe000;
    if (point < (LEAST[more] as number) || point > 0x10ffff || isSurrogate) return to;
    return writePoint(out, to - more - 1, point);
  }
  return to;
}
