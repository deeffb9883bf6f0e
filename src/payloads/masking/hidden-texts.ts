// What is to be hidden of values, in each form that texts may have it in. Escapes are not forms: texts are unescaped (see readings.ts).
import { Buffer } from 'node:buffer';
import { isDeeperThan, isRawNumber, type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { MOST_LEVELS } from '../levels.ts';
import { base64Cores } from './base64-cores.ts';
import type { Room } from './room.ts';
import { isLatin1, writings } from './writings.ts';

/** Texts shorter than this are hidden only where they are all of a text: hiding every `1` would hide nothing and ruin everything. */
const SHORTEST = 4;

/** From this length on, a value as it is may stand in lines: PEM's have 64 characters. Shorter ones are also what two rows make together. */
const SHORTEST_CUT = 40;

/** A form of a hidden text, 4 or more UTF-16 units long. */
export interface Form {
  /** All of it, or its beginning: what begins so for so long is hidden as if it went on so. */
  readonly text: string;
  /** Units of all of it. */
  readonly length: number;
  /** Of base64, in which the hidden text begins or ends within a character: how many before it, or after it, may hold some of its bits. */
  readonly before: number;
  readonly after: number;
  /** Whether it may stand in several lines. */
  readonly cut: boolean;
}

export interface HiddenTexts {
  /** By text, so each once. */
  readonly forms: readonly Form[];
  /** Hidden only where it is all of a text. */
  readonly whole: ReadonlySet<string>;
}

/** Building more would hold up all others for longer than a second. 200 secrets with 20 versions each take half as many. */
export const MOST_FORMS = 200_000;

/** Of further texts so many are looked for in every form, which are some thirty each: honest payloads may have texts by the ten thousand. */
const MOST_IN_EVERY_FORM = 500;

/**
 * The forms of values for which there is room, and of `texts`: of the first ones all, of the others those in which they are not encoded.
 * Undefined if values have more than can be looked for.
 */
export function hiddenTexts(
  values: readonly string[],
  room: Room,
  texts: readonly string[] = [],
): HiddenTexts | undefined {
  const forms = new Map<string, Form>();
  const whole = new Set<string>();
  const add = (form: Form) => {
    const known = forms.get(form.text);
    forms.set(form.text, known === undefined ? form : joinedForm(known, form));
  };
  const addPlain = (text: string, cut: boolean) => {
    if (text.length <= room.text && !isShort(text)) add({ text, length: text.length, before: 0, after: 0, cut });
  };
  /** Base64 and hexadecimal of these bytes, at most `most` kept. `outside` is how many characters next to them have to be hidden as well. */
  const addBytes = (bytes: Buffer, most: number, outside: Outside = NOTHING_OUTSIDE) => {
    if (shortestBase64(bytes.length) > room.word) return;
    for (const core of base64Cores(bytes, most)) {
      if (core.length > room.word) continue;
      const before = Math.max(core.before, outside.before);
      const after = Math.max(core.after, outside.after);
      add({ text: core.text, length: core.length, before, after, cut: true });
    }
    const length = 2 * bytes.length;
    if (length > room.word) return;
    const text = bytes.toString('hex', 0, Math.min(most, bytes.length));
    for (const one of new Set([text, text.toUpperCase()])) add({ text: one, length, ...outside, cut: true });
  };
  /** What it is itself, also in lines that were joined. False if no form of it has room. */
  const addUnencoded = (text: string): boolean => {
    const lines = text.split(/[\r\n]+/);
    const flat = lines.join('');
    // What is longer than any text stands in none, and no form of it is shorter but that without line breaks.
    const indented = lines.length === 1 ? flat : text.replace(/[\r\n][\r\n\t ]*/g, '').trimStart();
    if (indented.length > room.text) return false;
    addPlain(text, lines.length === 1 && text.length >= SHORTEST_CUT);
    if (lines.length > 1) {
      addPlain(flat, true);
      addPlain(indented, true);
      addPlain(lines.join(' '), false);
    }
    return true;
  };
  const addEncoded = (text: string) => {
    if (shortestBase64(text.length) > room.word) return;
    const bytes = Buffer.from(text, 'utf8');
    addBytes(bytes, bytes.length);
    // As browsers' `btoa` and old servers have it.
    if (bytes.length > text.length && isLatin1(text)) addBytes(Buffer.from(text, 'latin1'), text.length);
    for (const one of writings(text)) addBytes(Buffer.from(one, 'utf8'), MOST_OF_ENCODED);
    if (shortestBase64(shortestBase64(text.length)) > room.word) return;
    for (const core of base64Cores(bytes, bytes.length)) {
      // A character takes two in either; the padding up to four more.
      const outside = { before: 2 * core.before, after: 6 * core.after };
      addBytes(Buffer.from(core.text, 'latin1'), MOST_OF_ENCODED, outside);
    }
    const hex = bytes.toString('hex');
    for (const one of new Set([hex, hex.toUpperCase()])) addBytes(Buffer.from(one, 'latin1'), MOST_OF_ENCODED);
  };
  for (const text of textsIn(values)) {
    if (forms.size + whole.size > MOST_FORMS) return undefined;
    if (isShort(text)) addShort(text, whole);
    else if (addUnencoded(text)) addEncoded(text);
  }
  for (const [i, text] of texts.entries()) if (addUnencoded(text) && i < MOST_IN_EVERY_FORM) addEncoded(text);
  return { forms: [...forms.values()], whole };
}

/** Bytes of what was encoded twice that are compared: many forms of long values would take much memory. */
const MOST_OF_ENCODED = 192;

interface Outside {
  readonly before: number;
  readonly after: number;
}
const NOTHING_OUTSIDE: Outside = { before: 0, after: 0 };

/** No form of so many bytes is shorter than base64 that has neither the first character nor the last. */
const shortestBase64 = (bytes: number) => (bytes * 4) / 3 - 2;

function joinedForm(a: Form, b: Form): Form {
  return {
    text: a.text,
    length: Math.max(a.length, b.length),
    before: Math.max(a.before, b.before),
    after: Math.max(a.after, b.after),
    cut: a.cut || b.cut,
  };
}

function isShort(text: string): boolean {
  return text.length < SHORTEST || (text.length < 2 * SHORTEST && [...text].length < SHORTEST);
}

/** Characters of objects and lists within one value that are looked for whole: one within another, each is written out again. */
const MOST_WRITTEN = 262_144;

/** Every run of characters that may be a number. */
const NUMBERS = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/**
 * The values, with the blanks around them and without, and of those that are JSON every text and every number of four digits or more in them, and
 * every object and list as resolving writes it into a text: none with more levels than payloads may have.
 */
function textsIn(values: readonly string[]): Set<string> {
  const texts = new Set<string>();
  for (const value of values) {
    let left = MOST_WRITTEN;
    if (value !== '') texts.add(value);
    // As it is sent in a header.
    if (value.trim() !== '') texts.add(value.trim());
    if (!/^\s*["[{]/.test(value)) continue;
    const open: Json[] = [];
    try {
      open.push(parseJson(withoutMark(value)));
    } catch {
      continue;
    }
    const addNumber = (text: string) => {
      if (text.replace(/\D/g, '').length >= SHORTEST) texts.add(text);
    };
    const deep = isDeeperThan(open, MOST_LEVELS + 1) ? deeperThan(open[0] as Json, MOST_LEVELS) : undefined;
    // parseJson keeps no more digits than a double has in JSON that is nested so deeply.
    if (deep !== undefined) for (const [number] of value.matchAll(NUMBERS)) addNumber(number);
    for (let json = open.pop(); json !== undefined; json = open.pop()) {
      if (typeof json === 'string') {
        if (json !== '') texts.add(json);
      } else if (typeof json === 'number' || isRawNumber(json)) {
        addNumber(JSON.stringify(json));
      } else if (typeof json === 'object' && json !== null) {
        // INVARIANT: JSON.stringify gets no deeply nested JSON, because it recurses.
        const isWritten = left > 0 && deep?.has(json) !== true;
        const written = isWritten ? JSON.stringify(json) : '';
        left -= written.length;
        if (written.length > '[]'.length) texts.add(written);
        for (const child of Object.values(json)) open.push(child as Json);
      }
    }
  }
  return texts;
}

/** Objects and lists that contain more than `levels` nested levels. The time is linear in the JSON, and there is no recursion. */
function deeperThan(json: Json, levels: number): ReadonlySet<Json> {
  const all = [{ json, above: -1, height: 1 }];
  for (let i = 0; i < all.length; i++) {
    for (const child of Object.values(all[i]?.json as object) as Json[]) {
      if (typeof child === 'object' && child !== null) all.push({ json: child, above: i, height: 1 });
    }
  }
  // Children come after their parents.
  for (const { above, height } of all.toReversed()) {
    const outer = all[above];
    if (outer !== undefined) outer.height = Math.max(outer.height, height + 1);
  }
  // One more, because the innermost level can be empty.
  return new Set(all.flatMap((one) => (one.height > levels + 1 ? [one.json] : [])));
}

function addShort(text: string, whole: Set<string>): void {
  whole.add(text);
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  for (const form of [base64, base64.replace(/=+$/, '')]) {
    whole.add(form);
    whole.add(form.replaceAll('+', '-').replaceAll('/', '_'));
  }
}
