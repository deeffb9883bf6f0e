// JSON with exact numbers: a number that a double cannot represent keeps the digits that its author wrote.

/** A number as the digits of its source text. `JSON.stringify` writes the same digits. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type Json = null | boolean | number | string | RawNumber | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Returns whether objects and arrays are nested more than `levels` deep. The time is linear in the size of the JSON, and the function is not recursive. */
export function isDeeperThan(json: Json, levels: number): boolean {
  let level: Json[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

// ECMAScript 2026, available in Node since version 21. TypeScript's type library does not declare these functions yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): boolean;
};
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: Json, context: { source?: string }) => Json,
) => Json;

/** Matches numbers with many digits or with an exponent, which a double may not represent exactly. Text inside JSON strings can match too. */
const POSSIBLY_INEXACT = /(?<=^|[[:,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE])[\d.eE+-]*(?=[\s,\]}]|$)/g;

/** A faster test without lookaround. A text that does not match it has no match of `POSSIBLY_INEXACT`. */
const MAY_HAVE_INEXACT = /\d[\d.]{15}|\d[eE]/;

/** Parses JSON with exact numbers. @throws SyntaxError whose message quotes the text, so the message must not be shown */
export function parseJson(text: string): Json {
  const plain = JSON.parse(text) as Json;
  if (!hasInexactNumber(text)) return plain;
  try {
    return parseWithSource(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value,
    );
  } catch (error) {
    // A reviver is recursive, so it fails on deeply nested JSON. Every caller rejects JSON that is nested so deeply.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}

/** Removes a byte order mark from the start of `text`. Some editors write one, and JSON does not allow it. */
export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function hasInexactNumber(text: string): boolean {
  if (!MAY_HAVE_INEXACT.test(text)) return false;
  // A reviver takes ten times as long as parsing, so it is used only for texts that need it.
  for (const [source] of text.matchAll(POSSIBLY_INEXACT)) {
    if (typeof exactNumber(Number(source), source) !== 'number') return true;
  }
  return false;
}

/** Returns a double if the double is exactly the number in `source`, else the source text. */
function exactNumber(number: number, source: string): number | RawNumber {
  // A double represents every number of up to 15 digits, unless the number is too small.
  if (source.length <= 15 && Number.isFinite(number) && Math.abs(number) > 1e-290) return number;
  if (String(number) === source || (number === 0 && !/^[^eE]*[1-9]/.test(source))) return number;
  // A double has no exponents of six digits either, and comparing such numbers takes long.
  if (!Number.isFinite(number) || /[eE][+-]?\d{6}/.test(source)) return toRawNumber(source);
  return canonicalDigits(source) === canonicalDigits(String(number)) ? number : toRawNumber(source);
}

/** Returns `source` as a raw number, or NaN if it is not a number: text inside a JSON string can look like one. */
function toRawNumber(source: string): number | RawNumber {
  try {
    return rawJSON(source);
  } catch {
    return Number.NaN;
  }
}

/** Returns one canonical spelling for each number: `15e2` for `1.50e3`. */
function canonicalDigits(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
  const all = whole + fraction;
  const start = all.search(/[1-9]/);
  if (start < 0) return /^\d/.test(all) ? '0' : source;
  let end = all.length;
  while (all[end - 1] === '0') end--;
  return `${sign}${all.slice(start, end)}e${Number(exponent) + all.length - end - fraction.length}`;
}

export function isRawNumber(value: unknown): value is RawNumber {
  return isRawJSON(value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJSON(value);
}

/** Sets a JSON member, even with the name `__proto__`. */
export function setMember(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Returns the JSON Pointer (RFC 6901) of a path of member names and array positions. */
export function jsonPointer(place: readonly (string | number)[]): string {
  return place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
