// Resolves the references to secrets in a task's input.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { planOf, refersToSecret, type SecretPlace, type WithDefinition } from './definition.ts';
import { type Gateway, GatewayUnavailable } from './gateway.ts';
import { withTaskPointers } from './gateway-errors.ts';

export interface ResolvedInput {
  input: JsonObject;
  places: readonly SecretPlace[];
  /** The secret values that replaced references, by the text of the reference. A value is a string or a part of a JSON value. */
  values: ReadonlyMap<string, Json>;
  definition: JsonObject;
}

export interface ResolveOptions {
  /** A callback that checks the task before the worker resolves any reference. */
  check?: (definition: JsonObject, places: readonly SecretPlace[]) => void;
  /** The argument `exact` of `planOf`. */
  exact?: boolean;
}

/** @throws InvalidTask, RequestRejected, GatewayUnavailable, and the errors of `check` */
export async function resolveInput(
  task: WithDefinition,
  gateway: Gateway,
  { check, exact = false }: ResolveOptions = {},
): Promise<ResolvedInput> {
  const { places, input, assemble, definition } = planOf(task, exact);
  check?.(definition, places);
  if (places.length === 0) return { input: assemble([]), places, values: new Map(), definition };
  const references = [
    ...new Set(
      places.flatMap(({ source }) =>
        partsOf(source).flatMap((part) => (typeof part !== 'string' && refersToSecret(part) ? [part.text] : [])),
      ),
    ),
  ];
  const payload = { places: places.map(({ template }) => template), values: references };
  try {
    const resolved = await gateway.resolve(payload, input);
    const { places: texts, values } = isJsonObject(resolved) ? resolved : {};
    // The worker must know the value of every reference, because the worker cannot hide an unknown value in the output.
    if (
      !Array.isArray(texts) ||
      !Array.isArray(values) ||
      texts.length + values.length < places.length + references.length
    )
      throw new GatewayUnavailable('The gateway sent an unexpected answer.');
    const known = new Map(references.map((reference, i) => [reference, values[i] ?? null]));
    return { input: assemble(texts), places, values: known, definition };
  } catch (error) {
    throw withTaskPointers(error, places);
  }
}
