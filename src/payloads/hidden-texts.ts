// What is to be hidden of values, in each form that texts may have it in. Escapes are not forms: texts are unescaped (see readings.ts).
import { Buffer } from 'node:buffer';
import { isRawNumber, type Json, parseJson } from '../json.ts';

/** Texts shorter than this are hidden only where they are all of a text: hiding every `1` would hide nothing and ruin everything. */
const SHORTEST = 4;

/** A form of a hidden text, 4 or more UTF-16 units long. */
export interface Form {
  /** All of it, or its beginning: what begins so for so long is hidden as if it went on so. */
  readonly text: string;
  /** Units of all of it. */
  readonly length: number;
  /** Of base64, in which the hidden text begins or ends within a character: how many before it, or after it, may hold some of its bits. */
  readonly before: number;
  readonly after: number;
}

export interface HiddenTexts {
  /** By text, so each once. */
  readonly forms: readonly Form[];
  /** Hidden only where it is all of a text. */
  readonly whole: ReadonlySet<string>;
  /** Whether something stands in a form that a line break may cut, or has line breaks. */
  readonly cut: boolean;
}

/** The forms of values, and of `texts` as they are, that can stand in texts of at most `longest` units. */
export function hiddenTexts(values: readonly string[], longest: number, texts: readonly string[] = []): HiddenTexts {
  const forms = new Map<string, Form>();
  const whole = new Set<string>();
  const add = (text: string, before = 0, after = 0, length = text.length) => {
    if (length > longest) return;
    const known = forms.get(text);
    forms.set(text, {
      text,
      length: Math.max(length, known?.length ?? 0),
      before: Math.max(before, known?.before ?? 0),
      after: Math.max(after, known?.after ?? 0),
    });
  };
  /** Base64 and hexadecimal of these bytes, of which at most `most` are kept. `outside` is how many characters next to them have to be hidden as well. */
  const addBytes = (bytes: Buffer, most: number, outside = { before: 0, after: 0 }) => {
    // No form of them is shorter than base64 that has neither the first character nor the last.
    if ((bytes.length * 4) / 3 - 2 > longest) return;
    const head = bytes.subarray(0, most);
    for (const skipped of [0, 1, 2]) {
      const { length, ...around } = base64Core(bytes.length, skipped);
      const before = outside.before || around.before;
      const after = outside.after || around.after;
      const core = base64Text(head, skipped);
      add(core, before, after, length);
      if (/[+/]/.test(core)) add(core.replaceAll('+', '-').replaceAll('/', '_'), before, after, length);
    }
    const hex = head.toString('hex');
    add(hex, outside.before, outside.after, 2 * bytes.length);
    add(hex.toUpperCase(), outside.before, outside.after, 2 * bytes.length);
  };
  let cut = false;
  for (const text of new Set([...textsIn(values), ...texts])) {
    if (isShort(text)) {
      addShort(text, whole);
      continue;
    }
    // What is longer than any text stands in none, and no form of it is shorter but that without line breaks.
    const flat = text.replace(/[\r\n]+/g, '');
    if (flat.length > longest) continue;
    cut ||= text.length >= SHORTEST_CUT || flat !== text;
    add(text);
    if (flat !== text && !isShort(flat)) add(flat);
    const bytes = Buffer.from(text, 'utf8');
    addBytes(bytes, bytes.length);
    for (const [encoded, outside] of encodings(text, bytes))
      addBytes(Buffer.from(encoded, 'utf8'), MOST_OF_ENCODED, outside);
  }
  return { forms: [...forms.values()], whole, cut };
}

/** From this length on, base64 of a text comes in lines: PEM's have 64 characters. */
const SHORTEST_CUT = 40;

/** Bytes of what was encoded twice that are compared: many forms of long values would take much memory. */
const MOST_OF_ENCODED = 192;

/** A text as the programs around write it in JSON, in URLs, in base64 (in whichever place it begins) and in hexadecimal: each once, not as it is. */
function encodings(text: string, bytes: Buffer): Map<string, { before: number; after: number }> {
  const json = JSON.stringify(text).slice(1, -1);
  const url = encodeURIComponent(text.toWellFormed());
  const texts = [
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    url,
    url.replace(/%../g, (byte) => byte.toLowerCase()),
    url.replace(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`),
    new URLSearchParams([['', text]]).toString().slice(1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
  const all = new Map(texts.map((one) => [one, { before: 0, after: 0 }]));
  for (const skipped of [0, 1, 2]) {
    const core = base64Text(bytes, skipped);
    const { before, after } = base64Core(bytes.length, skipped);
    // A character takes two in either; the padding up to four more.
    const outside = { before: 2 * before, after: 6 * after };
    all.set(core, outside).set(core.replaceAll('+', '-').replaceAll('/', '_'), outside);
  }
  all.delete(text);
  return all;
}

function isShort(text: string): boolean {
  return text.length < SHORTEST || (text.length < 2 * SHORTEST && [...text].length < SHORTEST);
}

/** Characters of objects and lists within one value that are looked for whole: one within another, each is written out again. */
const MOST_WRITTEN = 262_144;

/**
 * The values, and of those that are JSON every text and every number of four digits or more in them, and every object and list as resolving
 * writes it into a text.
 */
function textsIn(values: readonly string[]): Set<string> {
  const texts = new Set<string>();
  for (const value of values) {
    let left = MOST_WRITTEN;
    if (value !== '') texts.add(value);
    if (!/^\s*["[{]/.test(value)) continue;
    const open: Json[] = [];
    try {
      open.push(parseJson(value));
    } catch {
      continue;
    }
    for (let json = open.pop(); json !== undefined; json = open.pop()) {
      if (typeof json === 'string') {
        if (json !== '') texts.add(json);
      } else if (typeof json === 'number' || isRawNumber(json)) {
        const text = JSON.stringify(json);
        if (text.replace(/\D/g, '').length >= SHORTEST) texts.add(text);
      } else if (typeof json === 'object' && json !== null) {
        const written = left > 0 ? JSON.stringify(json) : '';
        left -= written.length;
        if (written.length > '[]'.length) texts.add(written);
        for (const child of Object.values(json)) open.push(child as Json);
      }
    }
  }
  return texts;
}

function addShort(text: string, whole: Set<string>): void {
  whole.add(text);
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  for (const form of [base64, base64.replace(/=+$/, '')]) {
    whole.add(form);
    whole.add(form.replaceAll('+', '-').replaceAll('/', '_'));
  }
}

/**
 * How many characters of base64 `count` bytes alone decide, where `skipped` bytes come before them in their group of three; and whether
 * more of their bits are in the character before and the one after.
 */
function base64Core(count: number, skipped: number): { length: number; before: number; after: number } {
  const start = Math.ceil((skipped * 8) / 6);
  const end = Math.floor(((skipped + count) * 8) / 6);
  return { length: end - start, before: skipped > 0 ? 1 : 0, after: (skipped + count) % 3 > 0 ? 1 : 0 };
}

/** Those characters. */
function base64Text(bytes: Buffer, skipped: number): string {
  const start = Math.ceil((skipped * 8) / 6);
  const before = skipped === 0 ? bytes : Buffer.concat([Buffer.alloc(skipped), bytes]);
  return before.toString('base64').slice(start, start + base64Core(bytes.length, skipped).length);
}
