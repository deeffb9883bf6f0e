import type { SecretPlace } from '../conductor/definition.ts';
import { atPlaces, described } from '../conductor/reference-problems.ts';
import { GatewayUnavailable, RequestRejected } from './gateway.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

/** Returns the outcome of a task after an error of the gateway. The outcome contains references to secrets, and never secret values. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof GatewayUnavailable) return retryableFailure(error.message);
  if (error instanceof UnresolvedReferences) return terminalFailure(`Unresolved references: ${error.message}.`);
  if (error instanceof RequestRejected) {
    const reason = `${error.code} (HTTP ${error.status}): ${error.message}`;
    // Status 409 means that another request changed the secret at the same time, so a retry can succeed.
    return error.status === 409 ? retryableFailure(reason) : terminalFailure(reason);
  }
  // The worker does not report the message of an unexpected error, because the message could contain a secret value.
  return retryableFailure('The worker failed with an internal error.');
}

/**
 * An error: the gateway does not resolve some references for the worker's application. The message names the position of each reference in the task's
 * input.
 */
export class UnresolvedReferences extends Error {}

/**
 * Converts the JSON Pointers in an error. The JSON Pointers of the gateway refer to the worker's request. The converted JSON Pointers refer to the
 * task's input.
 */
export function withTaskPointers(error: unknown, places: readonly SecretPlace[]): unknown {
  if (!(error instanceof RequestRejected) || error.references.length === 0) return error;
  return new UnresolvedReferences(described(atPlaces(error.references, places)));
}
