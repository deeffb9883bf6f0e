// HTTP_WITH_SECRETS: Conductor's HTTP task, with secrets that no input and no output shows.

import { maskedPayload } from '../payloads/masking/masking.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { checkAddress, checkHost, checkPath, checkServer } from './address.ts';
import { type Defined, Misfit } from './definition.ts';
import { fillIn } from './fill-in.ts';
import type { Gateway } from './gateway.ts';
import { CallFailed, type HttpResponse, httpCall } from './http-call.ts';
import { httpRequest, requestIn } from './http-request.ts';
import { ended, failed, type Outcome } from './outcome.ts';
import { isInFilter, type OutputFilter, outputFilterOf } from './output-filter.ts';
import { refused } from './refused.ts';

const NO_KEYS: ReadonlySet<string> = new Set();

/** Makes the call that `task` describes. Throws nothing; the outcome holds no value. */
export async function httpTask(task: Defined, gateway: Gateway, signal: AbortSignal): Promise<Outcome> {
  try {
    if (isJsonObject(task.workflowTask) && task.workflowTask.asyncComplete === true)
      throw new Misfit('asyncComplete: the worker has no tasks that somebody else completes');
    const { input, places, values, definition } = await fillIn(task, gateway, {
      check(written, secrets) {
        if (secrets.length > 0) checkServer(written);
        if (secrets.some(isInFilter)) throw new Misfit('http_request.outputFilter: without secrets');
      },
    });
    const asked = requestIn(input, definition);
    const request = httpRequest(asked);
    // INVARIANT: secrets go where the definition says, whatever it was filled in with.
    if (places.length > 0) {
      checkAddress(definition, request.uri, values);
      if (isJsonObject(asked) && typeof asked.uri === 'string') checkPath(definition, asked.uri, values);
      checkHost(definition, request.headers);
    }
    const filter = outputFilterOf(asked, input, task.workflowTask);
    return told(await httpCall(request, signal), values, filter);
  } catch (error) {
    if (error instanceof CallFailed) {
      const reason = `The call failed: ${error.message}.`;
      return error.final ? ended(reason) : failed(reason);
    }
    if (error instanceof Misfit) return ended(`${error.message}.`);
    return refused(error);
  }
}

/**
 * INVARIANT: nothing of an answer goes to the engine that did not come through here.
 *
 * The values that were put in are hidden wherever they stand, and nothing else is, whatever it is called: what a server answers under
 * `_secrets` or `token` is for the next task. To hide it from people is the business of who shows them executions.
 */
function told(
  { statusCode, reasonPhrase, headers, body }: HttpResponse,
  values: ReadonlyMap<string, Json>,
  filter?: OutputFilter,
): Outcome {
  const hidden = [...values.values()].flatMap((value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    // Headers and addresses lose the blanks around them on the way.
    return text.trim() === '' ? [text] : [text, text.trim()];
  });
  const masked = (json: Json) => maskedPayload(json, { keys: NO_KEYS, values: hidden });
  const output = masked({ response: { statusCode, reasonPhrase, headers, body } }) as JsonObject;
  const kept = filter?.(output) ?? output;
  if (statusCode >= 200 && statusCode < 300) return { status: 'COMPLETED', output: kept };
  // What the filter leaves out is not told as a reason either.
  const text = body === null || filter !== undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  // It is cut after masking, so that no half of a value is left.
  return failed(String(masked(`HTTP ${statusCode}${text === '' ? '' : `: ${text}`}`)), kept);
}
