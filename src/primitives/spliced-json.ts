// Writes changed JSON into its source, so that everything unchanged keeps its bytes: spelling of numbers, order of members, spaces.
import { isJsonObject, type Json } from './json.ts';

/**
 * Returns `source` with the values that differ between `before` and `after`. `before` is the JSON of `source`. Equal objects and lists must be
 * identical. An object whose members have other names than before, or whose source has a name twice, is written anew.
 */
export function splicedJson(source: string, before: Json, after: Json): string {
  const pieces: string[] = [];
  let copied = 0;

  const write = (start: number, one: Json, other: Json): void => {
    if (one === other) return;
    const values = valuesOf(source, start, one, other);
    if (values !== undefined) {
      for (const { at, one, other } of values) write(at, one, other);
      return;
    }
    pieces.push(source.slice(copied, start), JSON.stringify(other));
    copied = endOfValue(source, start);
  };
  write(skipSpace(source, 0), before, after);
  return pieces.join('') + source.slice(copied);
}

interface Value {
  at: number;
  one: Json;
  other: Json;
}

/** The values in an object or a list at `start`. Undefined if the source must be written anew. */
function valuesOf(source: string, start: number, one: Json, other: Json): Value[] | undefined {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return undefined;
    const starts: number[] = [];
    for (let at = skipSpace(source, start + 1); source[at] !== ']'; at = afterComma(source, endOfValue(source, at)))
      starts.push(at);
    return starts.map((at, i) => ({ at, one: one[i] as Json, other: other[i] as Json }));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return undefined;
  const values: Value[] = [];
  const size = Object.keys(one).length;
  if (Object.keys(other).length !== size) return undefined;
  for (let at = skipSpace(source, start + 1); source[at] !== '}'; ) {
    const end = endOfValue(source, at);
    const name = JSON.parse(source.slice(at, end)) as string;
    if (!Object.hasOwn(other, name)) return undefined;
    const value = skipSpace(source, skipSpace(source, end) + 1);
    values.push({ at: value, one: one[name] as Json, other: other[name] as Json });
    at = afterComma(source, endOfValue(source, value));
  }
  // INVARIANT: if the source has a name twice, only the last value was masked. The object is then written anew, without the first value.
  return values.length === size ? values : undefined;
}

function skipSpace(source: string, start: number): number {
  let at = start;
  while (SPACES.has(source.charCodeAt(at))) at++;
  return at;
}

/** The next value after `at`, or the end of the object or list. */
function afterComma(source: string, at: number): number {
  const next = skipSpace(source, at);
  return source[next] === ',' ? skipSpace(source, next + 1) : next;
}

/** The end of the JSON value that begins at `start`. */
function endOfValue(source: string, start: number): number {
  const first = source.charCodeAt(start);
  if (first === QUOTE) return endOfString(source, start);
  if (first !== OBJECT && first !== LIST) {
    let at = start;
    while (at < source.length && !ENDS.has(source.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(source, at) - 1;
    else if (unit === OBJECT || unit === LIST) depth++;
    // The codes of the closing brackets are greater by 2.
    else if ((unit === OBJECT + 2 || unit === LIST + 2) && --depth === 0) return at + 1;
  }
  return source.length;
}

const [QUOTE, OBJECT, LIST] = ['"', '{', '['].map((sign) => sign.charCodeAt(0)) as [number, number, number];
const SPACES = new Set([...' \t\r\n'].map((sign) => sign.charCodeAt(0)));
const ENDS = new Set([...',]} \t\r\n'].map((sign) => sign.charCodeAt(0)));

function endOfString(source: string, start: number): number {
  for (let at = source.indexOf('"', start + 1); at >= 0; at = source.indexOf('"', at + 1)) {
    let escapes = 0;
    while (source[at - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return source.length;
}
