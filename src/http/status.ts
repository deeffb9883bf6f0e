import type { ErrorCode, GatewayError } from '../errors.ts';

const STATUS = {
  UNAUTHENTICATED: 401,
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ESCALATION: 403,
  LAST_ADMIN: 409,
  EXPIRED: 409,
  UNRESOLVED_REFERENCES: 422,
  UNSUPPORTED_PLACE: 409,
  INVALID_TASK: 409,
  RATE_LIMITED: 429,
  CONFLICT: 409,
  VERSION_CONFLICT: 409,
  NAME_TAKEN: 409,
  UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} satisfies Record<ErrorCode, number>;

/** Returns the HTTP status for an answer whose only content is this error. */
export function statusOf({ code }: GatewayError): number {
  return STATUS[code];
}
