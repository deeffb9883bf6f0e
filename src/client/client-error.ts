// The error class of the client library.
import type { ErrorCode } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';

/**
 * `UNREACHABLE`: no complete answer arrived in time. A change may have been saved. `UNEXPECTED_ANSWER`: the answer did not come from a gateway. All other
 * codes are the stable codes of the gateway, which docs/errors.md describes. A later version of the gateway can add codes.
 */
export type ClientErrorCode = ErrorCode | 'UNREACHABLE' | 'UNEXPECTED_ANSWER' | (string & {});

/** A request to the gateway failed. The message never contains a secret value. */
export class SecretsGatewayError extends Error {
  readonly code: ClientErrorCode;
  /** The HTTP status of the answer. Undefined if no answer arrived. */
  readonly status: number | undefined;
  /** The details of the gateway, such as `field`, `expected`, `retryAfter` (in seconds), `currentVersion` or `references`. */
  readonly details: Readonly<JsonObject>;
  /** The name of the secret that the call requested. Undefined if the call did not name a secret. */
  readonly secret: string | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { status?: number | undefined; details?: JsonObject; secret?: string | undefined } = {},
  ) {
    super(message);
    this.name = 'SecretsGatewayError';
    this.code = code;
    this.status = options.status;
    this.details = options.details ?? {};
    this.secret = options.secret;
  }

  /** True if the gateway was temporarily unavailable, or did not answer in time. */
  get isTemporary(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'UNREACHABLE';
  }

  /** Returns the same error with the name of a secret. */
  about(secret: string): SecretsGatewayError {
    const { code, message, status, details } = this;
    return new SecretsGatewayError(code, message, { status, details, secret });
  }
}

/** An answer of the gateway. The body is undefined if it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly body: Json | undefined;
}

const LONGEST_MESSAGE = 500;
const CODE = /^[A-Z][A-Z_]{1,60}$/;

/** Returns the body of a REST answer. @throws SecretsGatewayError */
export function restBody({ status, body }: Answer): Json {
  if (status === 200) {
    if (body === undefined) throw unexpected(status);
    return body;
  }
  if (isJsonObject(body) && typeof body.code === 'string' && CODE.test(body.code)) {
    const { code, message, ...details } = body;
    throw new SecretsGatewayError(code, shortened(message, status), { status, details });
  }
  throw unexpected(status);
}

/** Returns the data of a GraphQL answer, and its errors by the name of the root field. @throws SecretsGatewayError for an error of the operation */
export function graphqlData({ status, body }: Answer): {
  data: JsonObject;
  errors: ReadonlyMap<string, SecretsGatewayError>;
} {
  const errors = new Map<string, SecretsGatewayError>();
  const { data = null, errors: listed } = isJsonObject(body) ? body : {};
  for (const item of Array.isArray(listed) ? listed : []) {
    const { message, path, extensions } = isJsonObject(item) ? item : {};
    const { code, ...details } = isJsonObject(extensions) ? extensions : {};
    if (typeof code !== 'string' || !CODE.test(code)) throw unexpected(status);
    const error = new SecretsGatewayError(code, shortened(message, status), { status, details });
    const field = Array.isArray(path) ? path[0] : undefined;
    if (typeof field !== 'string' || code === 'UNAUTHENTICATED' || error.isTemporary) throw error;
    if (!errors.has(field)) errors.set(field, error);
  }
  if (isJsonObject(data)) return { data, errors };
  const [first] = errors.values();
  throw first ?? unexpected(status);
}

/** Returns whether a server that answers with this HTTP status is temporarily unavailable. */
export function isUnavailable(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** An answer without a code of the gateway comes from a proxy, or from another server. The message never quotes such an answer. */
function unexpected(status: number): SecretsGatewayError {
  if (isUnavailable(status))
    return new SecretsGatewayError('UNAVAILABLE', `The gateway is temporarily unavailable (HTTP ${status}).`, {
      status,
    });
  if (status === 401)
    return new SecretsGatewayError('UNAUTHENTICATED', 'The token was rejected (HTTP 401).', { status });
  return new SecretsGatewayError('UNEXPECTED_ANSWER', `The gateway sent an unexpected answer (HTTP ${status}).`, {
    status,
  });
}

function shortened(message: Json | undefined, status: number): string {
  return (typeof message === 'string' && message !== '' ? message : `HTTP ${status}`).slice(0, LONGEST_MESSAGE);
}
