// Reads and replaces a value at a path of a JSON value.
import type { Path } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json } from '../primitives/json.ts';

/** Returns the string at the path. Returns undefined if the value at the path is not a string. */
export function textAt(json: Json | undefined, path: Path): string | undefined {
  const value = valueAt(json, path);
  return typeof value === 'string' ? value : undefined;
}

/** Returns the value at the path. Returns undefined if the path does not exist. */
export function valueAt(json: Json | undefined, path: Path): Json | undefined {
  let value = json;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isJsonObject(value) && Object.hasOwn(value, String(part)) ? value[String(part)] : undefined;
  }
  return value;
}

/** Returns a copy of `json` that contains the string `text` at the path. */
export function withTextAt(json: Json, path: Path, text: string): Json {
  const [first, ...rest] = path;
  if (first === undefined) return text;
  if (Array.isArray(json)) return json.map((item, i) => (i === Number(first) ? withTextAt(item, rest, text) : item));
  if (!isJsonObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, item]) => [name, name === String(first) ? withTextAt(item, rest, text) : item]),
  );
}
