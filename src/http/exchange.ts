// What passes between the HTTP server and the edges on it.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { GatewayError } from '../errors.ts';

/** One request as the edges see it. */
export interface Incoming {
  /** `HEAD` is shown as `GET`: its answer is sent without the body. */
  readonly method: string;
  /** As it was sent: not decoded, without the query string. */
  readonly path: string;
  /** The query string as it was sent, without the `?`: not decoded; empty if there is none. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The caller's address, as far as proxies that are trusted vouch for it. */
  readonly address: string;
  readonly requestId: string;
  /** Whether only the head of the answer is asked for; `method` is then `GET`. */
  readonly head: boolean;
  /** Aborted when the caller goes before the answer is whole. */
  readonly signal: AbortSignal;
  /** The id of whoever was authenticated, for the log line. Set by the edge that did it. */
  principal: string | undefined;
  /** What metrics know the request by, where an edge knows better than by the path of its route. Never holds input. */
  template: string | undefined;
  /** @throws HttpError 413 if there are more than `limitBytes`, 415 if they are compressed, 400 if they stop short */
  readBody(limitBytes: number): Promise<Buffer>;
  /**
   * Resolves to the body if it has at most `limitBytes`. Resolves to undefined if it is longer; then `stream()` still streams all of it.
   * @throws HttpError 415 if it is compressed, 400 if it stops short
   */
  readShortBody(limitBytes: number): Promise<Buffer | undefined>;
  /** Streams the body as it arrives, for an edge that passes it on. After a read has resolved, streams the same bytes again. */
  stream(): Readable;
}

export interface Outgoing {
  readonly status: number;
  /** A list for a header that comes several times. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>;
  /** Whether whoever has it may keep it for ever: another content would have another path. Left out, nobody keeps it. */
  readonly immutable?: boolean;
}

export type Handler = (incoming: Incoming) => Promise<Outgoing>;

export interface Route {
  /** Exact, or with a last segment `*` for everything below. The longest match answers. Metrics know a request by it. */
  readonly path: string;
  /** By method; `*` for one that takes them all. */
  readonly methods: Readonly<Record<string, Handler>>;
  /** How it says no, where not in the way of the other routes. */
  readonly refuse?: Refuse;
}

/** Why a request is refused, in terms that hold no input but ids of things that were asked for. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The outcome it comes from, if it is one that a caller can act on. */
  readonly error?: GatewayError;
  readonly requestId: string;
}

export type Refuse = (fault: Fault) => Outgoing;

/** A refusal in terms of HTTP. The message is ours and never holds input. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** More for the answer's head, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
