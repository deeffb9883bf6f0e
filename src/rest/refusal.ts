import { BadInput, Unauthenticated } from '../errors.ts';
import type { Fault, Outgoing } from '../http/exchange.ts';

/** With these, the same request may do better a little later. */
const RETRYABLE = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT']);

/**
 * A refusal as clients of Conductor read it: `{status, code, message, instance, retryable}`, `instance` being the request's id. Faults of
 * the token, and nothing else, have `error`: `EXPIRED_TOKEN` or `INVALID_TOKEN`, on which clients sign in again and repeat the request.
 */
export function restRefusal({ status, code, message, error, requestId }: Fault): Outgoing {
  const expected = error instanceof BadInput && status === 400 ? error.expected : message;
  const field = status === 400 ? error?.field : undefined;
  const { retryAfter, references, accessKeys } = error?.details ?? {};
  const body = {
    status,
    code,
    message,
    instance: requestId,
    retryable: RETRYABLE.has(code),
    ...(error instanceof Unauthenticated && {
      error: error.reason === 'EXPIRED' ? 'EXPIRED_TOKEN' : 'INVALID_TOKEN',
    }),
    ...(references !== undefined && { references }),
    ...(accessKeys !== undefined && { accessKeys }),
    ...(field !== undefined && {
      validationErrors: [{ path: field, message: expected }],
    }),
  };
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(body),
  };
}
