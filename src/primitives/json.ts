// Parses JSON with exact numbers. If a double cannot represent a number exactly, the number keeps the digits of the parsed JSON.

/** A number that is stored as the digits of the parsed JSON. `JSON.stringify` writes these digits without a change. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type Json = null | boolean | number | string | RawNumber | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Returns whether objects and arrays are nested more than `levels` deep. The running time of the function is linear in the size of the JSON. The
 * function is not recursive, so deep nesting does not overflow the stack.
 */
export function isDeeperThan(json: Json, levels: number): boolean {
  let level: Json[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

// The functions below are part of ECMAScript 2026. Node provides the functions since version 21, but TypeScript's type library does not declare them
// yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): boolean;
};
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: Json, context: { source?: string }) => Json,
) => Json;

/**
 * Matches numbers that a double may not represent exactly, because they have many digits or an exponent. Digits inside JSON strings can match too.
 */
const POSSIBLY_INEXACT = /(?<=^|[[:,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE])[\d.eE+-]*(?=[\s,\]}]|$)/g;

/**
 * `MAY_HAVE_INEXACT` has no lookaround, so testing a string is faster than with `POSSIBLY_INEXACT`. A string that does not match `MAY_HAVE_INEXACT`
 * does not match `POSSIBLY_INEXACT`.
 */
const MAY_HAVE_INEXACT = /\d[\d.]{15}|\d[eE]/;

/** Parses JSON with exact numbers. @throws SyntaxError; its message quotes the JSON and must not be shown */
export function parseJson(text: string): Json {
  const plain = JSON.parse(text) as Json;
  if (!hasInexactNumber(text)) return plain;
  try {
    return parseWithSource(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value,
    );
  } catch (error) {
    // `JSON.parse` with a reviver is recursive and throws RangeError for deeply nested JSON. An inexact result is acceptable here, because every
    // caller rejects deeply nested JSON.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}

/** Removes a byte order mark from the start of `text`. Some editors write a byte order mark, but JSON does not allow a byte order mark. */
export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Parses JSON that may begin with a byte order mark. Returns undefined if `text` is not JSON. */
export function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(withoutMark(text));
  } catch {
    return undefined;
  }
}

function hasInexactNumber(text: string): boolean {
  if (!MAY_HAVE_INEXACT.test(text)) return false;
  // Parsing with a reviver takes ten times as long, so a reviver is used only if the JSON contains an inexact number.
  for (const [source] of text.matchAll(POSSIBLY_INEXACT)) {
    if (typeof exactNumber(Number(source), source) !== 'number') return true;
  }
  return false;
}

/** Returns `number` if this double is exactly the number in `source`. Otherwise returns the digits of `source`. */
function exactNumber(number: number, source: string): number | RawNumber {
  // A double represents every number of up to 15 digits, unless the number is too small.
  if (source.length <= 15 && Number.isFinite(number) && Math.abs(number) > 1e-290) return number;
  if (String(number) === source || (number === 0 && !/^[^eE]*[1-9]/.test(source))) return number;
  // A double cannot represent a number with an exponent of six digits. The code below does not compare a number with an exponent of six digits,
  // because the comparison would take too long.
  if (!Number.isFinite(number) || /[eE][+-]?\d{6}/.test(source)) return toRawNumber(source);
  return canonicalDigits(source) === canonicalDigits(String(number)) ? number : toRawNumber(source);
}

/** Returns `source` as a raw number. Returns NaN if `source` is not a number, because digits inside a JSON string can look like a number. */
function toRawNumber(source: string): number | RawNumber {
  try {
    return rawJSON(source);
  } catch {
    return Number.NaN;
  }
}

/** Returns the canonical spelling of a number, such as `15e2` for `1.50e3`. */
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

/** Sets a field of a JSON object, even if the field's name is `__proto__`. */
export function setMember(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Returns the JSON Pointer (RFC 6901) of a path of field names and array positions. */
export function jsonPointer(place: readonly (string | number)[]): string {
  return place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
