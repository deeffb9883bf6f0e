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

/** Collects a reading piece by piece. */
class Writer {
  #text = '';
  readonly #places: Uint32Array;
  #length = 0;
  constructor(longest: number) {
    this.#places = new Uint32Array(longest + 1);
  }
  /** `piece`, all of which was read at `from`. */
  decoded(piece: string, from: number): void {
    for (let i = 0; i < piece.length; i++) this.#places[this.#length++] = from;
    this.#text += piece;
  }
  /** What stands from `from` up to `to`, as it is. */
  copied(source: string, from: number, to: number): void {
    for (let at = from; at < to; at++) this.#places[this.#length++] = at;
    this.#text += source.slice(from, to);
  }
  reading(source: string): Reading {
    this.#places[this.#length] = source.length;
    return { text: this.#text, places: this.#places.subarray(0, this.#length + 1) };
  }
}

/** Replaces what `undo` undoes. It gives what stands at `at` and how many units it takes, or undefined for what is no escape. */
function undone(
  text: string,
  mark: string,
  undo: (at: number) => { piece: string; units: number } | undefined,
): Reading | undefined {
  let at = text.indexOf(mark);
  if (at < 0) return undefined;
  const writer = new Writer(text.length);
  let copied = 0;
  let changed = false;
  while (at >= 0) {
    const found = undo(at);
    if (found !== undefined) {
      writer.copied(text, copied, at);
      writer.decoded(found.piece, at);
      copied = at + found.units;
      changed = true;
    }
    at = text.indexOf(mark, found === undefined ? at + 1 : copied);
  }
  if (!changed) return undefined;
  writer.copied(text, copied, text.length);
  return writer.reading(text);
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ '"': '"', "'": "'", '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
};

/** As in JSON. */
function unescaped(text: string): Reading | undefined {
  return undone(text, '\\', (at) => {
    const letter = text[at + 1] ?? '';
    const plain = ESCAPED[letter];
    if (plain !== undefined) return { piece: plain, units: 2 };
    const hex = letter === 'u' ? text.slice(at + 2, at + 6) : '';
    return /^[0-9a-f]{4}$/i.test(hex) ? { piece: String.fromCharCode(Number.parseInt(hex, 16)), units: 6 } : undefined;
  });
}

/** As in URLs: whatever is encoded, in either case of hexadecimal. */
function percentDecoded(text: string): Reading | undefined {
  return undone(text, '%', (at) => {
    const first = byteAt(text, at);
    if (first === undefined) return undefined;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    const bytes = [first];
    for (let i = 1; i < length; i++) {
      const byte = byteAt(text, at + 3 * i);
      if (byte === undefined || (byte & 0xc0) !== 0x80) return undefined;
      bytes.push(byte);
    }
    const piece = Buffer.from(bytes).toString('utf8');
    return length === 0 || piece.includes('\ufffd') ? undefined : { piece, units: 3 * length };
  });
}

/** The same with `+` for a space, as in forms. */
function formDecoded(text: string): Reading | undefined {
  if (!text.includes('+')) return undefined;
  const spaced = text.replaceAll('+', ' ');
  return percentDecoded(spaced) ?? { text: spaced, places: Uint32Array.from({ length: text.length + 1 }, (_, i) => i) };
}

function joined(text: string): Reading | undefined {
  if (!text.includes('\n') && !text.includes('\r')) return undefined;
  const writer = new Writer(text.length);
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) writer.copied(text, index, index + line.length);
  return writer.reading(text);
}

function byteAt(text: string, at: number): number | undefined {
  if (text[at] !== '%') return undefined;
  const high = digit(text.charCodeAt(at + 1));
  const low = digit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? undefined : high * 16 + low;
}

/** Of a hexadecimal digit; -1 for what is none. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
