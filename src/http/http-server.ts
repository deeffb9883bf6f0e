import { randomUUIDv7 } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { type AddressInfo, BlockList, isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { Metrics } from './metrics.ts';
import { statusOf } from './status.ts';
import { describe, redactor } from './unforeseen.ts';

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
  /** The body as it arrives, for an edge that passes it on. Not after `readBody`. */
  stream(): Readable;
}

export interface Outgoing {
  readonly status: number;
  /** A list for a header that comes several times. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array>;
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

export interface HttpServer {
  /** Resolves the port in use, which for `port` 0 is any free one. */
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting, lets running requests finish for `graceMs`, then cuts what is left. */
  close(options: { graceMs: number }): Promise<void>;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
}

const ON_EVERY_ANSWER = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** How long a sender may go on sending who was answered before, so that it comes to read the answer. */
const LINGER_MS = 1_000;

export function createHttpServer({ routes, log, metrics, trustedProxies = [] }: HttpServerOptions): HttpServer {
  const find = router(routes);
  const addressOf = addresses(trustedProxies);
  const running = new Map<Socket, number>();
  let closing = false;

  const server: Server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 });
  server.on('connection', (socket: Socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  server.on('request', (req, res) => void serve(req, res));
  server.on(
    'checkExpectation',
    (req, res) =>
      void serve(req, res, async () => {
        throw new HttpError(417, 'BAD_REQUEST', '');
      }),
  );
  server.on('clientError', refuseMalformed);

  async function serve(req: IncomingMessage, res: ServerResponse, instead?: Handler): Promise<void> {
    const started = performance.now();
    const { socket } = req;
    const [path, search] = split(req.url ?? '/');
    const route = find(path);
    const incoming = new Received(req, path, search, addressOf(req));

    running.set(socket, (running.get(socket) ?? 0) + 1);
    res.once('close', () => {
      const ms = performance.now() - started;
      const status = res.headersSent ? res.statusCode : 499;
      metrics?.requestServed(incoming.template ?? route?.path ?? 'none', status, ms / 1_000);
      const { requestId, principal } = incoming;
      const aborted = !res.writableFinished;
      if (aborted) incoming.leave();
      log.info(
        {
          method: req.method,
          path,
          status,
          ms: round(ms),
          requestId,
          ...(principal && { principal }),
          ...(aborted && { aborted }),
        },
        'request',
      );
      const others = (running.get(socket) ?? 1) - 1;
      if (running.has(socket)) running.set(socket, others);
      if (closing && others === 0) socket.destroySoon();
    });

    try {
      await send(req, res, incoming, await handle(instead ?? handlerFor(route, req.method), incoming, route?.refuse));
    } catch (error) {
      // The answer had begun: all that is left is to cut it, so that nobody takes it for a whole one.
      if (!left(error) && error !== incoming.signal.reason)
        log.error({ requestId: incoming.requestId, error: describe(error, incoming.redact()) }, 'answer cut');
      res.destroy();
    }
  }

  async function handle(handler: Handler, incoming: Received, refuse: Refuse = refusal): Promise<Outgoing> {
    const { requestId } = incoming;
    try {
      return await handler(incoming);
    } catch (error) {
      if (error instanceof HttpError) {
        const { status, code, message } = error;
        const answer = refuse({ status, code, message: message || (STATUS_CODES[status] ?? ''), requestId });
        return { ...answer, headers: { ...answer.headers, ...error.headers } };
      }
      if (error instanceof GatewayError) {
        const { code, message } = error;
        if (code === 'UNAVAILABLE' || code === 'INTERNAL_SERVER_ERROR') {
          log.warn({ requestId, error: describe(error, incoming.redact()) }, 'not available');
        }
        return refuse({ status: statusOf(error), code, message, error, requestId });
      }
      log.error({ requestId, error: describe(error, incoming.redact()) }, 'unforeseen error');
      return refuse({
        status: 500,
        code: 'INTERNAL_SERVER_ERROR',
        message: 'Something went wrong on our side.',
        requestId,
      });
    }
  }

  async function send(
    req: IncomingMessage,
    res: ServerResponse,
    incoming: Received,
    outgoing: Outgoing,
  ): Promise<void> {
    if (res.destroyed) return;
    const { status, body } = outgoing;
    const headers: Record<string, string | number | string[]> = {};
    for (const [name, value] of Object.entries(outgoing.headers)) {
      headers[name.toLowerCase()] = typeof value === 'string' ? value : [...value];
    }
    Object.assign(headers, ON_EVERY_ANSWER);
    headers['x-request-id'] = incoming.requestId;
    const cut = status === 413 || incoming.overflowed;
    if (cut || closing) headers.connection = 'close';
    const closes = headers.connection === 'close' || !res.shouldKeepAlive;

    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      if (status !== 204 && status !== 304) headers['content-length'] = Buffer.byteLength(body);
      res.writeHead(status, headers);
      const lingers = closes && !req.complete;
      if (lingers) {
        res.write(body);
        await linger(req);
      }
      res.end(req.method === 'HEAD' || lingers ? undefined : body);
    } else {
      res.writeHead(status, headers);
      if (req.method === 'HEAD') return void res.end();
      const stream = body instanceof Readable ? body : Readable.from(body);
      // Whoever waits for the first piece is to know that it will come.
      if (stream.readableLength === 0) res.flushHeaders();
      await pipeline(stream, res, { end: !closes });
      if (!closes) return;
      if (!req.complete) await linger(req);
      res.end();
    }
  }

  function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
    // In the middle of a request: whoever sent it has gone or lost the thread, and its own line in the log says so.
    if ((running.get(socket) ?? 0) > 0) return void socket.destroy();
    if (socket.destroyed || !socket.writable) return;
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    metrics?.requestServed('none', status, 0);
    // Nothing of the packet: it may hold anything.
    log.info({ status, reason: error.code }, 'malformed request');
    const headers = Object.entries({ ...ON_EVERY_ANSWER, connection: 'close', 'content-length': '0' });
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

class Received implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  readonly requestId: string;
  readonly head: boolean;
  principal: string | undefined = undefined;
  template: string | undefined = undefined;
  /** The body was longer than allowed and was not read to its end. */
  overflowed = false;
  readonly search: string;
  #gone: AbortController | undefined;
  #query: URLSearchParams | undefined;
  readonly #req: IncomingMessage;
  #body: Promise<Buffer> | undefined;
  #bytes: Buffer | undefined;

  constructor(req: IncomingMessage, path: string, search: string, address: string) {
    this.#req = req;
    this.search = search;
    this.path = path;
    this.address = address;
    this.head = req.method === 'HEAD';
    this.method = this.head ? 'GET' : (req.method ?? 'GET');
    this.headers = req.headers;
    const given = req.headers['x-request-id'];
    this.requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUIDv7();
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  // Made when asked for: most requests never do.
  get signal(): AbortSignal {
    this.#gone ??= new AbortController();
    return this.#gone.signal;
  }

  leave(): void {
    this.#gone ??= new AbortController();
    this.#gone.abort();
  }

  readBody(limitBytes: number): Promise<Buffer> {
    this.#body ??= this.#read(limitBytes);
    return this.#body;
  }

  stream(): Readable {
    return this.#req;
  }

  #read(limitBytes: number): Promise<Buffer> {
    const req = this.#req;
    return new Promise((resolve, reject) => {
      const tooLarge = () => {
        this.overflowed = true;
        reject(new HttpError(413, 'BAD_REQUEST', `The body is longer than ${limitBytes} bytes.`));
      };
      const encoding = req.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') {
        return reject(new HttpError(415, 'BAD_REQUEST', 'Compressed bodies are not accepted.'));
      }
      if (Number(req.headers['content-length'] ?? 0) > limitBytes) return tooLarge();

      const chunks: Buffer[] = [];
      let size = 0;
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        if (size <= limitBytes) return chunks.push(chunk);
        req.off('data', onData);
        req.pause();
        return tooLarge();
      };
      req.on('data', onData);
      req.once('end', () => {
        this.#bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(this.#bytes);
      });
      const short = () => reject(new HttpError(400, 'BAD_REQUEST', 'The body stops short.'));
      req.once('error', short);
      req.once('close', short);
    });
  }

  /** Takes what this request brought out of a text for the log. Only on the way of an error. */
  redact(): (text: string) => string {
    const { authorization = '', cookie = '', 'x-authorization': token = '' } = this.headers;
    const raw = [this.#bytes?.toString() ?? '', this.search, authorization, cookie, String(token)];
    return redactor(raw.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]));
  }
}

