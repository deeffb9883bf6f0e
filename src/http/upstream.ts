// Forwards requests to the Conductor server behind the gateway. The gateway streams requests and answers. The gateway does not decode bodies, follow
// redirects, retry requests or cache answers.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { errors, Pool } from 'undici';
import { type Clock, systemClock } from '../primitives/clock.ts';
import { tracer } from '../telemetry/tracer.ts';
import { buffered } from './buffered.ts';
import { HttpError, type Incoming, type Outgoing } from './exchange.ts';
import { upload } from './upload.ts';
import { type ForwardedCaller, requestHeaders, responseHeaders } from './upstream-headers.ts';
import { interpretationsOf, prefixOf } from './upstream-path.ts';
import { type UpstreamCredentials, upstreamToken } from './upstream-token.ts';

export interface UpstreamOptions {
  /** The address of the Conductor server, with or without `/api` at the end. */
  readonly url: URL;
  /** The maximum time in milliseconds until the headers of the answer arrive. The same maximum applies to the time between two chunks of a body. */
  readonly timeoutMs: number;
  readonly credentials?: UpstreamCredentials | undefined;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface ForwardOptions {
  /**
   * A callback that receives each chunk of the request body before the gateway sends the chunk. If `inspect` throws an error, the gateway aborts the
   * request, and the Conductor server receives only a part of the body.
   */
  readonly inspect?: (chunk: Buffer) => void;
  /** True if the gateway must request an answer without compression. */
  readonly plain?: boolean;
  /**
   * Requests a complete answer without compression, as JSON if the server has JSON. A server can also have other formats, such as CBOR and YAML, and
   * the gateway could not fill in or mask an answer in such a format.
   */
  readonly json?: boolean;
  /** Sent instead of the caller's body. */
  readonly body?: Buffer | undefined;
}

export interface Upstream {
  /**
   * Forwards a request of `caller`, and returns the answer. The calling code must have authenticated the caller.
   *
   * @throws HttpError 400 for an ambiguous path (see `interpretationsOf`), 405 for TRACE, 408 if the caller's body does not arrive, 502
   *   UPSTREAM_UNAVAILABLE, 504 UPSTREAM_TIMEOUT, 508 if the server forwards the request back to the gateway
   */
  forward(incoming: Incoming, caller: ForwardedCaller, options?: ForwardOptions): Promise<Outgoing>;
  /**
   * Reads a file outside of `/api`, such as a file of the server's web interface. The calling code must have checked `path`. The request contains no
   * token and no query string. Redirects are not followed. @throws HttpError 502, 504
   */
  file(incoming: Incoming, path: string): Promise<Outgoing>;
  /**
   * Sends a GET request as the gateway itself, and returns the answer. `path` begins with `/api/`; the calling code must have encoded every segment.
   * @throws HttpError 502 UPSTREAM_UNAVAILABLE also if the answer is longer than `limitBytes`, 504 UPSTREAM_TIMEOUT
   */
  get(path: string, limitBytes: number): Promise<{ status: number; body: Buffer }>;
  /**
   * Sends a POST request with a JSON body as the gateway itself, and returns the answer. See `get`.
   */
  post(path: string, json: unknown, limitBytes: number): Promise<{ status: number; body: Buffer }>;
  /** Closes all connections. The caller must wait until no request is running, because `close` aborts running requests. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The precision of undici's timers in milliseconds. The timers run twice a second, so a timer can fire too early or too late by this time. */
const TICK_MS = 500;
/**
 * The time in milliseconds for which an unused connection stays open. This time is shorter than the keep-alive timeout of common servers, because a
 * request fails if the server closes the connection while the gateway sends the request (see `forward`).
 */
const KEEP_ALIVE_MS = 4_000;

export function createUpstream({ url, timeoutMs, credentials, log, clock = systemClock }: UpstreamOptions): Upstream {
  const prefix = prefixOf(url);
  const via = `secrets-gateway-${randomBytes(4).toString('hex')}`;
  // The pool opens a connection for every concurrent request, so that long polls do not delay other requests.
  const pool = new Pool(url.origin, {
    connectTimeout: Math.min(CONNECT_TIMEOUT_MS - TICK_MS, timeoutMs + TICK_MS),
    headersTimeout: timeoutMs + TICK_MS,
    bodyTimeout: timeoutMs + TICK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    allowH2: false,
  });
  const tokens = upstreamToken({ credentials, pool, path: `${prefix}/api/token`, timeoutMs, clock, log });

  /** Sends a request as the gateway itself. A request that the gateway's token does not allow is sent once more, with a new token. */
  async function own(method: 'GET' | 'POST', path: string, json: unknown, limitBytes: number) {
    for (let attempt = 1; ; attempt++) {
      const token = await tokens.current();
      try {
        const answer = await pool.request({
          method,
          path: `${prefix}${path}`,
          headers: {
            accept: 'application/json',
            'accept-encoding': 'identity',
            via: `1.1 ${via}`,
            ...tracer?.headers(),
            ...(json !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { 'x-authorization': token.expose() }),
          },
          body: json === undefined ? null : JSON.stringify(json),
        });
        const { statusCode: status } = answer;
        const body = await buffered(answer.body, limitBytes);
        if (body === undefined)
          throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The answer of the Conductor server is too long.');
        if (status !== 401 || token === undefined) return { status, body };
        tokens.rejected(token);
        if (attempt === 2) return { status, body };
      } catch (error) {
        throw faultOf(error, { signal: undefined, requestId: undefined }, log);
      }
    }
  }

  return {
    async forward(incoming, caller, { inspect, plain = false, json = false, body: ownBody } = {}) {
      interpretationsOf(incoming.path);
      // The answer to TRACE repeats the request that the server received. This request contains the gateway's token.
      if (incoming.method === 'TRACE') throw new HttpError(405, 'BAD_REQUEST', 'TRACE is not forwarded.');
      const headers = requestHeaders(incoming, caller, via);
      if (plain || json) headers['accept-encoding'] = 'identity';
      if (json) {
        headers.accept = ACCEPT_JSON;
        for (const name of PARTIAL) delete headers[name];
      }
      if (ownBody !== undefined) {
        headers['content-length'] = String(ownBody.length);
        for (const name of DIGESTS) delete headers[name];
      }
      const token = await tokens.current();
      if (token !== undefined) headers['x-authorization'] = token.expose();

      // The gateway does not send a failed request again, because even a GET request can take a task from a queue of the Conductor server. The
      // library undici also does not retry requests. Before undici uses a connection again, undici checks whether the connection was closed.
      const answer = await pool
        .request({
          method: incoming.head ? 'HEAD' : incoming.method,
          path: `${prefix}${incoming.path}${incoming.search === '' ? '' : `?${incoming.search}`}`,
          headers,
          body: ownBody ?? (hasBody(incoming) ? upload(incoming.stream(), timeoutMs, inspect) : null),
          signal: incoming.signal,
        })
        .catch((error: unknown) => {
          throw faultOf(error, incoming, log);
        });
      const { statusCode: status, body } = answer;
      if (status === 401 && token !== undefined) tokens.rejected(token);
      const isBare = incoming.head || status === 204 || status === 304;
      if (isBare) body.resume();
      return { status, headers: responseHeaders(status, answer.headers), body: isBare ? Readable.from([]) : body };
    },
    async file(incoming, path) {
      const kept = Object.entries(incoming.headers).filter(([name]) => FILE_REQUEST_HEADERS.includes(name));
      const answer = await pool
        .request({
          method: incoming.head ? 'HEAD' : 'GET',
          path: `${prefix}${path}`,
          headers: { ...Object.fromEntries(kept), via: `1.1 ${via}`, 'x-request-id': incoming.requestId },
          signal: incoming.signal,
        })
        .catch((error: unknown) => {
          throw faultOf(error, incoming, log);
        });
      const { statusCode: status, body } = answer;
      const headers = Object.entries(responseHeaders(status, answer.headers)).filter(([name]) =>
        FILE_ANSWER_HEADERS.includes(name),
      );
      const isBare = incoming.head || status === 204 || status === 304;
      if (isBare) body.resume();
      return { status, headers: Object.fromEntries(headers), body: isBare ? Readable.from([]) : body };
    },
    get: (path, limitBytes) => own('GET', path, undefined, limitBytes),
    post: (path, json, limitBytes) => own('POST', path, json, limitBytes),
    close: () => pool.destroy(),
  };
}

const FILE_REQUEST_HEADERS = ['accept', 'accept-encoding', 'accept-language', 'if-none-match', 'if-modified-since'];
const FILE_ANSWER_HEADERS = [
  ...['content-type', 'content-encoding', 'content-length', 'content-language', 'etag', 'last-modified', 'vary'],
];
const ACCEPT_JSON = 'application/json, */*;q=0.1';
/** Headers that would be wrong after a change of the body. */
const DIGESTS = ['content-md5', 'digest', 'content-digest', 'repr-digest'];
/** Headers that request a part of an answer, or an answer only if the unmasked answer has changed. */
const PARTIAL = ['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

function hasBody({ headers }: Incoming): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const TIMEOUTS = new Set<unknown>(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);
/** Codes of errors whose cause is a bug in the gateway, not the Conductor server. */
const GATEWAY_BUGS = new Set<unknown>(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'ERR_ASSERTION']);

/** Returns the error for a request to which the Conductor server did not answer. */
function faultOf(
  error: unknown,
  { signal, requestId }: { signal: AbortSignal | undefined; requestId: string | undefined },
  log: Logger | undefined,
): unknown {
  const unavailable = new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The Conductor server did not answer.');
  // The caller closed the connection, so the gateway logs nothing.
  if (signal?.aborted) return unavailable;
  // The name HTTPParserError means that the answer is not HTTP. An HTTPParserError has no error code, so the gateway logs the name of the error.
  const code = error instanceof errors.HTTPParserError ? error.name : (error as { code?: unknown }).code;
  if (error instanceof HttpError || typeof code !== 'string' || GATEWAY_BUGS.has(code)) return error;
  log?.warn({ requestId, reason: code }, 'the Conductor server did not answer');
  if (!TIMEOUTS.has(code)) return unavailable;
  return new HttpError(504, 'UPSTREAM_TIMEOUT', 'The Conductor server did not answer in time.');
}
