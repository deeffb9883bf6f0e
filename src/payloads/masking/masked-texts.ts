// Collects the texts in hidden JSON fields. Masking then hides copies of the collected texts in the rest of the payload.
import { isJsonObject, type Json } from '../../primitives/json.ts';
import { onlyExpression } from '../references/expressions.ts';
import { jsonIn, leavesOf } from './value-parts.ts';

/** The minimum length of a collected text in UTF-16 units, and of a collected number in digits. Shorter texts are often ordinary words. */
const SHORTEST = 8;
/** The names of JSON fields that masking hides even if the caller does not name the fields. Archiving hides only `_secrets`. */
export const ALWAYS_MASKED: ReadonlySet<string> = new Set(['_secrets', '_masked']);

/**
 * Adds every long text and every long number in the hidden value `json` to `texts`, also from JSON inside a text. The function omits a text that is a
 * single expression, because an expression is not a value but refers to a value. If the value belongs to a field, `key` is the name of the field. The
 * function omits `secretKey` of an UPDATE_SECRET task, because `secretKey` is the name of a secret, and every reference to the secret contains this
 * name.
 */
export function addMaskedTexts(texts: Set<string>, json: Json, key?: string): void {
  const isTask = key === '_secrets' && isJsonObject(json);
  const parts = isTask
    ? Object.keys(json).flatMap((name) => (name === 'secretKey' ? [] : [json[name] as Json]))
    : [json];
  for (const leaf of leavesOf(parts)) {
    const text = typeof leaf === 'string' ? leaf : JSON.stringify(leaf);
    const length = typeof leaf === 'string' ? text.length : text.replace(/\D/g, '').length;
    if (length >= SHORTEST && onlyExpression(text) === undefined) texts.add(text);
    const inner = typeof leaf === 'string' ? jsonIn(leaf) : undefined;
    if (inner !== undefined) addMaskedTexts(texts, inner);
  }
}

/** Adds the texts of a hidden field of JSON inside a text. `source` is the value of the field in JSON. */
export function addMaskedTextsOfSource(texts: Set<string>, source: string, key: string): void {
  const json = jsonIn(source) ?? (/^-?\d[\d.eE+-]*$/.test(source) ? source : undefined);
  if (json !== undefined) addMaskedTexts(texts, json, key);
}
