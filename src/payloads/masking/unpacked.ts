// Decodes base64, hexadecimal digits and lists of bytes in a text.
import { bytesAfter, digitOf, isFirstOfUtf8, isLaterOfUtf8, LONGEST_ESCAPE } from './escapes.ts';
import type { Reading } from './reading.ts';

/** The minimum number of characters of decoded text. Shorter text is mostly an accident. */
export const SHORTEST_UNPACKED = 7;
const SHORTEST_BASE64 = Math.ceil((SHORTEST_UNPACKED * 4) / 3);
/** The maximum number of characters of a number in a list of bytes, and of signs between two numbers. */
const LONGEST_BYTE = 4;
const MOST_BETWEEN = 24;

const NO_SIX = 255;
/** The first of the two numbers that are not encoded by a letter or a digit. */
const SIGN = 62;
/** For each UTF-16 unit, the six bits that the unit encodes in base64, or `NO_SIX`. */
const SIX: Uint8Array = new Uint8Array(65_536).fill(NO_SIX);
for (const alphabet of ['+/', '-_'])
  for (const [i, sign] of [...`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${alphabet}`].entries())
    SIX[sign.charCodeAt(0)] = i;

/** For each byte, 1 if the byte is a printable ASCII character, a tab, a line break or the start of a terminal colour. */
const PRINTABLE: Uint8Array = new Uint8Array(256).fill(1, 0x20, 0x7f);
for (const byte of [9, 10, 13, 27]) PRINTABLE[byte] = 1;

/** A longer base64 text is read in blocks of this length. */
const BLOCK = 1_024;

/**
 * For each number of missing bytes of a UTF-8 character and each byte: the number of bytes that are missing after the byte, `KEEPS` if the byte
 * continues a text, and `COUNTS` if the byte is part of a text. The table accepts every zero byte, because UTF-16 contains zero bytes.
 */
const STATES = new Uint8Array(4 * 256);
const [KEEPS, COUNTS] = [4, 8] as const;
for (let missing = 0; missing < 4; missing++)
  for (let byte = 0; byte < 256; byte++) {
    const isText = PRINTABLE[byte] === 1;
    const isFirst = isFirstOfUtf8(byte);
    const isNext = isLaterOfUtf8(byte) && missing > 0;
    const after = isFirst ? bytesAfter(byte) : isNext ? missing - 1 : byte === 0 ? missing : 0;
    const keeps = isText || isFirst ? missing === 0 : isNext || byte === 0;
    const counts = isText || isFirst || isNext || byte === 0;
    STATES[(missing << 8) | byte] = after + (keeps ? KEEPS : 0) + (counts ? COUNTS : 0);
  }

/**
 * Returns a reading that contains only the decoded texts, with a zero unit after each text. The function decodes base64 from each of four possible
 * starts, because the text before a base64 text can look like base64. Returns undefined if there is no decoded text.
 */
export function unpacked(reading: Reading): Reading | undefined {
  const { units, end } = reading;
  const output = new Output();
  const sixes = new Uint8Array(end + BLOCK);
  const places = new Int32Array(end + BLOCK);
  /** The starts and ends of sequences of many short words. Only such sequences can be lists of bytes. */
  const lists: number[] = [];
  let [first, last, words] = [0, 0, 0];
  let [run, count] = [0, 0];
  // The zero unit after the text ends the last run.
  for (let at = 0; at <= end; ) {
    const start = at;
    while ((SIX[units[at] as number] as number) < SIGN) at++;
    const size = at - start;
    if (size > 0) {
      const isByte = size <= LONGEST_BYTE && digitOf(units[start] as number) < 16;
      if (isByte && words > 0 && start - last <= MOST_BETWEEN) words++;
      else {
        if (words >= SHORTEST_UNPACKED) lists.push(first, last);
        [first, words] = [start, isByte ? 1 : 0];
      }
      last = at;
    }
    count += size;
    if (SIX[units[at] as number] !== NO_SIX) {
      count++;
      at++;
      continue;
    }
    const next = count === 0 ? at : afterBreak(units, at);
    if (next > at && SIX[units[next] as number] !== NO_SIX) {
      at = next;
      continue;
    }
    if (count >= SHORTEST_BASE64) decodeRun(units, run, at, sixes, places, output);
    do at++;
    while (at < end && SIX[units[at] as number] === NO_SIX);
    [run, count] = [at, 0];
  }
  if (words >= SHORTEST_UNPACKED) lists.push(first, last);
  for (const radix of [10, 16] as const)
    for (let i = 0; i < lists.length; i += 2)
      byteList(units, lists[i] as number, lists[i + 1] as number, radix, output);
  return output.reading(reading);
}

