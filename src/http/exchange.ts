// The types that the HTTP server and the APIs exchange.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { GatewayError } from '../errors.ts';

/** One request, in the form that the HTTP server passes to the APIs. */
export interface Incoming {
  /** The method. For a HEAD request, the method is `GET`, and the server sends the answer without its body. */
  readonly method: string;
  /** The path that the client sent. The path is not decoded and excludes the query string. */
  readonly path: string;
  /**
   * The query string that the client sent. The string is not decoded and excludes the `?`. The field is empty for a request without a query string.
   */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's address. Entries of the header X-Forwarded-For are used only if a trusted proxy added these entries. */
  readonly address: string;
  readonly requestId: string;
  /** Whether the request is a HEAD request. The `method` of a HEAD request is `GET`. */
  readonly head: boolean;
  /** Aborted when the caller closes the connection before the answer is complete. */
  readonly signal: AbortSignal;
  /** The id of the authenticated principal, for the log line of the request. The API that authenticates the request sets this field. */
  principal: string | undefined;
  /** The label of the request in metrics, if the label differs from the path of the route. The label never contains input. */
  template: string | undefined;
  /** Reads the body. @throws HttpError 413 if the body is longer than `limitBytes`, 415 if the body is compressed, 400 if the body is incomplete */
  readBody(limitBytes: number): Promise<Buffer>;
  /**
   * Returns the body if the body has at most `limitBytes` bytes. Returns undefined if the body is longer. In that case, `stream()` still returns the
   * complete body.
   * @throws HttpError 415 if the body is compressed, 400 if the body is incomplete
   */
  readShortBody(limitBytes: number): Promise<Buffer | undefined>;
  /**
   * Returns the body as a stream, for an API that forwards the body. After `readBody` or `readShortBody`, the stream has the same bytes from the
   * beginning.
   */
  stream(): Readable;
}

export interface Outgoing {
  readonly status: number;
  /** The headers of the answer by name. A header with an array of values is sent once for each value. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>;
  /**
   * Whether caches may keep the answer without a limit of time. This is allowed only if the content of a path never changes. Without `immutable`,
   * caches must not store the answer.
   */
  readonly immutable?: boolean;
}

export type Handler = (incoming: Incoming) => Promise<Outgoing>;

export interface Route {
  /**
   * An exact path, or a path whose last segment `*` matches all paths below. If several paths match a request, the longest path is used. The path is
   * also the label of the request in metrics.
   */
  readonly path: string;
  /** Handlers by method. `*` handles every method. */
  readonly methods: Readonly<Record<string, Handler>>;
  /** Builds the answer to a refused request, if the format of the answer differs from the default. */
  readonly refuse?: Refuse;
}

/** The reason why a request is refused. The reason contains no input except ids. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The error of the gateway that caused the refusal. Undefined if a caller could not do anything about the error. */
  readonly error?: GatewayError;
  readonly requestId: string;
}

export type Refuse = (fault: Fault) => Outgoing;

/** A refusal with an HTTP status. The message is a constant of the gateway and contains no input. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** Additional headers of the answer, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
