// Finds the texts that masking hides because of one secret value: the value, fields of JSON, and the user information of URLs.
import { Buffer } from 'node:buffer';
import { isRawNumber, type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { type Reading, readingOf, textOf, unescaped } from './reading.ts';
import { SHORTEST_UNPACKED } from './unpacked.ts';

/** A text to hide. */
export interface Part {
  readonly text: string;
  /** True if the text is only a part of a secret value. */
  readonly isInner: boolean;
}

/** Values are read as texts are read, so that a text whose escapes were decoded too often still equals a value. */
const MOST_UNESCAPED = 3;
/** The maximum depth of JSON in strings of JSON, and of URLs in strings of JSON. */
const MOST_DEPTH = 3;
/** The minimum number of digits of a number in JSON. */
const FEWEST_DIGITS = 4;

const STRINGS = /"(?:[^"\\]|\\.)*"/gs;
const NUMBERS = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const USER_INFORMATION = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@/i;

/** Returns the texts to hide for secret values, and for `texts` that have no parts of their own. */
export function partsOf(values: readonly string[], texts: Iterable<string> = []): Part[] {
  const parts = new Map<string, boolean>();
  for (const value of values) addParts(value.trim() === '' ? value : value.trim(), parts, 0);
  for (const text of texts) addReadings(text, false, parts);
  return [...parts].map(([text, isInner]) => ({ text, isInner }));
}

function addReadings(text: string, isInner: boolean, parts: Map<string, boolean>): void {
  let reading: Reading | undefined;
  for (let i = 0; i <= MOST_UNESCAPED; i++) {
    const current = reading === undefined ? text : textOf(reading);
    if (current === '') return;
    for (const form of current.length > SHORTEST_UNPACKED ? [current] : [current, ...encodedForms(current)])
      parts.set(form, isInner && parts.get(form) !== false);
    reading = unescaped(reading ?? readingOf(text));
    if (reading === undefined) return;
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
export function jsonIn(text: string): Json | undefined {
  try {
    return /^\s*["[{]/.test(text) ? parseJson(withoutMark(text)) : undefined;
  } catch {
    return undefined;
  }
}

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
  const spellings = new Set([number]);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return spellings;
  const exponent = value.toExponential();
  for (const spelling of [String(value), exponent, exponent.replace(/e([+-])(\d)$/, 'e$10$2')]) {
    spellings.add(spelling);
  }
  return spellings;
}
