// What a text says once its escapes are undone, and where each character of that stands in it.
import { Buffer } from 'node:buffer';

/** A text, and where each of its units stands in the text that it was read from. */
export interface Reading {
  readonly text: string;
  /** The place of the unit at `at`; of the end, the end. */
  place(at: number): number;
}

export interface Escapes {
  /** Whether `+` may stand for a space. */
  readonly plus: boolean;
  /** Whether line breaks may stand in the midst of something. */
  readonly breaks: boolean;
}

/** Escapes within escapes within escapes. */
const MOST_LEVELS = 3;
const MOST_READINGS = 24;

/**
 * A text as it is, and as it reads with URL encoding, JSON escapes and line breaks undone, also one within another. Undefined if there is
 * more to be undone than is tried: then nobody knows what it says.
 */
export function readings(text: string, escapes: Escapes): Reading[] | undefined {
  const all: Reading[] = [{ text, place: (at) => at }];
  if (!mayHaveEscapes(text, escapes)) return all;
  const known = new Set([text]);
  let level: readonly Reading[] = all;
  for (let depth = 0; level.length > 0; depth++) {
    const next: Reading[] = [];
    for (const reading of level) {
      for (const undo of [
        unescaped,
        percentDecoded,
        escapes.plus ? formDecoded : none,
        escapes.breaks ? joined : none,
      ]) {
        const undone = undo(reading.text);
        if (undone === undefined || known.has(undone.text)) continue;
        if (depth === MOST_LEVELS || all.length + next.length >= MOST_READINGS) return undefined;
        known.add(undone.text);
        next.push({ text: undone.text, place: (at) => reading.place(undone.place(at)) });
      }
    }
    all.push(...next);
    level = next;
  }
  return all;
}

const none = () => undefined;

function mayHaveEscapes(text: string, { plus, breaks }: Escapes): boolean {
  return text.includes('\\') || text.includes('%') || (plus && text.includes('+')) || (breaks && text.includes('\n'));
}

/** Collects a reading of `text` from stretches that stay, and what takes the place of the others. */
class Writer {
  readonly #text: string;
  #read = '';
  /** Where a stretch ended that was replaced: in the reading, and in the text. */
  readonly #ends: number[] = [];
  readonly #places: number[] = [];
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }
  /** `units` in the place of what stands from `start` to `end`, behind all that was replaced before. */
  replace(start: number, end: number, units: string): void {
    if (start > this.#at) this.#read += this.#text.slice(this.#at, start);
    this.#read += units;
    this.#at = end;
    this.#ends.push(this.#read.length);
    this.#places.push(end);
  }
  /** Undefined if nothing was replaced. */
  reading(): Reading | undefined {
    const [ends, places] = [this.#ends, this.#places];
    if (ends.length === 0) return undefined;
    const text = this.#read + this.#text.slice(this.#at);
    return { text, place: (at) => placeOf(at, ends, places) };
  }
}

/** INVARIANT: what takes the place of a stretch begins where it began, so that only ends need be kept. */
function placeOf(at: number, ends: readonly number[], places: readonly number[]): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? at : (places[low - 1] as number) + at - (ends[low - 1] as number);
}

const PERCENT = 0x25;

/** What stands after a backslash, and what the two stand for; by the unit. */
const ESCAPED: readonly (string | undefined)[] = (() => {
  const all: (string | undefined)[] = new Array(128).fill(undefined);
  const meant = { '"': '"', "'": "'", '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  for (const [letter, unit] of Object.entries(meant)) all[letter.charCodeAt(0)] = unit;
  return all;
})();

/** As in JSON. */
export function unescaped(text: string): Reading | undefined {
  const writer = new Writer(text);
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    const next = text.charCodeAt(at + 1);
    const plain = ESCAPED[next];
    if (plain !== undefined) {
      writer.replace(at, at + 2, plain);
      at += 2;
      continue;
    }
    const [high, low] = next === 0x75 ? [hexByte(text, at + 2), hexByte(text, at + 4)] : [-1, -1];
    if (high < 0 || low < 0) at += 1;
    else {
      writer.replace(at, at + 6, String.fromCharCode(high * 256 + low));
      at += 6;
    }
  }
  return writer.reading();
}

/** As in URLs: whatever is encoded, in either case of hexadecimal. */
function percentDecoded(text: string): Reading | undefined {
  const writer = new Writer(text);
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) at = replaceEncoded(writer, text, at);
  return writer.reading();
}

/** Replaces the character that is encoded at `at`, if there is one. Tells where to go on. */
function replaceEncoded(writer: Writer, text: string, at: number): number {
  const byte = hexByte(text, at + 1);
  if (byte < 0 || (byte >= 0x80 && byte < 0xc0)) return at + 1;
  const character = byte < 0x80 ? ASCII[byte] : encodedAt(text, at, byte);
  if (character === undefined) return at + 1;
  const end = at + (byte < 0x80 ? 3 : 3 * Buffer.byteLength(character));
  writer.replace(at, end, character);
  return end;
}

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** A character of several encoded bytes; undefined if they make none. */
function encodedAt(text: string, at: number, first: number): string | undefined {
  const bytes = [first];
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  for (let i = 1; i < length; i++) {
    bytes.push(text.charCodeAt(at + 3 * i) === PERCENT ? Math.max(0, hexByte(text, at + 3 * i + 1)) : 0);
  }
  const character = Buffer.from(bytes).toString('utf8');
  if (character.includes('\ufffd') || Buffer.byteLength(character) !== length || [...character].length !== 1)
    return undefined;
  return character;
}

/** The same with `+` for a space, as in forms. */
function formDecoded(text: string): Reading | undefined {
  if (!text.includes('+')) return undefined;
  const writer = new Writer(text);
  let plus = text.indexOf('+');
  let percent = text.indexOf('%');
  while (plus >= 0 || percent >= 0) {
    if (percent < 0 || (plus >= 0 && plus < percent)) {
      writer.replace(plus, plus + 1, ' ');
      plus = text.indexOf('+', plus + 1);
    } else percent = text.indexOf('%', replaceEncoded(writer, text, percent));
  }
  return writer.reading();
}

function joined(text: string): Reading | undefined {
  if (!text.includes('\n') && !text.includes('\r')) return undefined;
  const writer = new Writer(text);
  const breaks = /[\r\n]+/g;
  for (let one = breaks.exec(text); one !== null; one = breaks.exec(text))
    writer.replace(one.index, breaks.lastIndex, '');
  return writer.reading();
}

/** The byte that two hexadecimal digits at `at` are; -1 if they are none. */
function hexByte(text: string, at: number): number {
  const [high, low] = [digit(text.charCodeAt(at)), digit(text.charCodeAt(at + 1))];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Of a hexadecimal digit; -1 for what is none. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
