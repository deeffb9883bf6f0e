// Finds the places of a task's input whose value was archived, so that the engine has `***` instead of the value.
import { partsOf } from '../payloads/references/expressions.ts';
import { LIMITS } from '../payloads/references/references.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { MASK } from '../sensitive.ts';
import type { RefusedReference } from './reference-problems.ts';
import { MOST_REFERENCES_SHOWN } from './refusals.ts';

/**
 * The places of an archived value that the task needs: data of a member `_secrets`, or data that the definition reads from such a member, which is
 * `***`.
 */
export function archivedPlaces(written: Json | undefined, filledIn: Json | undefined): RefusedReference[] {
  const pointers: string[] = [];
  const walk = (definition: Json | undefined, data: Json | undefined, place: readonly (string | number)[]): void => {
    if (pointers.length === MOST_REFERENCES_SHOWN || place.length > LIMITS.depth) return;
    if (typeof definition === 'string') {
      const reads = partsOf(definition).some((part) => typeof part === 'object' && /\b_secrets\b/.test(part.text));
      const isArchived = typeof data === 'string' && data.includes(MASK) && !definition.includes(MASK);
      if (isArchived && (reads || (place.includes('_secrets') && definition.includes('${'))))
        pointers.push(jsonPointer(place));
      else if (reads && isJsonObject(data)) walkData(data, place);
    } else if (Array.isArray(definition)) {
      for (const [i, item] of definition.entries())
        walk(item, Array.isArray(data) ? data[i] : undefined, [...place, i]);
    } else if (isJsonObject(definition)) {
      for (const [name, item] of Object.entries(definition))
        walk(item, isJsonObject(data) && Object.hasOwn(data, name) ? data[name] : undefined, [...place, name]);
    }
  };
  /** Searches an object that the engine filled in for a `_secrets` member. */
  const walkData = (data: JsonObject, place: readonly (string | number)[]) => {
    for (const [name, item] of Object.entries(data)) if (item === MASK) pointers.push(jsonPointer([...place, name]));
  };
  walk(written, filledIn, []);
  return pointers.length === 0 ? [] : [{ name: MASK, pointers, problem: 'ARCHIVED' }];
}
