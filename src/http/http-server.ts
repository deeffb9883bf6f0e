import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { tracer } from '../telemetry/tracer.ts';
import { clientReader } from './client-address.ts';
import { type Fault, type Handler, HttpError, type Outgoing, type Refuse, type Route } from './exchange.ts';
import type { Metrics } from './metrics.ts';
import { malformedRequestError, ReceivedRequest } from './received.ts';
import { describeError } from './redacted-error.ts';
import { handlerFor, router } from './router.ts';
import { statusOf } from './status.ts';

export interface HttpServer {
  /** Begins to accept connections. Resolves with the number of the port. If `port` is 0, the operating system chooses a free port. */
  listen(host: string, port: number): Promise<number>;
  /** From now on, closes each connection after its next answer. The server still accepts connections. */
  drain(): void;
  /**
   * Stops accepting connections, and waits at most `graceMs` milliseconds until running requests end. The server then closes the remaining
   * connections.
   */
  close(options: { graceMs: number }): Promise<void>;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** The addresses and networks (CIDR) of trusted proxies. The server uses the header X-Forwarded-For only if a trusted proxy sent the header. */
  readonly trustedProxies?: readonly string[];
  /** The time in milliseconds that a request may wait, in all, for the database and for turns. Without `requestTimeoutMs`, this time has no limit. */
  readonly requestTimeoutMs?: number | undefined;
}

const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/**
 * The time in milliseconds for which a client may continue to send its request body after the answer. The connection stays open for this time, so
 * that the client can read the answer.
 */
const LINGER_MS = 1_000;

