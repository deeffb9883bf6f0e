// Finds the texts that masking hides because of one secret value: the value, fields of JSON, and the user information of URLs.
import { Buffer } from 'node:buffer';
import { isRawNumber, type Json, jsonOf } from '../../primitives/json.ts';
import { unescapedText } from './reading.ts';
import { SHORTEST_UNPACKED } from './unpacked.ts';

/** Values are read as texts are read, so that a text whose escapes were decoded too often still equals a value. */
const MOST_UNESCAPED = 3;
/** The maximum depth of JSON in strings of JSON, and of URLs in strings of JSON. */
const MOST_DEPTH = 3;
/** The minimum number of digits of a number in JSON. */
const FEWEST_DIGITS = 4;

/** The number of characters that are added to an index in one step. */
export const CHARACTERS_OF_STEP = 20_000;
/** A longer text is hidden in pieces that overlap, because the index reads each text in one step. A secret value is never longer. */
const LONGEST = 65_535;
const OVERLAP = 200;

const STRINGS = /"(?:[^"\\]|\\.)*"/gs;
const NUMBERS = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const USER_INFORMATION = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@/i;

/**
 * Returns the texts to hide for secret values, and for `texts` that have no parts of their own. For each text, the function returns whether the text is
 * only a part of a secret value. Works in steps, and yields the characters of the next step.
 */
export function* hiddenTexts(
  values: readonly string[],
  texts: Iterable<string> = [],
): Generator<number, ReadonlyMap<string, boolean>> {
  const parts = new Map<string, boolean>();
  let step = 0;
  for (const value of values) {
    step += value.length;
    if (step > CHARACTERS_OF_STEP) {
      yield step;
      step = 0;
    }
    addParts(value.trim() === '' ? value : value.trim(), parts, 0);
  }
  for (const text of texts) {
    for (let at = 0; at < text.length; at += LONGEST) {
      yield Math.min(text.length - at, LONGEST);
      addReadings(text.slice(Math.max(0, at - OVERLAP), at + LONGEST), false, parts);
    }
  }
  return parts;
}

function addReadings(text: string, isInner: boolean, parts: Map<string, boolean>): void {
  let current: string | undefined = text;
  for (let i = 0; i <= MOST_UNESCAPED && current; i++) {
    for (const form of current.length > SHORTEST_UNPACKED ? [current] : [current, ...encodedForms(current)])
      parts.set(form, isInner && parts.get(form) !== false);
    current = unescapedText(current);
  }
}

/** Base64 without padding and hexadecimal digits of a short text. The search does not decode such short forms. */
function encodedForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex');
  const url = Buffer.from(text).toString('base64url');
  return [url, url.replaceAll('-', '+').replaceAll('_', '/'), hex, hex.toUpperCase()];
}

function addParts(text: string, parts: Map<string, boolean>, depth: number): void {
  addReadings(text, depth > 0, parts);
  if (depth === MOST_DEPTH) return;
  const user = USER_INFORMATION.exec(text)?.[1];
  if (user !== undefined) {
    const [name = '', ...password] = user.split(':');
    for (const part of [name, password.join(':')]) addReadings(part, true, parts);
  }
  const json = jsonIn(text);
  if (json === undefined) return;
  for (const leaf of leavesOf([json])) if (typeof leaf === 'string') addParts(leaf.trim(), parts, depth + 1);
  for (const [number] of text.replace(STRINGS, '""').matchAll(NUMBERS))
    if (number.replace(/\D/g, '').length >= FEWEST_DIGITS)
      for (const spelling of spellingsOf(number)) parts.set(spelling, parts.get(spelling) !== false);
}

/** Returns the object, the list or the string that a text is in JSON. Returns undefined for another text. */
export const jsonIn = (text: string): Json | undefined => (/^\s*["[{]/.test(text) ? jsonOf(text) : undefined);

/** Returns the strings and numbers in JSON values. INVARIANT: the function is not recursive, because the nesting of a value has no limit. */
export function* leavesOf(all: readonly Json[]): Generator<Json> {
  const open = [...all];
  for (let json = open.pop(); json !== undefined; json = open.pop()) {
    if (typeof json !== 'object' || isRawNumber(json)) yield json;
    else if (json !== null) for (const child of Object.values(json)) open.push(child as Json);
  }
}

/** Returns the ways in which programs write a number: as it is, in decimal digits, and with an exponent. */
function spellingsOf(number: string): Set<string> {
  const value = Number(number);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return new Set([number]);
  const exponent = value.toExponential();
  return new Set([number, String(value), exponent, exponent.replace(/e([+-])(\d)$/, 'e$10$2')]);
}