/** Decodes base64 and hexadecimal digits from `start` to `end`. Writes the six bits of each character and its place to the two arrays. */
function decodeRun(
  units: Uint16Array,
  start: number,
  end: number,
  sixes: Uint8Array,
  places: Int32Array,
  output: Output,
): void {
  let count = 0;
  for (let from = start; from < end; from = afterBreak(units, from))
    for (; SIX[units[from] as number] !== NO_SIX; from++) {
      sixes[count] = SIX[units[from] as number] as number;
      places[count++] = from;
    }
  if (hexadecimal(units, places, count, output) === count) return;
  let padded = end;
  while (padded < end + 2 && units[padded] === 0x3d) padded++;
  for (let phase = 0; phase < 4; phase++) {
    base64From(phase, sixes, places, count, output);
    output.cut(end, padded);
  }
}

/** Returns the position after a line break and the blanks after the line break. A backslash can precede the line break, as in YAML and shells. */
function afterBreak(units: Uint16Array, at: number): number {
  let next = units[at] === 0x5c ? at + 1 : at;
  if (units[next] !== 10 && units[next] !== 13) return at;
  while (units[next] === 10 || units[next] === 13 || units[next] === 32 || units[next] === 9) next++;
  return next;
}

/** Decodes base64 from its character `phase`. Only a text of at least `SHORTEST_UNPACKED` bytes reaches the output. */
function base64From(phase: number, sixes: Uint8Array, places: Int32Array, count: number, output: Output): void {
  let [missing, run] = [0, 0];
  const byteAt = (i: number) =>
    ((((sixes[i] as number) << 6) | (sixes[i + 1] as number)) >> (4 - 2 * ((i - phase) & 3))) & 255;
  for (let block = phase, only = -1; block + 1 < count; block += BLOCK) {
    only = count - block < BLOCK ? only : phaseOf(sixes, block - phase);
    if (only >= 0 && only !== phase) {
      missing = run = 0;
      continue;
    }
    const end = Math.min(count - 1, block + BLOCK);
    for (let i = block; i < end; i++) {
      if (((i - phase) & 3) === 3) continue;
      const byte = byteAt(i);
      const state = STATES[(missing << 8) | byte] as number;
      missing = state & 3;
      run = (run & -((state >> 2) & 1)) + (state >> 3);
      if (run < SHORTEST_UNPACKED) continue;
      let from = i;
      if (run === SHORTEST_UNPACKED) {
        output.cut();
        for (let more = 1; more < run; more++) from -= ((from - phase) & 3) === 0 ? 2 : 1;
      }
      for (; from <= i; from++)
        if (((from - phase) & 3) !== 3)
          output.put(byteAt(from), places[from] as number, (places[from + 1] as number) + 1);
    }
  }
}

/** Returns the start, from 0 to 3, from which the first characters of a block are base64 of ASCII text. Returns -1 if there is no such start. */
function phaseOf(sixes: Uint8Array, block: number): number {
  for (let phase = 0; phase < 4; phase++) {
    let i = block + phase;
    const end = i + 128;
    while (
      i < end &&
      (sixes[i] as number) < 32 &&
      ((sixes[i + 1] as number) & 8) === 0 &&
      ((sixes[i + 2] as number) & 2) === 0
    )
      i += 4;
    if (i === end) return phase;
  }
  return -1;
}

/**
 * Decodes the runs of hexadecimal digits at the positions `places`. A run starts at its first or at its second digit. Returns the length of the last
 * long run.
 */
function hexadecimal(units: Uint16Array, places: Int32Array, count: number, output: Output): number {
  let long = 0;
  const isDigit = (at: number) => digitOf(units[places[at] as number] as number) < 16;
  for (let start = 0; start + 2 * SHORTEST_UNPACKED <= count; ) {
    // Most runs are too short. The last character that is no digit excludes all starts before the character.
    let end = start + 2 * SHORTEST_UNPACKED;
    while (end > start && isDigit(end - 1)) end--;
    if (end > start) {
      start = end;
      continue;
    }
    for (end += 2 * SHORTEST_UNPACKED; end < count && isDigit(end); ) end++;
    for (let phase = 0; phase < 2; phase++) {
      for (let i = start + phase; i + 1 < end; i += 2) {
        const [from, to] = [places[i] as number, places[i + 1] as number];
        output.put(16 * digitOf(units[from] as number) + digitOf(units[to] as number), from, to + 1, true);
      }
      output.cut();
    }
    if (end - start >= 64) long = end - start;
    start = end + 1;
  }
  return long;
}