export function createHttpServer({
  routes,
  log,
  metrics,
  trustedProxies = [],
  requestTimeoutMs = Number.POSITIVE_INFINITY,
}: HttpServerOptions): HttpServer {
  const find = router(routes);
  const client = clientReader(trustedProxies);
  const running = new Map<Socket, number>();
  /**
   * The connections on which a malformed request arrived. The server reads no further bytes from these connections, because the start of the next
   * request is unknown.
   */
  const unreadable = new WeakSet<Socket>();
  let closing = false;
  let draining = false;

  const server: Server = createServer({
    ...{ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    // The server disables Node's check of the Host header, because `malformedRequestError` checks the header. Unlike Node, `malformedRequestError`
    // uses the gateway's format for refusals.
    requireHostHeader: false,
  });
  server.on('connection', (socket: Socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  // For example, the operating system accepts no connection, because no file descriptor is free. Without this listener, the error would end the process.
  server.on('error', (error) => log.error({ error: describeError(error, String) }, 'HTTP server'));
  server.on('request', (req, res) => void serve(req, res));
  server.on(
    'checkExpectation',
    (req, res) =>
      void serve(req, res, async () => {
        throw new HttpError(417, 'BAD_REQUEST', '');
      }),
  );
  server.on('clientError', refuseMalformed);
  // The gateway refuses the method CONNECT. Without this listener, Node would close the connection without an answer.
  server.on('connect', (_, socket: Socket) => refuseMalformed(Object.assign(new Error(), { code: 'CONNECT' }), socket));

  async function serve(req: IncomingMessage, res: ServerResponse, override?: Handler): Promise<void> {
    const started = performance.now();
    const { socket } = req;
    if (unreadable.has(socket)) return;
    const [path, search] = split(req.url ?? '/');
    const route = find(path);
    const incoming = new ReceivedRequest(req, path, search, client, requestTimeoutMs);

    const span = tracer?.request(req.method ?? '', req.headers);

    running.set(socket, (running.get(socket) ?? 0) + 1);
    res.on('close', () => {
      const ms = performance.now() - started;
      const status = res.headersSent ? res.statusCode : 499;
      metrics?.requestServed(incoming.template ?? route?.path ?? 'none', status, ms / 1_000);
      const { requestId, principal } = incoming;
      const aborted = !res.writableFinished;
      if (aborted) incoming.leave();
      const line: Record<string, unknown> = { method: req.method, path, status, ms: round(ms), requestId };
      if (principal) line.principal = principal;
      if (aborted) line.aborted = aborted;
      if (span !== undefined) {
        line.traceId = span.traceId;
        span.end({ route: incoming.template ?? route?.path ?? 'none', status, aborted });
      }
      log.info(line, 'request');
      const others = (running.get(socket) ?? 1) - 1;
      if (running.has(socket)) running.set(socket, others);
      if (closing && others === 0) socket.destroySoon();
    });

    try {
      let outgoing: Outgoing;
      try {
        const fault = malformedRequestError(req);
        if (fault !== undefined) {
          unreadable.add(socket);
          throw fault;
        }
        const handler = override ?? handlerFor(route, req.method);
        outgoing = await (span === undefined ? handler(incoming) : span.within(() => handler(incoming)));
      } catch (error) {
        outgoing = answerFor(error, incoming, route?.refuse);
      }
      const sending = send(req, res, incoming, outgoing);
      // The server sends most answers synchronously. For these answers, `sending` is undefined, and an unnecessary `await` would cost time.
      if (sending) await sending;
    } catch (error) {
      // The server already sent a part of the answer. The server closes the connection, so that the client sees that the answer is incomplete.
      if (!isCallerGone(error) && error !== incoming.signal.reason)
        log.error({ requestId: incoming.requestId, error: describeError(error, incoming.redact()) }, 'answer cut');
      res.destroy();
    }
  }

  /** Returns the answer for an error that a handler threw. The function logs unexpected errors. */
  function answerFor(error: unknown, incoming: ReceivedRequest, refuse: Refuse = defaultRefusal): Outgoing {
    const { requestId } = incoming;
    if (error instanceof HttpError) {
      const { status, code, message } = error;
      const answer = refuse({ status, code, message: message || (STATUS_CODES[status] ?? ''), requestId });
      return { ...answer, headers: { ...answer.headers, ...error.headers } };
    }
    if (error instanceof GatewayError) {
      const { code, message } = error;
      if (code === 'UNAVAILABLE' || code === 'INTERNAL_SERVER_ERROR') {
        log.warn({ requestId, error: describeError(error, incoming.redact()) }, 'unavailable');
      }
      return refuse({ status: statusOf(error), code, message, error, requestId });
    }
    log.error({ requestId, error: describeError(error, incoming.redact()) }, 'unexpected error');
    return refuse({
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
      message: 'Internal error of the gateway.',
      requestId,
    });
  }

  /** Sends an answer. Returns a promise if the function does not send the answer synchronously. */
  function send(
    req: IncomingMessage,
    res: ServerResponse,
    incoming: ReceivedRequest,
    { status, headers: given, body, immutable }: Outgoing,
  ): Promise<void> | undefined {
    if (res.destroyed) return;
    const headers: Record<string, string | number | string[]> = {};
    for (const name in given) {
      const value = given[name]!;
      headers[name.toLowerCase()] = typeof value === 'string' ? value : [...value];
    }
    Object.assign(headers, COMMON_HEADERS);
    if (immutable) headers['cache-control'] = 'public, max-age=31536000, immutable';
    headers['x-request-id'] = incoming.requestId;
    const mustClose = status === 413 || incoming.overflowed;
    if (mustClose || closing || draining) headers.connection = 'close';
    const closes = headers.connection === 'close' || !res.shouldKeepAlive;
    const isHead = req.method === 'HEAD';

    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      if (status !== 204 && status !== 304) headers['content-length'] = Buffer.byteLength(body);
      res.writeHead(status, headers);
      if (closes && !req.complete) return sendEarly(req, res, body);
      res.end(isHead ? undefined : body);
      return;
    }
    res.writeHead(status, headers);
    if (!isHead) return sendPieces(req, res, body, closes);
    res.end();
  }

  function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
    // If a request is still running on this connection, the server logs a line for the running request, and logs no further line. The method
    // `destroySoon` still sends an answer that the server already wrote to the socket.
    if ((running.get(socket) ?? 0) > 0 || unreadable.has(socket)) {
      socket.destroySoon();
      return;
    }
    unreadable.add(socket);
    if (socket.destroyed || !socket.writable) return;
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    metrics?.requestServed('none', status, 0);
    // The log line contains none of the received bytes, because the received bytes can contain secret values.
    log.info({ status, reason: error.code }, 'malformed request');
    const headers = Object.entries({ ...COMMON_HEADERS, connection: 'close', 'content-length': '0' });
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n`);
  }

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    drain() {
      draining = true;
    },
    async close({ graceMs }) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, requests] of running) if (requests === 0) socket.destroy();
      const timer = setTimeout(() => {
        for (const socket of running.keys()) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Sends an answer while the client is still sending its request body, and then closes the connection. */
async function sendEarly(req: IncomingMessage, res: ServerResponse, body: string | Buffer): Promise<void> {
  res.write(body);
  await waitForSender(req);
  res.end();
}

async function sendPieces(
  req: IncomingMessage,
  res: ServerResponse,
  body: AsyncIterable<string | Uint8Array>,
  closes: boolean,
): Promise<void> {
  const stream = body instanceof Readable ? body : Readable.from(body);
  // The server sends the headers before the first part of the body is available, so that the client sees that the answer has started.
  if (stream.readableLength === 0) res.flushHeaders();
  await pipeline(stream, res, { end: !closes });
  if (!closes) return;
  if (!req.complete) await waitForSender(req);
  res.end();
}

/** Waits until the client sent its complete request body, but at most `LINGER_MS`. */
function waitForSender(req: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    req.once('end', done).once('close', done);
    req.resume();
  });
}

/** Returns whether the only cause of the error is that the client closed the connection. */
const isCallerGone = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';

function defaultRefusal({ status, code, message, error, requestId }: Fault): Outgoing {
  const more = error ? error.details : status === 500 ? { requestId } : {};
  const body = JSON.stringify({ code, message, ...more });
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

function split(url: string): [path: string, search: string] {
  // A client may send an absolute address as the request target if it uses a proxy (RFC 9112, section 3.2.2).
  const target = url.startsWith('/')
    ? url
    : /^https?:\/\//i.test(url)
      ? url.replace(/^https?:\/\/[^/?]*/i, '') || '/'
      : url;
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at) || '/', target.slice(at + 1)];
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
