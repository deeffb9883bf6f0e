// Collects the texts in JSON fields with masked names. Masking then hides copies of the collected texts in the rest of the payload.
import { isJsonObject, type Json } from '../../primitives/json.ts';
import { onlyExpression } from '../references/expressions.ts';
import { definitionOfChild, isHiddenWhole, type MaskedPart } from './alignment.ts';
import type { MembersIn } from './members-in-texts.ts';
import { jsonIn, leavesOf } from './value-parts.ts';

/** The minimum length of a collected text in UTF-16 units, and of a collected number in digits. Shorter texts are often ordinary words. */
const SHORTEST = 8;
/** The names of JSON fields that masking hides even if the caller does not name the fields. Archiving hides only `_secrets`. */
export const ALWAYS_MASKED: ReadonlySet<string> = new Set(['_secrets', '_masked']);

/**
 * Returns every long text and every long number in the values of JSON fields whose names are in `keys`. The function also reads fields in JSON that
 * is inside a text. The function also reads values that `definition` copies from a secret or from a masked field. The result omits a text that is a
 * single expression, because an expression is not a value but refers to a value. The texts of `_secrets` and `_masked` come first.
 */
export function maskedTexts({ payload, definition, keys }: MaskedPart, membersIn: MembersIn): string[] {
  const [secrets, others] = [new Set<string>(), new Set<string>()];
  const addAll = (all: readonly Json[], texts: Set<string>) => {
    for (const leaf of leavesOf(all)) {
      const text = typeof leaf === 'string' ? leaf : JSON.stringify(leaf);
      const length = typeof leaf === 'string' ? text.length : text.replace(/\D/g, '').length;
      if (length >= SHORTEST && onlyExpression(text) === undefined) texts.add(text);
      const json = typeof leaf === 'string' ? jsonIn(leaf) : undefined;
      if (json !== undefined) addAll([json], texts);
    }
  };
  const below = (key: string) => (ALWAYS_MASKED.has(key) ? secrets : others);
  const walk = (json: Json, made: Json | undefined): void => {
    if (isHiddenWhole(made, json, keys)) addAll([json], secrets);
    else if (typeof json === 'string') {
      const members = membersIn(json);
      if (members === 'all') return;
      for (const { key, source } of members) {
        const member = jsonIn(source) ?? (/^-?\d[\d.eE+-]*$/.test(source) ? source : undefined);
        if (member !== undefined) addAll(hiddenParts(key, member), below(key));
      }
    } else if (Array.isArray(json)) {
      for (let i = 0; i < json.length; i++) walk(json[i] as Json, definitionOfChild(made, json, i));
    } else if (isJsonObject(json)) {
      for (const key of Object.keys(json)) {
        const member = json[key] as Json;
        if (keys.has(key)) addAll(hiddenParts(key, member), below(key));
        else walk(member, definitionOfChild(made, json, key));
      }
    }
  };
  if (keys.size > 0 || definition !== undefined) walk(payload, definition);
  return [...secrets, ...others];
}

/**
 * Returns the parts of a masked field's value whose copies are hidden in the rest of the payload. The result omits `secretKey` of an UPDATE_SECRET
 * task, because `secretKey` is the name of a secret, and every reference to the secret contains this name.
 */
function hiddenParts(key: string, json: Json): Json[] {
  if (key !== '_secrets' || !isJsonObject(json)) return [json];
  return Object.entries(json).flatMap(([name, member]) => (name === 'secretKey' ? [] : [member]));
}
