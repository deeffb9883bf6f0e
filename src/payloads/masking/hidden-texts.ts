// Builds the forms of secret values that masking searches for: plain text, base64, hexadecimal and encodings of encodings. Escape sequences need
// no forms, because decodings.ts decodes the searched text.
import { Buffer } from 'node:buffer';
import { isDeeperThan, isRawNumber, type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { MOST_LEVELS } from '../levels.ts';
import { base64Cores } from './base64-cores.ts';
import { encodingsOf, isLatin1 } from './encodings.ts';
import type { LongestTexts } from './longest-texts.ts';

/**
 * A hidden text with fewer characters is masked only if the hidden text equals a complete string of the payload. If, for example, every `1` in a
 * payload were masked, people could not read the payload.
 */
const SHORTEST = 4;

/**
 * The minimum length of a plain hidden text that masking also finds if the text is split into lines. PEM lines have 64 characters. By chance, the end
 * of a line and the start of the following line can together contain a shorter text.
 */
const SHORTEST_CUT = 40;

/** An encoded form of a hidden text. A form consists of at least 4 UTF-16 units. */
export interface Form {
  /** The complete form, or the first units of the form. If a text matches these units, masking hides `length` units. */
  readonly text: string;
  /** The number of units of the complete form. */
  readonly length: number;
  /** The number of base64 characters before the form that can contain bits of the hidden text. */
  readonly before: number;
  /** The number of base64 characters after the form that can contain bits of the hidden text. */
  readonly after: number;
  /** True if the payload may contain the form split into several lines. */
  readonly cut: boolean;
}

export interface HiddenTexts {
  /** The encoded forms of all hidden texts. No two forms contain the same text. */
  readonly forms: readonly Form[];
  /** The short hidden texts. Masking hides a short text only if the short text equals a complete string of the payload. */
  readonly whole: ReadonlySet<string>;
}

const NO_TEXTS: HiddenTexts = { forms: [], whole: new Set() };

/**
 * The maximum number of forms. A search for more forms would block the event loop for over a second. 200 secrets with 20 versions each need half of
 * this number of forms.
 */
export const MOST_FORMS = 200_000;

/**
 * The maximum number of additional `texts` for which encoded forms are built. Each text has about 30 encoded forms, and a payload can have ten
 * thousand such texts.
 */
const MOST_IN_EVERY_FORM = 500;

/**
 * Builds the forms of `values` and `texts` that are short enough to occur in the payload (`longest`). Encoded forms are built only for the first
 * `MOST_IN_EVERY_FORM` texts. Adds the forms to those of `base`. Returns undefined if the values have more than `MOST_FORMS` forms.
 */
export function hiddenTexts(
  values: readonly string[],
  longest: LongestTexts,
  texts: readonly string[] = [],
  base: HiddenTexts = NO_TEXTS,
): HiddenTexts | undefined {
  if (values.length === 0 && texts.length === 0) return base;
  const forms = new Map<string, Form>(base.forms.map((form) => [form.text, form]));
  const whole = new Set<string>(base.whole);
  const add = (form: Form) => {
    const existing = forms.get(form.text);
    forms.set(form.text, existing === undefined ? form : joinedForm(existing, form));
  };
  const addPlain = (text: string, cut: boolean) => {
    if (text.length <= longest.text && !isShort(text)) add({ text, length: text.length, before: 0, after: 0, cut });
  };
  /**
   * Adds base64 and hexadecimal forms of the first `most` bytes. The field `outside` of a form is the number of adjacent characters that must also be
   * hidden.
   */
  const addBytes = (bytes: Buffer, most: number, outside: Outside = NOTHING_OUTSIDE) => {
    if (shortestBase64(bytes.length) > longest.word) return;
    for (const core of base64Cores(bytes, most)) {
      if (core.length > longest.word) continue;
      const before = Math.max(core.before, outside.before);
      const after = Math.max(core.after, outside.after);
      add({ text: core.text, length: core.length, before, after, cut: true });
    }
    const length = 2 * bytes.length;
    if (length > longest.word) return;
    const text = bytes.toString('hex', 0, Math.min(most, bytes.length));
    for (const hex of new Set([text, text.toUpperCase()])) add({ text: hex, length, ...outside, cut: true });
  };
  /** Adds the plain text, and the plain text without its line breaks, as forms. Returns false if every form is too long to occur in the payload. */
  const addUnencoded = (text: string): boolean => {
    const lines = text.split(/[\r\n]+/);
    const flat = lines.join('');
    // The form without line breaks is the shortest form. If the shortest form is longer than every string of the payload, the payload cannot contain
    // any form.
    const indented = lines.length === 1 ? flat : text.replace(/[\r\n][\r\n\t ]*/g, '').trimStart();
    if (indented.length > longest.text) return false;
    addPlain(text, lines.length === 1 && text.length >= SHORTEST_CUT);
    if (lines.length > 1) {
      addPlain(flat, true);
      addPlain(indented, true);
      addPlain(lines.join(' '), false);
    }
    return true;
  };
  const addEncoded = (text: string) => {
    if (shortestBase64(text.length) > longest.word) return;
    const bytes = Buffer.from(text, 'utf8');
    addBytes(bytes, bytes.length);
    // Some programs encode the Latin-1 bytes of a text, for example the function `btoa` of browsers, and old servers.
    if (bytes.length > text.length && isLatin1(text)) addBytes(Buffer.from(text, 'latin1'), text.length);
    for (const encoded of encodingsOf(text)) addBytes(Buffer.from(encoded, 'utf8'), MOST_OF_ENCODED);
    if (shortestBase64(shortestBase64(text.length)) > longest.word) return;
    for (const core of base64Cores(bytes, bytes.length)) {
      // The second encoding converts each base64 character to at most two characters. The encoded padding adds at most four characters.
      const outside = { before: 2 * core.before, after: 6 * core.after };
      addBytes(Buffer.from(core.text, 'latin1'), MOST_OF_ENCODED, outside);
    }
    const hex = bytes.toString('hex');
    for (const digits of new Set([hex, hex.toUpperCase()])) addBytes(Buffer.from(digits, 'latin1'), MOST_OF_ENCODED);
  };
  for (const text of textsIn(values)) {
    if (forms.size + whole.size > MOST_FORMS) return undefined;
    if (isShort(text)) addShort(text, whole);
    else if (addUnencoded(text)) addEncoded(text);
  }
  for (const [i, text] of texts.entries()) if (addUnencoded(text) && i < MOST_IN_EVERY_FORM) addEncoded(text);
  return { forms: [...forms.values()], whole };
}

/** The maximum number of bytes that are stored of a text that was encoded twice. The limit saves memory for long secret values. */
const MOST_OF_ENCODED = 192;

interface Outside {
  readonly before: number;
  readonly after: number;
}
const NOTHING_OUTSIDE: Outside = { before: 0, after: 0 };

/** The minimum length of any form of `bytes` bytes: base64 without its first and its last character. */
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

/**
 * The maximum total length of the JSON texts of objects and lists in one value. The limit is needed because a nested object occurs in the JSON text
 * of each enclosing object.
 */
const MOST_WRITTEN = 262_144;

/** Matches every run of characters that can be a JSON number. */
const NUMBERS = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/**
 * Returns the texts to hide: each secret value, and each secret value without surrounding blanks. If a secret value is JSON, the function also
 * returns the strings in the JSON, the numbers with at least four digits, and the JSON text of each object and list with at most `MOST_LEVELS`
 * levels.
 */
function textsIn(values: readonly string[]): Set<string> {
  const texts = new Set<string>();
  for (const value of values) {
    let left = MOST_WRITTEN;
    if (value !== '') texts.add(value);
    // An HTTP header contains the secret value without surrounding blanks.
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
    // In deeply nested JSON, parseJson rounds long numbers to doubles. The function therefore reads numbers from the unparsed text of the secret
    // value.
    if (deep !== undefined) for (const [number] of value.matchAll(NUMBERS)) addNumber(number);
    for (let json = open.pop(); json !== undefined; json = open.pop()) {
      if (typeof json === 'string') {
        if (json !== '') texts.add(json);
      } else if (typeof json === 'number' || isRawNumber(json)) {
        addNumber(JSON.stringify(json));
      } else if (typeof json === 'object' && json !== null) {
        // INVARIANT: deeply nested JSON is never passed to JSON.stringify, because JSON.stringify is recursive.
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

/** Returns the objects and lists that contain more than `levels` nested levels. The function takes linear time and is not recursive. */
function deeperThan(json: Json, levels: number): ReadonlySet<Json> {
  const all = [{ json, above: -1, height: 1 }];
  for (let i = 0; i < all.length; i++) {
    for (const child of Object.values(all[i]?.json as object) as Json[]) {
      if (typeof child === 'object' && child !== null) all.push({ json: child, above: i, height: 1 });
    }
  }
  // The list `all` contains parents before their children. The reversed order therefore visits children first.
  for (const { above, height } of all.toReversed()) {
    const outer = all[above];
    if (outer !== undefined) outer.height = Math.max(outer.height, height + 1);
  }
  // The function allows one level more than `levels`, because the innermost level can be empty.
  return new Set(all.flatMap((node) => (node.height > levels + 1 ? [node.json] : [])));
}

function addShort(text: string, whole: Set<string>): void {
  whole.add(text);
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  for (const form of [base64, base64.replace(/=+$/, '')]) {
    whole.add(form);
    whole.add(form.replaceAll('+', '-').replaceAll('/', '_'));
  }
}
