// The `outputFilter` of an HTTP request: a template for the output of the task. Without an output filter, the output is the complete response.
import { BadInput } from '../errors.ts';
import { meaningOf, type Part, partsOf } from '../payloads/references/expressions.ts';
import { mapTexts, resolved, SecretValuesByName } from '../payloads/references/references.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { SecretPlace } from './definition.ts';
import { InvalidTask } from './task.ts';

/** Applies the output filter to the unfiltered output. @throws InvalidTask if the result is too large */
export type OutputFilter = (output: JsonObject) => JsonObject;

const EXPECTED = 'http_request.outputFilter: must be an object whose expressions use only the task’s own output';

/**
 * Reads the output filter from the request, or from the field `outputFilter` next to the request in the input. An expression in the output filter has
 * the form `${REFERENCE.output…}`. If the engine did not unescape the expression, the expression begins with `$${`. Returns undefined if the task
 * contains no output filter. @throws InvalidTask
 */
export function outputFilterOf(
  request: Json | undefined,
  input: JsonObject,
  workflowTask: Json | undefined,
): OutputFilter | undefined {
  const filter = (isJsonObject(request) ? request.outputFilter : undefined) ?? input.outputFilter;
  if (filter === undefined || filter === null) return undefined;
  const reference = isJsonObject(workflowTask) ? workflowTask.taskReferenceName : undefined;
  if (!isJsonObject(filter) || typeof reference !== 'string') throw new InvalidTask(EXPECTED);
  const own = `\${${reference}.output`;
  const payload = mapTexts(filter, (text) =>
    partsOf(text.replaceAll('$${', () => '${'))
      .map((part) => asInput(part, own))
      .join(''),
  );
  return (output) => {
    try {
      return resolved(payload, new SecretValuesByName(new Map()), output) as JsonObject;
    } catch (error) {
      if (error instanceof BadInput)
        throw new InvalidTask('http_request.outputFilter: the filtered output is too large');
      throw error;
    }
  };
}

/** Returns whether the reference to a secret is inside the output filter. */
export function isInFilter({ pointer }: SecretPlace): boolean {
  return /^(\/http_request)?\/outputFilter(\/|$)/.test(pointer);
}

/**
 * Converts an expression that reads the task's output to an expression that reads `workflow.input`, because the resolver of payloads supports only
 * `workflow.input`.
 */
function asInput(part: Part, own: string): string {
  if (typeof part === 'string') return part.replaceAll('${', () => '$${');
  const text = `\${workflow.input${part.text.slice(own.length)}`;
  if (!part.text.startsWith(own) || meaningOf({ ...part, text }).kind !== 'input') throw new InvalidTask(EXPECTED);
  return text;
}
