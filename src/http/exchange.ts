// The types that the HTTP server and the APIs exchange.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { GatewayError } from '../errors.ts';
import type { WaitBudget } from '../primitives/wait-budget.ts';

/** One HTTP request. The HTTP server passes the request to the APIs. */
export interface Incoming {
  /** The HTTP method. For a HEAD request, the field contains `GET`, and the server sends the answer without its body. */
  readonly method: string;
  /** The path that the client sent. The path is not decoded and excludes the query string. */
  readonly path: string;
  /**
   * The query string that the client sent. The string is not decoded and excludes the `?`. The field is empty for a request without a query string.
   */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's address. The server uses an address in the header X-Forwarded-For only if a trusted proxy added the address. */
  readonly address: string;
  /** Whether the client uses HTTPS, as a trusted proxy says. */
  readonly https: boolean;
  readonly requestId: string;
  /** Limits how long the request waits, in all, for the database and for turns. */
  readonly budget: WaitBudget;
  /** True if the request is a HEAD request. The field `method` of a HEAD request contains `GET`. */
  readonly head: boolean;
  /** A signal. The server aborts the signal if the caller closes the connection before the answer is complete. */
  readonly signal: AbortSignal;
  /** The id of the authenticated principal, for the log line of the request. The API that authenticates the request sets this field. */
  principal: string | undefined;
  /** The label of the request in metrics, if the label differs from the path of the route. The label never contains request input. */
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
   * Returns the body as a stream, for an API that forwards the body. Even after a call of `readBody` or `readShortBody`, the stream contains the
   * complete body.
   */
  stream(): Readable;
}

export interface Outgoing {
  readonly status: number;
  /** The headers of the answer, by name. If the value is an array, the server sends one header for each item of the array. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>;
  /**
   * True if caches may store the answer forever. The field may be true only if the content of the path never changes. If the field is not true,
   * caches must not store the answer.
   */
  readonly immutable?: boolean;
}

export type Handler = (incoming: Incoming) => Promise<Outgoing>;

export interface Route {
  /**
   * An exact path, or a path that ends in the segment `*`. The segment `*` matches all deeper paths. If several paths match a request, the longest
   * path is used. The path is also the label of the request in metrics.
   */
  readonly path: string;
  /** The handlers of the route, by HTTP method. The handler `*` handles every method. */
  readonly methods: Readonly<Record<string, Handler>>;
  /** Creates the answer to a refused request. A route defines this function if the format of the answer differs from the default format. */
  readonly refuse?: Refuse;
}

/** The reason for the refusal of a request. Of the request input, the reason can contain only ids. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The error of the gateway that caused the refusal. The field is undefined if a caller cannot correct the error. */
  readonly error?: GatewayError;
  readonly requestId: string;
}

export type Refuse = (fault: Fault) => Outgoing;

/** A refusal with an HTTP status. The message is a constant of the gateway and contains no request input. */
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

/**
 * The request `incoming` with other headers, for example with the token of a cookie. Everything else, such as the body, is the body of `incoming`.
 */
export class WithHeaders implements Incoming {
  readonly headers: IncomingHttpHeaders;
  readonly #incoming: Incoming;

  constructor(incoming: Incoming, headers: IncomingHttpHeaders) {
    this.#incoming = incoming;
    this.headers = headers;
  }
  get method(): string {
    return this.#incoming.method;
  }
  get path(): string {
    return this.#incoming.path;
  }
  get search(): string {
    return this.#incoming.search;
  }
  get query(): URLSearchParams {
    return this.#incoming.query;
  }
  get address(): string {
    return this.#incoming.address;
  }
  get https(): boolean {
    return this.#incoming.https;
  }
  get requestId(): string {
    return this.#incoming.requestId;
  }
  get budget(): WaitBudget {
    return this.#incoming.budget;
  }
  get head(): boolean {
    return this.#incoming.head;
  }
  get signal(): AbortSignal {
    return this.#incoming.signal;
  }
  get principal(): string | undefined {
    return this.#incoming.principal;
  }
  set principal(principal: string | undefined) {
    this.#incoming.principal = principal;
  }
  get template(): string | undefined {
    return this.#incoming.template;
  }
  set template(template: string | undefined) {
    this.#incoming.template = template;
  }
  readBody(limitBytes: number): Promise<Buffer> {
    return this.#incoming.readBody(limitBytes);
  }
  readShortBody(limitBytes: number): Promise<Buffer | undefined> {
    return this.#incoming.readShortBody(limitBytes);
  }
  stream(): Readable {
    return this.#incoming.stream();
  }
}
