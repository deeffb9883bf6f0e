// JSON as it was written: a number that a double cannot hold goes out digit by digit as it came in.

/** A number kept as it was written. `JSON.stringify` writes it so. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type Json = null | boolean | number | string | RawNumber | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Whether objects and lists stand within one another more than `levels` deep. In time linear in the JSON, and without recursion. */
export function isDeeperThan(json: Json, levels: number): boolean {
  let level: Json[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

// ECMAScript 2026, in Node since 21; TypeScript's library does not know it yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): boolean;
};
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: Json, context: { source?: string }) => Json,
) => Json;

/** What may be a number of more digits than a double has, or with an exponent. Most texts have none. Within texts of the JSON it may stand as well. */
const MAY_LOSE = /(?<=^|[[:,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE])[\d.eE+-]*(?=[\s,\]}]|$)/g;

/** The same without looking around it: what does not have this has none of those. */
const HAS_DIGITS = /\d[\d.]{15}|\d[eE]/;

/** @throws SyntaxError, which quotes: it must not be shown */
export function parseJson(text: string): Json {
  const plain = JSON.parse(text) as Json;
  if (!losesDigits(text)) return plain;
  try {
    return parseWithSource(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined ? numberOf(value, source) : value,
    );
  } catch (error) {
    // Nested so deeply that revivers cannot follow. Nobody takes what is nested so.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}

/** Removes a byte order mark at the beginning of `text`. Some editors write one, and JSON does not allow it. */
export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function losesDigits(text: string): boolean {
  if (!HAS_DIGITS.test(text)) return false;
  // Reviving takes ten times as long as parsing: not for nothing.
  for (const [source] of text.matchAll(MAY_LOSE)) {
    if (typeof numberOf(Number(source), source) !== 'number') return true;
  }
  return false;
}

/** A JSON number: as a double if that is the same number, else as it is written. */
function numberOf(number: number, source: string): number | RawNumber {
  // 15 digits are always held, unless there is not even room for the first of them.
  if (source.length <= 15 && Number.isFinite(number) && Math.abs(number) > 1e-290) return number;
  if (String(number) === source || (number === 0 && !/^[^eE]*[1-9]/.test(source))) return number;
  // Nor are there so great exponents; and they take long to read.
  if (!Number.isFinite(number) || /[eE][+-]?\d{6}/.test(source)) return raw(source);
  return digitsOf(source) === digitsOf(String(number)) ? number : raw(source);
}

/** Kept as it is, unless it is no number: within a text anything may look like one. */
function raw(source: string): number | RawNumber {
  try {
    return rawJSON(source);
  } catch {
    return Number.NaN;
  }
}

/** One spelling of each number: `1.50e3` is `15e2`. */
function digitsOf(source: string): string {
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

/** Sets a member even where its name is `__proto__`. */
export function setMember(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** A JSON Pointer (RFC 6901) to the place below these keys and positions. */
export function jsonPointer(place: readonly (string | number)[]): string {
  return place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
