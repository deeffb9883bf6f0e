// A task's input with its secrets in it.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { type Defined, planOf, type SecretPlace, takesSecret } from './definition.ts';
import { Away, type Gateway } from './gateway.ts';
import { atPlaces } from './refused.ts';

export interface Filled {
  input: JsonObject;
  places: readonly SecretPlace[];
  /** What the references came to, by their texts: strings, or what stood in a JSON value. */
  values: ReadonlyMap<string, Json>;
  definition: JsonObject;
}

export interface FillingIn {
  /** Called before anything is resolved. */
  check?: (definition: JsonObject, places: readonly SecretPlace[]) => void;
  /** See planOf. */
  exact?: boolean;
}

/** @throws Misfit, Refused, Away, and what `check` throws */
export async function fillIn(
  task: Defined,
  gateway: Gateway,
  { check, exact = false }: FillingIn = {},
): Promise<Filled> {
  const { places, input, assemble, definition } = planOf(task, exact);
  check?.(definition, places);
  if (places.length === 0) return { input: assemble([]), places, values: new Map(), definition };
  const references = [
    ...new Set(
      places.flatMap(({ source }) =>
        partsOf(source).flatMap((part) => (typeof part !== 'string' && takesSecret(part) ? [part.text] : [])),
      ),
    ),
  ];
  const payload = { places: places.map(({ template }) => template), values: references };
  try {
    const resolved = await gateway.resolve(payload, input);
    const { places: texts, values } = isJsonObject(resolved) ? resolved : {};
    // Fewer than were asked for: what is not known could not be hidden.
    if (
      !Array.isArray(texts) ||
      !Array.isArray(values) ||
      texts.length + values.length < places.length + references.length
    )
      throw new Away('The gateway answered with something else.');
    const known = new Map(references.map((reference, i) => [reference, values[i] ?? null]));
    return { input: assemble(texts), places, values: known, definition };
  } catch (error) {
    throw atPlaces(error, places);
  }
}
