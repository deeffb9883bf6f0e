// Runs HTTP_WITH_SECRETS tasks, which are Conductor's HTTP tasks with secrets. The engine receives no secret value, neither in the input nor in the
// output of a task.

import { checkAddress, checkHost, checkPath, checkServer } from '../conductor/address.ts';
import type { WithDefinition } from '../conductor/definition.ts';
import { httpRequest, requestIn } from '../conductor/http-request.ts';
import { isInFilter, type OutputFilter, outputFilterOf } from '../conductor/output-filter.ts';
import type { InWorkflow } from '../conductor/registered-definition.ts';
import { resolveInput } from '../conductor/resolve-input.ts';
import { InvalidTask, type Task } from '../conductor/task.ts';
import { maskedPayload } from '../payloads/masking/masking.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { Gateway } from './gateway.ts';
import { outcomeOfError } from './gateway-errors.ts';
import { gatewayResolver } from './gateway-resolver.ts';
import { CallFailed, type HttpResponse, httpCall } from './http-call.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

const NO_MEMBER_NAMES: ReadonlySet<string> = new Set();

/** Makes the HTTP call that `task` describes. The function never throws an error. The outcome contains no secret value. */
export async function httpTask(
  task: WithDefinition & Partial<Task> & InWorkflow,
  gateway: Gateway,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    if (isJsonObject(task.workflowTask) && task.workflowTask.asyncComplete === true)
      throw new InvalidTask(
        'asyncComplete: must not be true, because the worker does not support tasks that are completed asynchronously',
      );
    const { input, places, values, definition } = await resolveInput(task, gatewayResolver(gateway, task), {
      check(written, secrets) {
        if (secrets.length > 0) checkServer(written);
        if (secrets.some(isInFilter))
          throw new InvalidTask('http_request.outputFilter: must not contain references to secrets');
      },
    });
    const rawRequest = requestIn(input, definition);
    const request = httpRequest(rawRequest);
    // INVARIANT: the worker sends secret values only to the server that the task's definition names. Data from the engine cannot change the server.
    if (places.length > 0) {
      checkAddress(definition, request.uri, values);
      if (isJsonObject(rawRequest) && typeof rawRequest.uri === 'string') checkPath(definition, rawRequest.uri, values);
      checkHost(definition, request.headers);
    }
    const filter = outputFilterOf(rawRequest, input, task.workflowTask);
    return outcomeOf(await httpCall(request, signal), values, filter);
  } catch (error) {
    if (error instanceof CallFailed) {
      const reason = `The call failed: ${error.message}.`;
      return error.final ? terminalFailure(reason) : retryableFailure(reason);
    }
    if (error instanceof InvalidTask) return terminalFailure(`${error.message}.`);
    return outcomeOfError(error);
  }
}

/**
 * INVARIANT: this function masks every part of a response that the worker sends to the engine.
 *
 * The function hides all occurrences of the resolved secret values. The function does not hide a field because of a name such as `_secrets` or
 * `token`, because another task may need the field. A user interface that shows executions must hide fields with these names.
 */
function outcomeOf(
  { statusCode, reasonPhrase, headers, body }: HttpResponse,
  values: ReadonlyMap<string, Json>,
  filter?: OutputFilter,
): Outcome {
  const hidden = [...values.values()].map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const response = { statusCode, reasonPhrase, headers, body };
  const failed = statusCode < 200 || statusCode >= 300;
  // If the task contains an output filter, the reason of a failure does not contain the body, because the output filter may exclude the body from the
  // output.
  const text =
    !failed || body === null || filter !== undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const reason = failed ? `HTTP ${statusCode}${text === '' ? '' : `: ${text}`}` : '';
  const masked = maskedPayload([{ response }, reason], { keys: NO_MEMBER_NAMES, values: hidden }) as [
    JsonObject,
    string,
  ];
  const output = filter?.(masked[0]) ?? masked[0];
  // The worker shortens the text after masking. If the worker shortened the text before masking, a part of a secret value could remain visible.
  return failed ? retryableFailure(masked[1], output) : { status: 'COMPLETED', output };
}
