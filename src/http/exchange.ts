// The types that the HTTP server and the APIs exchange.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { GatewayError } from '../errors.ts';

/** One request as the APIs see it. */
export interface Incoming {
  /** The method. A HEAD request has `GET` here; its answer is sent without the body. */
  readonly method: string;
  /** The path as it was sent: not decoded, and without the query string. */
  readonly path: string;
  /** The query string as it was sent: not decoded, and without the `?`. The field is empty for a request without a query string. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's address. Entries of X-Forwarded-For count only if a trusted proxy added them. */
  readonly address: string;
  readonly requestId: string;
  /** Whether the request is a HEAD request. `method` is `GET` then. */
  readonly head: boolean;
  /** Aborted when the caller closes the connection before the answer is complete. */
  readonly signal: AbortSignal;
  /** The id of the authenticated principal, for the log line. The API that authenticates the request sets this field. */
  principal: string | undefined;
  /** Label of the request in metrics, if it differs from the path of the route. Never contains input. */
  template: string | undefined;
  /** Reads the body. @throws HttpError 413 if it is longer than `limitBytes`, 415 if it is compressed, 400 if it ends early */
  readBody(limitBytes: number): Promise<Buffer>;
  /**
   * Returns the body if it has at most `limitBytes`. Returns undefined if the body is longer; `stream()` still streams all of it then.
   * @throws HttpError 415 if the body is compressed, 400 if it ends early
   */
  readShortBody(limitBytes: number): Promise<Buffer | undefined>;
  /** Streams the body as it arrives, for an API that forwards it. After `readBody` or `readShortBody`, streams the same bytes again. */
  stream(): Readable;
}

export interface Outgoing {
  readonly status: number;
  /** An array is a header that is sent several times. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>;
  /** Whether caches may keep the answer forever, because different content has a different path. Without `immutable`, the answer is never cached. */
  readonly immutable?: boolean;
}

export type Handler = (incoming: Incoming) => Promise<Outgoing>;

export interface Route {
  /** An exact path, or a path whose last segment `*` matches everything below. The longest match is used. The path is also the label in metrics. */
  readonly path: string;
  /** Handlers by method. `*` handles every method. */
  readonly methods: Readonly<Record<string, Handler>>;
  /** Builds the answer of a refused request, if its format differs from the default. */
  readonly refuse?: Refuse;
}

/** Why a request is refused. Contains no input except ids. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The error, if a caller can act on it. */
  readonly error?: GatewayError;
  readonly requestId: string;
}

export type Refuse = (fault: Fault) => Outgoing;

/** A refusal with an HTTP status. The message is a constant of the gateway and contains no input. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** More headers of the answer, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