/** Lets the sender finish, or lose patience, once the answer is sent and before the connection goes. */
function linger(req: IncomingMessage): Promise<void> {
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

/** Whether all that failed is that the caller did not wait. */
const left = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';

function refusal({ status, code, message, error, requestId }: Fault): Outgoing {
  const more = error ? error.details : status === 500 ? { requestId } : {};
  const body = JSON.stringify({ code, message, ...more });
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

function handlerFor(route: Route | undefined, method = ''): Handler {
  const refuse =
    (...error: ConstructorParameters<typeof HttpError>) =>
    async () => {
      throw new HttpError(...error);
    };
  if (!route) return refuse(404, 'NOT_FOUND', 'Nothing is here.');
  const any = route.methods['*'];
  if (any) return any;
  const handler = route.methods[method] ?? (method === 'HEAD' ? route.methods.GET : undefined);
  if (handler && Object.hasOwn(route.methods, method === 'HEAD' && !route.methods.HEAD ? 'GET' : method))
    return handler;
  const allowed = Object.keys(route.methods);
  if (route.methods.GET && !route.methods.HEAD) allowed.push('HEAD');
  const allow = allowed.join(', ');
  return refuse(405, 'BAD_REQUEST', `Allowed here: ${allow}.`, { allow });
}

function router(routes: readonly Route[]): (path: string) => Route | undefined {
  const exact = new Map(routes.filter(({ path }) => !path.endsWith('/*')).map((route) => [route.path, route]));
  const below = routes
    .filter(({ path }) => path.endsWith('/*'))
    .map((route) => ({ route, prefix: route.path.slice(0, -1) }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) => exact.get(path) ?? below.find(({ prefix }) => path.startsWith(prefix))?.route;
}

function split(url: string): [path: string, search: string] {
  // A proxy may ask by the whole address (RFC 9112, 3.2.2).
  const target = /^https?:\/\//i.test(url) ? url.replace(/^https?:\/\/[^/?]*/i, '') || '/' : url;
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at) || '/', target.slice(at + 1)];
}

/** @throws Error if one of `trusted` is neither an address nor a range */
function addresses(trusted: readonly string[]): (req: IncomingMessage) => string {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (req) => {
    let address = plain(req.socket.remoteAddress ?? '');
    const forwarded = req.headers['x-forwarded-for'];
    if (trusted.length === 0 || forwarded === undefined || isIP(address) === 0) return address;
    // INVARIANT: an entry is believed only if whoever wrote it, the one to its right, is trusted.
    const entries = String(forwarded).split(',');
    while (isTrusted(address)) {
      const entry = plain(entries.pop()?.trim() ?? '');
      if (isIP(entry) === 0) break;
      address = entry;
    }
    return address;
  };
}

/** Without a port, without brackets, an IPv4 address as such. */
function plain(address: string): string {
  const bare = address.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare.replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i, '$1');
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
