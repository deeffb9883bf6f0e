// `outputFilter` of a request: what a task reports in place of the whole answer.
import { BadInput } from '../errors.ts';
import { meaningOf, type Part, partsOf } from '../payloads/references/expressions.ts';
import { mapTexts, resolved, SecretValuesByName } from '../payloads/references/references.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { Misfit, type SecretPlace } from './definition.ts';

/** The output as the filter has it, resolved against what would be the output without it. @throws Misfit if it grows too large */
export type OutputFilter = (output: JsonObject) => JsonObject;

const HOW = 'http_request.outputFilter: an object, with expressions on the task’s own output only';

/**
 * The filter of a task's request, or next to it in its input, whose expressions have the form `${REFERENCE.output…}`, or `$${…}` where the engine left it so. Undefined if
 * there is none. @throws Misfit
 */
export function outputFilterOf(
  request: Json | undefined,
  input: JsonObject,
  workflowTask: Json | undefined,
): OutputFilter | undefined {
  const filter = (isJsonObject(request) ? request.outputFilter : undefined) ?? input.outputFilter;
  if (filter === undefined || filter === null) return undefined;
  const reference = isJsonObject(workflowTask) ? workflowTask.taskReferenceName : undefined;
  if (!isJsonObject(filter) || typeof reference !== 'string') throw new Misfit(HOW);
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
      if (error instanceof BadInput) throw new Misfit('http_request.outputFilter: less, since the output is too large');
      throw error;
    }
  };
}

/** Whether a secret would be put into what is reported. */
export function isInFilter({ pointer }: SecretPlace): boolean {
  return /^(\/http_request)?\/outputFilter(\/|$)/.test(pointer);
}

/** An expression on the output as one on `workflow.input`, in whose place payloads get values. */
function asInput(part: Part, own: string): string {
  if (typeof part === 'string') return part.replaceAll('${', () => '$${');
  const text = `\${workflow.input${part.text.slice(own.length)}`;
  if (!part.text.startsWith(own) || meaningOf({ ...part, text }).kind !== 'input') throw new Misfit(HOW);
  return text;
}
