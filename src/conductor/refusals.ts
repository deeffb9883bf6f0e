// Builds the errors that refuse a task. A refusal names secrets and places, and never quotes values.
import { BadInput, TaskRefused, Unavailable } from '../errors.ts';
import { findReferences, summarized } from '../payloads/references/references.ts';
import type { JsonObject } from '../primitives/json.ts';
import { described, type RefusedReference } from './reference-problems.ts';
import { InvalidTask, Unreachable } from './task.ts';

/** Maximum number of references in a message. */
export const MOST_REFERENCES_SHOWN = 100;

/** Builds the refusal of a task whose references the gateway cannot resolve. */
export function unresolved(references: readonly RefusedReference[]): TaskRefused {
  const shown = described(references.slice(0, MOST_REFERENCES_SHOWN));
  return new TaskRefused('UNRESOLVED_REFERENCES', `Unresolved references: ${shown}.`, toDetails(references));
}

/** Builds the refusal of a task whose type cannot use secrets. */
export function unsupported(taskType: string, references: readonly RefusedReference[]): TaskRefused {
  const shown = references
    .slice(0, MOST_REFERENCES_SHOWN)
    .map(({ name, pointers }) => `${name} at ${pointers.join(', ')}`)
    .join('; ');
  return new TaskRefused(
    'UNSUPPORTED_PLACE',
    `A ${taskType} task cannot use secrets: ${shown}. Write the references to the secrets into a task that sends the secrets.`,
    toDetails(references),
  );
}

/** Builds the refusal of a task whose use of secrets is invalid. */
export function invalid(
  message: string,
  references: readonly RefusedReference[],
  code: 'INVALID_TASK' | 'UNSUPPORTED_PLACE' = 'INVALID_TASK',
): TaskRefused {
  return new TaskRefused(code, message, toDetails(references));
}

/** Converts errors about a task and about the Conductor server. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof InvalidTask) return new TaskRefused('INVALID_TASK', `${error.message}.`);
  return error instanceof Unreachable ? new Unavailable(error) : error;
}

/** Returns the references of a task definition, grouped by the name of the secret. */
export function referencesIn(definition: JsonObject | undefined, problem: string): RefusedReference[] {
  if (definition === undefined) return [];
  try {
    const { references } = findReferences(definition, 'definition', 'CERTAIN');
    const named = references.filter((reference) => reference.problem !== 'ARCHIVED');
    return summarized(named, () => null).map(({ name, pointers }) => ({ name, pointers, problem }));
  } catch (error) {
    if (error instanceof BadInput) return [];
    throw error;
  }
}

const toDetails = (references: readonly RefusedReference[]) =>
  references.map(({ name, pointers, problem, suggestion }) => ({
    name,
    pointers,
    problem,
    ...(suggestion !== undefined && { suggestion }),
  }));
