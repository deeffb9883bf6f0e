import type { SecretPlace } from './definition.ts';
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

const PROBLEMS: Record<string, string> = {
  NOT_FOUND: 'the secret does not exist, or the application of the worker may not use the secret',
  EXPIRED: 'the secret has expired',
  NOT_JSON: 'the secret value is not JSON',
  NO_FIELD: 'the path does not exist in the secret value',
  MALFORMED: 'the reference is malformed',
  ARCHIVED: 'the secret is archived',
};

/**
 * Converts the JSON Pointers in an error. The JSON Pointers of the gateway refer to the worker's request. The converted JSON Pointers refer to the
 * task's input.
 */
export function withTaskPointers(error: unknown, places: readonly SecretPlace[]): unknown {
  if (!(error instanceof RequestRejected) || error.references.length === 0) return error;
  const descriptions = error.references.map(({ name, pointers, problem, suggestion }) => {
    const where = new Set(
      pointers.flatMap((pointer) => places[Number(/^\/places\/(\d+)/.exec(pointer)?.[1] ?? Number.NaN)]?.pointer ?? []),
    );
    const at = where.size > 0 ? ` at ${[...where].join(', ')}` : '';
    const instead = suggestion === undefined ? '' : `; write ${suggestion}`;
    return `${name}${at} (${PROBLEMS[problem] ?? problem}${instead})`;
  });
  return new UnresolvedReferences(descriptions.join('; '));
}
