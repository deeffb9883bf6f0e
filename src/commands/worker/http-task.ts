// HTTP_WITH_SECRETS: Conductor's HTTP task, with secrets that no input and no output shows.
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { maskedPayload } from '../../payloads/masking.ts';
import { type Defined, Misfit } from './definition.ts';
import { type Filled, fillIn } from './fill-in.ts';
import { Away, type Gateway, Refused } from './gateway.ts';
import { CallFailed, type HttpResponse, httpCall } from './http-call.ts';
import { fixesServer, httpRequest, isWhereSaid } from './http-request.ts';
import { ended, failed, type Outcome } from './outcome.ts';
import { refused } from './refused.ts';

/** Masking comes after the call, which cannot be taken back: it is worth waiting for. */
const MASK_WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];
const REASON_LIMIT = 1_000;
const NO_KEYS: ReadonlySet<string> = new Set();

/** Makes the call that `task` describes. Throws nothing; the outcome holds no value. */
export async function httpTask(task: Defined, gateway: Gateway, signal: AbortSignal): Promise<Outcome> {
  let filled: Filled | undefined;
  try {
    filled = await fillIn(task, gateway, {
      check(definition, places) {
        if (places.length > 0 && !fixesServer(definition))
          throw new Misfit(
            'http_request.uri: where secrets are used, the definition says itself to which server it goes',
          );
      },
    });
    const request = httpRequest(filled.input);
    // INVARIANT: secrets go where the definition says, whatever it was filled in with.
    if (filled.places.length > 0 && !isWhereSaid(filled.definition, request.uri))
      throw new Misfit('http_request.uri: it leads elsewhere than the definition says');
    const response = await httpCall(request, signal);
    return await masked(reportOf(response), filled, gateway, signal);
  } catch (error) {
    if (error instanceof CallFailed) {
      const reason = `The call failed: ${error.message}.`;
      return error.final ? ended(reason) : failed(reason);
    }
    if (error instanceof Misfit) return ended(`${error.message}.`);
    return refused(error);
  }
}

function reportOf({ statusCode, reasonPhrase, headers, body }: HttpResponse): Outcome {
  const output: JsonObject = { response: { statusCode, reasonPhrase, headers, body } };
  if (statusCode >= 200 && statusCode < 300) return { status: 'COMPLETED', output };
  const told = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body);
  return failed(`HTTP ${statusCode}${told === '' ? '' : `: ${told}`}`, output);
}

/** INVARIANT: nothing of an answer goes to the engine that did not come through here. */
async function masked(outcome: Outcome, filled: Filled, gateway: Gateway, signal: AbortSignal): Promise<Outcome> {
  if (filled.places.length === 0) return { ...outcome, ...cut(outcome.reason) };
  // What was put in is known here and hidden first: the gateway hides only what the application may use at that moment.
  const values = filled.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const told = { output: outcome.output, reason: outcome.reason ?? '' };
  const payload = maskedPayload(told, { keys: NO_KEYS, values });
  const definition: Json = filled.places.map(({ source }) => source);
  for (const wait of [...MASK_WAITS_MS, undefined]) {
    try {
      const shown = await gateway.mask(payload, definition);
      const { output, reason } = isJsonObject(shown) ? shown : {};
      if (!isJsonObject(output) || typeof reason !== 'string') break;
      return { status: outcome.status, output, ...(outcome.reason !== undefined && cut(reason)) };
    } catch (error) {
      if (error instanceof Refused) return untold(`${error.code}: ${error.message}`);
      if (!(error instanceof Away)) throw error;
      if (wait === undefined || signal.aborted) break;
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
  return untold('the gateway does not answer');
}

function untold(why: string): Outcome {
  return failed(`The call was made, and its answer is not told, since it could not be masked (${why}).`);
}

/** After masking, so that no half of a value is left. */
function cut(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason: reason.slice(0, REASON_LIMIT) };
}
