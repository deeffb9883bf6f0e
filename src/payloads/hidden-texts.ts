// What is to be hidden of values, in each form that texts may have it in. Escapes are not forms: texts are unescaped (see readings.ts).
import { Buffer } from 'node:buffer';
import { isRawNumber, type Json, parseJson } from '../json.ts';

/** Texts shorter than this are hidden only where they are all of a text: hiding every `1` would hide nothing and ruin everything. */
const SHORTEST = 4;

/** A form of a hidden text, 4 or more UTF-16 units long. */
export interface Form {
  readonly text: string;
  /** Whether the character before it, or after it, may hold some bits of the hidden text: it is base64, and the text begins or ends within it. */
  readonly before: boolean;
  readonly after: boolean;
}

export interface HiddenTexts {
  /** By text, so each once. */
  readonly forms: readonly Form[];
  /** Hidden only where it is all of a text. */
  readonly whole: ReadonlySet<string>;
  /** Whether something stands in a form that a line break may cut, or has line breaks. */
  readonly cut: boolean;
}

/** The forms of values that can stand in texts of at most `longest` units. */
export function hiddenTexts(values: readonly string[], longest: number): HiddenTexts {
  const forms = new Map<string, Form>();
  const whole = new Set<string>();
  const add = (text: string, before = false, after = false) => {
    const known = forms.get(text);
    forms.set(text, { text, before: before || known?.before === true, after: after || known?.after === true });
  };
  let cut = false;
  for (const text of textsIn(values)) {
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
    for (const skipped of [0, 1, 2]) {
      const { core, before, after } = base64Core(bytes, skipped);
      add(core, before, after);
      add(core.replaceAll('+', '-').replaceAll('/', '_'), before, after);
    }
    const hex = bytes.toString('hex');
    add(hex);
    add(hex.toUpperCase());
  }
  const kept = [...forms.values()].filter((form) => form.text.length <= longest);
  return { forms: kept, whole, cut };
}

/** From this length on, base64 of a text comes in lines: PEM's have 64 characters. */
const SHORTEST_CUT = 40;

function isShort(text: string): boolean {
  return text.length < SHORTEST || (text.length < 2 * SHORTEST && [...text].length < SHORTEST);
}

/** The values, and of those that are JSON every text and every number of four digits or more in them. */
function textsIn(values: readonly string[]): Set<string> {
  const texts = new Set<string>();
  for (const value of values) {
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
 * The characters of base64 that `bytes` alone decide, where `skipped` bytes come before them in their group of three; and whether more
 * of their bits are in the character before and the one after.
 */
function base64Core(bytes: Buffer, skipped: number): { core: string; before: boolean; after: boolean } {
  const base64 = Buffer.concat([Buffer.alloc(skipped), bytes]).toString('base64');
  const start = Math.ceil((skipped * 8) / 6);
  const end = Math.floor(((skipped + bytes.length) * 8) / 6);
  return { core: base64.slice(start, end), before: skipped > 0, after: (skipped + bytes.length) % 3 > 0 };
}
