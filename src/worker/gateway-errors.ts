import { SecretsGatewayError, unresolvedIn } from '../client/secrets-client.ts';
import type { SecretPlace } from '../conductor/definition.ts';
import { atPlaces, described } from '../conductor/reference-problems.ts';
import { UnexpectedAnswer } from '../conductor/resolve-input.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

/** The codes of errors after which the worker reports that the task must be retried. */
const RETRYABLE: ReadonlySet<string> = new Set(['INTERNAL_SERVER_ERROR', 'RATE_LIMITED', 'UNEXPECTED_ANSWER']);

/** Returns the outcome of a task after an error of the gateway. The outcome contains references to secrets, and never secret values. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof UnexpectedAnswer) return retryableFailure('The gateway sent an unexpected answer.');
  if (error instanceof UnresolvedReferences) return terminalFailure(`Unresolved references: ${error.message}.`);
  if (error instanceof SecretsGatewayError) {
    const { code, status, message } = error;
    if (code === 'UNAUTHENTICATED')
      return retryableFailure('The worker cannot sign in to the gateway with GATEWAY_KEY_ID and GATEWAY_KEY_SECRET.');
    if (error.isTemporary || RETRYABLE.has(code)) return retryableFailure(message);
    const reason = `${code} (HTTP ${status}): ${message}`;
    // Status 409 means that another request changed the secret at the same time, so a retry can succeed.
    return status === 409 ? retryableFailure(reason) : terminalFailure(reason);
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
  const references = unresolvedIn(error);
  return references.length === 0 ? error : new UnresolvedReferences(described(atPlaces(references, places)));
}
