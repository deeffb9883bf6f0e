// Resolves the references to secrets in a task's input.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { planOf, refersToSecret, type SecretPlace, type WithDefinition } from './definition.ts';

export interface ResolvedInput {
  input: JsonObject;
  places: readonly SecretPlace[];
  /** The secret values that replaced references, by the text of the reference. A value is a string or a part of a JSON value. */
  values: ReadonlyMap<string, Json>;
  definition: JsonObject;
}

/** Resolves references, as the gateway's `/payloads/resolve` does. */
export interface Resolver {
  /** Returns `payload` with its secrets resolved, and with `input` as `workflow.input`. */
  resolve(payload: Json, input: Json): Promise<Json>;
  /** Converts an error of `resolve`, whose JSON Pointers refer to `payload`, to an error whose JSON Pointers refer to the task's input. */
  errorAt(error: unknown, places: readonly SecretPlace[]): unknown;
}

export interface ResolveOptions {
  /** A callback that checks the task before any reference is resolved. */
  check?: (definition: JsonObject, places: readonly SecretPlace[]) => void;
  /** If true, the resolved input contains exactly the fields of the definition. */
  exact?: boolean;
}

/** The resolver did not return all strings and values. */
export class UnexpectedAnswer extends Error {}

/** @throws InvalidTask, and the errors of `check` and `resolver` */
export async function resolveInput(
  task: WithDefinition,
  resolver: Resolver,
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
    const resolved = await resolver.resolve(payload, input);
    const { places: texts, values } = isJsonObject(resolved) ? resolved : {};
    // The resolver must return the value of every reference, because the gateway can hide only known values in the output.
    if (
      !Array.isArray(texts) ||
      !Array.isArray(values) ||
      texts.length + values.length < places.length + references.length
    )
      throw new UnexpectedAnswer();
    const known = new Map(references.map((reference, i) => [reference, values[i] ?? null]));
    return { input: assemble(texts), places, values: known, definition };
  } catch (error) {
    throw resolver.errorAt(error, places);
  }
}