/**
 * Decodes a list of bytes as decimal numbers with or without a sign, or as pairs of hexadecimal digits, such as `[104, -61]`, `0x68 0x75` and `68:75`.
 */
function byteList(units: Uint16Array, from: number, to: number, radix: 10 | 16, output: Output): void {
  for (let at = from; at < to; ) {
    const start = at;
    while ((SIX[units[at] as number] as number) < SIGN) at++;
    const byte = at === start ? -1 : byteIn(units, start, at, radix);
    if (byte >= 0) output.put(byte, start, at, true);
    else if (at > start) output.cut();
    if (at === start) at++;
  }
  output.cut();
}

/** Returns the byte that a word means. Returns -1 if the word means no byte. */
function byteIn(units: Uint16Array, start: number, end: number, radix: 10 | 16): number {
  const isMarked = radix === 16 && end - start === 4 && units[start] === 0x30 && units[start + 1] === 0x78;
  if (isMarked ? false : radix === 16 ? end - start !== 2 : end - start > 3) return -1;
  let byte = 0;
  for (let i = isMarked ? start + 2 : start; i < end; i++) {
    const digit = digitOf(units[i] as number);
    if (digit >= radix) return -1;
    byte = radix * byte + digit;
  }
  const isNegative = radix === 10 && units[start - 1] === 0x2d && byte > 0;
  return byte > 255 ? -1 : isNegative ? 256 - byte : byte;
}

/** Collects the decoded texts of at least `SHORTEST_UNPACKED` characters in ASCII, UTF-8 or UTF-16. */
class Output {
  private units = new Uint16Array(256);
  private starts = new Int32Array(256);
  private ends = new Int32Array(256);
  private to = 0;
  private first = 0;
  /** The number of bytes that are missing of a UTF-8 character. */
  private missing = 0;
  /** The number of zero bytes after the characters of a UTF-16 text. */
  private zeros = 0;

  /** Adds a byte that is encoded in the span from `start` to `end`. With `isLatin1`, the byte can also be a letter in Latin-1. */
  put(byte: number, start: number, end: number, isLatin1 = false): void {
    if (PRINTABLE[byte] === 1) {
      if (this.missing > 0 && !isLatin1) this.cut();
      this.missing = 0;
    } else if (byte === 0 && this.to - this.first === this.zeros + 1) {
      this.zeros++;
      this.ends[this.to - 1] = end;
      return;
    } else if (this.missing > 0 && isLaterOfUtf8(byte)) this.missing--;
    else {
      const isFirst = isLatin1 ? byte >= 0xc0 : isFirstOfUtf8(byte);
      if (!isFirst || (this.missing > 0 && !isLatin1)) this.cut();
      if (!isFirst) return;
      this.missing = bytesAfter(byte);
    }
    if (this.to + LONGEST_ESCAPE + 2 >= this.units.length) this.grow();
    this.units[this.to] = byte;
    this.starts[this.to] = start;
    this.ends[this.to++] = end;
  }

  /** Ends the current text. If the encoded form of its last byte ends at `end`, the encoded form also includes the padding up to `padded`. */
  cut(end = -1, padded = -1): void {
    const { to, ends } = this;
    if (to - this.first < SHORTEST_UNPACKED) this.to = this.first;
    else {
      if (ends[to - 1] === end) ends[to - 1] = padded;
      this.units[to] = 0;
      this.starts[to] = ends[to] = ends[to - 1] as number;
      this.first = ++this.to;
    }
    this.missing = 0;
    this.zeros = 0;
  }

  private grow(): void {
    this.units = new Uint16Array(this.units.buffer.transfer(4 * this.units.byteLength));
    this.starts = new Int32Array(this.starts.buffer.transfer(4 * this.starts.byteLength));
    this.ends = new Int32Array(this.ends.buffer.transfer(4 * this.ends.byteLength));
  }

  reading(from: Reading): Reading | undefined {
    const { units, to, starts, ends } = this;
    units.fill(0, to, to + LONGEST_ESCAPE);
    starts[to] = from.end;
    return to === 0 ? undefined : { units, end: to, from, starts, ends };
  }
}
