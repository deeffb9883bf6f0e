// What a text says once its escapes are undone, and where each character of that stands in it.
import { Buffer } from 'node:buffer';

/** A text, and where each of its units stands in the text that it was read from. */
export interface Reading {
  readonly text: string;
  /** The place of each unit, and at the end the length of what was read; undefined if it is the text itself. */
  readonly places: Uint32Array | undefined;
}

export interface Escapes {
  /** Whether `+` may stand for a space. */
  readonly plus: boolean;
  /** Whether line breaks may stand in the midst of something. */
  readonly breaks: boolean;
}

/** Escapes within escapes within escapes. */
const MOST_LEVELS = 3;
const MOST_READINGS = 12;

/** A text as it is, and as it reads with URL encoding, JSON escapes and line breaks undone, also one within another. */
export function readings(text: string, escapes: Escapes): Reading[] {
  const all: Reading[] = [{ text, places: undefined }];
  if (!mayHaveEscapes(text, escapes)) return all;
  const known = new Set([text]);
  let level: readonly Reading[] = all;
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
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
        if (all.length + next.length >= MOST_READINGS) return [...all, ...next];
        known.add(undone.text);
        next.push({ text: undone.text, places: composed(reading.places, undone.places as Uint32Array) });
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

function composed(outer: Uint32Array | undefined, inner: Uint32Array): Uint32Array {
  return outer === undefined ? inner : inner.map((place) => outer[place] as number);
}

/** Collects a reading unit by unit: no longer than what is read. */
class Writer {
  readonly #units: Uint16Array;
  readonly #places: Uint32Array;
  #length = 0;
  constructor(longest: number) {
    this.#units = new Uint16Array(longest);
    this.#places = new Uint32Array(longest + 1);
  }
  /** A unit that was read at `place`. */
  put(unit: number, place: number): void {
    this.#units[this.#length] = unit;
    this.#places[this.#length++] = place;
  }
  reading(end: number): Reading {
    this.#places[this.#length] = end;
    const { buffer } = this.#units;
    const text = Buffer.from(buffer, 0, this.#length * 2).toString('utf16le');
    return { text, places: this.#places.subarray(0, this.#length + 1) };
  }
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** What stands after a backslash, and what the two stand for. */
const ESCAPED: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', "'": "'", '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)],
  ),
);

/** As in JSON. */
function unescaped(text: string): Reading | undefined {
  if (!text.includes('\\')) return undefined;
  const { length } = text;
  const writer = new Writer(length);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    const next = unit === BACKSLASH ? text.charCodeAt(at + 1) : 0;
    const plain = unit === BACKSLASH ? ESCAPED.get(next) : undefined;
    if (plain !== undefined) {
      writer.put(plain, at);
      at += 1;
    } else if (next === 0x75 && unit === BACKSLASH) {
      const [high, low] = [hexByte(text, at + 2), hexByte(text, at + 4)];
      if (high < 0 || low < 0) writer.put(unit, at);
      else {
        writer.put(high * 256 + low, at);
        at += 5;
      }
    } else writer.put(unit, at);
  }
  return writer.reading(length);
}

/** As in URLs: whatever is encoded, in either case of hexadecimal. */
function percentDecoded(text: string, plus = false): Reading | undefined {
  if (!text.includes('%') && !(plus && text.includes('+'))) return undefined;
  const { length } = text;
  const writer = new Writer(length);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    const byte = unit === PERCENT ? hexByte(text, at + 1) : -1;
    if (byte >= 0 && byte < 0x80) {
      writer.put(byte, at);
      at += 2;
    } else if (byte >= 0xc0) at += putEncoded(writer, text, at, byte);
    else writer.put(plus && unit === PLUS ? SPACE : unit, at);
  }
  return writer.reading(length);
}

/** Writes a character of several encoded bytes, or its first unit if they make none. Tells how many units more than one it took. */
function putEncoded(writer: Writer, text: string, at: number, first: number): number {
  const bytes = [first];
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  for (let i = 1; i < length; i++) {
    bytes.push(text.charCodeAt(at + 3 * i) === PERCENT ? Math.max(0, hexByte(text, at + 3 * i + 1)) : 0);
  }
  const character = Buffer.from(bytes).toString('utf8');
  if (character.includes('\ufffd') || Buffer.byteLength(character) !== length || [...character].length !== 1) {
    writer.put(PERCENT, at);
    return 0;
  }
  for (let i = 0; i < character.length; i++) writer.put(character.charCodeAt(i), at);
  return 3 * length - 1;
}

/** The same with `+` for a space, as in forms. */
function formDecoded(text: string): Reading | undefined {
  return text.includes('+') ? percentDecoded(text, true) : undefined;
}

function joined(text: string): Reading | undefined {
  if (!text.includes('\n') && !text.includes('\r')) return undefined;
  const { length } = text;
  const writer = new Writer(length);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x0a && unit !== 0x0d) writer.put(unit, at);
  }
  return writer.reading(length);
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
