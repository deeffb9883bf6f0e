import { BadInput, Unauthenticated } from '../errors.ts';
import type { Fault, Outgoing } from '../http/exchange.ts';

/** The error codes after which a client can send the same request again. */
const RETRYABLE = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT']);

/**
 * Writes an error in the format of Conductor's clients: `{status, code, message, instance, retryable}`, where `instance` is the id of the request. If
 * the token is expired or invalid, the JSON also contains a field `error` with the value `EXPIRED_TOKEN` or `INVALID_TOKEN`. Clients that receive the
 * field `error` sign in again and repeat the request. For all other errors, the JSON contains no field `error`.
 */
export function restRefusal({ status, code, message, error, requestId }: Fault): Outgoing {
  const expected = error instanceof BadInput && status === 400 ? error.expected : message;
  const field = status === 400 ? error?.field : undefined;
  const { retryAfter, references, accessKeys, validationErrors } = error?.details ?? {};
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
    ...(validationErrors !== undefined && { validationErrors }),
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
