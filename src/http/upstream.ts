// The server that answers for what is not the gateway's own. Requests and answers pass as streams; nothing is decoded, followed,
// repeated or kept.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { errors, Pool } from 'undici';
import { type Clock, systemClock } from '../primitives/clock.ts';
import { HttpError, type Incoming, type Outgoing } from './exchange.ts';
import { upload } from './upload.ts';
import { type ForwardedCaller, requestHeaders, responseHeaders } from './upstream-headers.ts';
import { prefixOf, readingsOf } from './upstream-path.ts';
import { type UpstreamCredentials, upstreamToken } from './upstream-token.ts';

export interface UpstreamOptions {
  /** With or without `/api` at the end. */
  readonly url: URL;
  /** Until the head of the answer, and from one piece of a body to the next. */
  readonly timeoutMs: number;
  readonly credentials?: UpstreamCredentials | undefined;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface ForwardOptions {
  /** Sees each chunk of the body before it is sent; what it throws ends the request, of which the server then has a part only. */
  readonly inspect?: (chunk: Buffer) => void;
  /** Asks for an answer that is not compressed. */
  readonly plain?: boolean;
}

export interface Upstream {
  /**
   * Passes a request on, as `caller`'s, and its answer back. The edge that calls this has authenticated the caller.
   *
   * @throws HttpError 400 for an ambiguous path (see `readingsOf`), 405 for TRACE, 408 if the caller's body does not arrive, 502
   *   UPSTREAM_UNAVAILABLE, 504 UPSTREAM_TIMEOUT, 508 if the server leads back here
   */
  forward(incoming: Incoming, caller: ForwardedCaller, options?: ForwardOptions): Promise<Outgoing>;
  /** To be called when no request is running any more: one that is would be cut. */
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
/** undici's timers tick twice a second, and are up to that much early or late. */
const TICK_MS = 500;
/** Less than servers keep a connection that is not used: one that is closed at this moment costs a request (see `forward`). */
const KEEP_ALIVE_MS = 4_000;

export function createUpstream({ url, timeoutMs, credentials, log, clock = systemClock }: UpstreamOptions): Upstream {
  const prefix = prefixOf(url);
  const via = `secrets-gateway-${randomBytes(4).toString('hex')}`;
  // As many connections as there are requests: long polls must not keep others waiting.
  const pool = new Pool(url.origin, {
    connectTimeout: Math.min(CONNECT_MS - TICK_MS, timeoutMs + TICK_MS),
    headersTimeout: timeoutMs + TICK_MS,
    bodyTimeout: timeoutMs + TICK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    allowH2: false,
  });
  const tokens = upstreamToken({ credentials, pool, path: `${prefix}/api/token`, timeoutMs, clock, log });

  return {
    async forward(incoming, caller, { inspect, plain = false } = {}) {
      readingsOf(incoming.path);
      // It is answered with the request as it came there, and there the gateway's token is in it.
      if (incoming.method === 'TRACE') throw new HttpError(405, 'BAD_REQUEST', 'TRACE is not passed on.');
      const headers = requestHeaders(incoming, caller, via);
      if (plain) headers['accept-encoding'] = 'identity';
      const token = await tokens.current();
      if (token !== undefined) headers['x-authorization'] = token.expose();

      // Sent once, whatever becomes of it: even a GET may take a task out of a queue. undici does not repeat a request either, and
      // looks whether a connection was closed before it uses it again.
      const answer = await pool
        .request({
          method: incoming.head ? 'HEAD' : incoming.method,
          path: `${prefix}${incoming.path}${incoming.search === '' ? '' : `?${incoming.search}`}`,
          headers,
          body: hasBody(incoming) ? upload(incoming.stream(), timeoutMs, inspect) : null,
          signal: incoming.signal,
        })
        .catch((error: unknown) => {
          throw faultOf(error, incoming, log);
        });
      const { statusCode: status, body } = answer;
      if (status === 401 && token !== undefined) tokens.refused(token);
      const isBare = incoming.head || status === 204 || status === 304;
      if (isBare) body.resume();
      return { status, headers: responseHeaders(status, answer.headers), body: isBare ? Readable.from([]) : body };
    },
    close: () => pool.destroy(),
  };
}

function hasBody({ headers }: Incoming): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const TIMEOUTS = new Set<unknown>(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);
/** Ours, not the server's. */
const MISTAKES = new Set<unknown>(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'ERR_ASSERTION']);

/** What is told of a request that got no answer. */
function faultOf(error: unknown, { signal, requestId }: Incoming, log: Logger | undefined): unknown {
  const away = new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The Conductor server does not answer.');
  // Nobody is there to be told.
  if (signal.aborted) return away;
  // One has no code: what was answered is not HTTP.
  const code = error instanceof errors.HTTPParserError ? error.name : (error as { code?: unknown }).code;
  if (error instanceof HttpError || typeof code !== 'string' || MISTAKES.has(code)) return error;
  log?.warn({ requestId, reason: code }, 'the Conductor server does not answer');
  if (!TIMEOUTS.has(code)) return away;
  return new HttpError(504, 'UPSTREAM_TIMEOUT', 'The Conductor server does not answer in time.');
}
