import { randomUUIDv7 } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { WaitBudget } from '../primitives/wait-budget.ts';
import type { ClientReader } from './client-address.ts';
import { HttpError, type Incoming } from './exchange.ts';
import { createRedactor } from './redacted-error.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A request that the HTTP server received. */
export class ReceivedRequest implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  readonly requestId: string;
  readonly budget: WaitBudget;
  readonly head: boolean;
  principal: string | undefined = undefined;
  template: string | undefined = undefined;
  /** True if the request body was longer than the limit. In this case, the server did not read the complete body. */
  overflowed = false;
  readonly search: string;
  #gone: AbortController | undefined;
  #query: URLSearchParams | undefined;
  readonly #req: IncomingMessage;
  readonly #client: ClientReader;
  #body: Promise<Buffer | undefined> | undefined;
  #bytes: Buffer | undefined;

  constructor(req: IncomingMessage, path: string, search: string, client: ClientReader, timeoutMs: number) {
    this.budget = new WaitBudget(timeoutMs);
    this.#req = req;
    this.search = search;
    this.path = path;
    this.address = client.addressOf(req);
    this.#client = client;
    this.head = req.method === 'HEAD';
    this.method = this.head ? 'GET' : (req.method ?? 'GET');
    this.headers = req.headers;
    const sentId = req.headers['x-request-id'];
    this.requestId = typeof sentId === 'string' && REQUEST_ID.test(sentId) ? sentId : randomUUIDv7();
  }

  get https(): boolean {
    return this.#client.usesHttps(this.#req);
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  // The signal is created at its first use, because most requests never use the signal.
  get signal(): AbortSignal {
    this.#gone ??= new AbortController();
    return this.#gone.signal;
  }

  leave(): void {
    this.#gone ??= new AbortController();
    this.#gone.abort();
  }

  async readBody(limitBytes: number): Promise<Buffer> {
    const bytes = await this.readShortBody(limitBytes);
    if (bytes !== undefined) return bytes;
    this.overflowed = true;
    throw new HttpError(413, 'BAD_REQUEST', `The request body is longer than ${limitBytes} bytes.`);
  }

  readShortBody(limitBytes: number): Promise<Buffer | undefined> {
    this.#body ??= this.#read(limitBytes);
    return this.#body;
  }

  stream(): Readable {
    return this.#bytes === undefined ? this.#req : Readable.from([this.#bytes], { objectMode: false });
  }

  #read(limitBytes: number): Promise<Buffer | undefined> {
    const req = this.#req;
    return new Promise((resolve, reject) => {
      const encoding = req.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') {
        return reject(new HttpError(415, 'BAD_REQUEST', 'Compressed request bodies are not accepted.'));
      }
      if (Number(req.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined);

      const chunks: Buffer[] = [];
      let size = 0;
      let isComplete = false;
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= limitBytes) return;
        removeListeners();
        req.pause();
        // The server puts the bytes that it read back into the stream, so that `stream()` returns the complete body.
        req.unshift(Buffer.concat(chunks));
        resolve(undefined);
      };
      // The listeners stay after the end of the body, because their removal takes a tenth of the CPU time of a small request with a body.
      const onEnd = () => {
        isComplete = true;
        this.#bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(this.#bytes);
      };
      // Every request emits the event `close`. If `close` comes without `end`, the body is incomplete.
      const onClose = () => {
        if (!isComplete) reject(new HttpError(400, 'BAD_REQUEST', 'The request body ended early.'));
      };
      const removeListeners = () => req.off('data', onData).off('end', onEnd).off('close', onClose);
      req.on('data', onData).on('end', onEnd).on('close', onClose);
      // The server never removes this listener, because Node ends the process if an event `error` has no listener.
      req.on('error', onClose);
    });
  }

  /**
   * Returns a function that removes the request's input from a text for the log. The returned function is slow, so the gateway calls it only for
   * errors.
   */
  redact(): (text: string) => string {
    const { authorization = '', cookie = '', 'x-authorization': token = '' } = this.headers;
    const raw = [this.#bytes?.toString() ?? '', this.search, authorization, cookie, String(token)];
    return createRedactor(raw.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]));
  }
}

/** Matches a host name or an address, with an optional port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/;

/**
 * Finds ambiguous requests: Node's parser accepts an ambiguous request, but another server could interpret the request differently. The other server
 * is a proxy in front of the gateway, or the Conductor server behind the gateway. Returns an error for an ambiguous request, and undefined for all
 * other requests.
 */
export function malformedRequestError(request: IncomingMessage): HttpError | undefined {
  const { method, url = '', httpVersion, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are supported.');
  const { host } = headers;
  if (count(request, 'host') > 1 || (host === undefined ? httpVersion === '1.1' : !HOST.test(host))) {
    return malformed('Exactly one valid Host header is required.');
  }
  // Node's parser uses the first Authorization header. Another server may use the last Authorization header.
  if (count(request, 'authorization') > 1) return malformed('At most one Authorization header is allowed.');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return malformed('The only supported transfer encoding is chunked, in HTTP/1.1.');
  }
  const isTarget = url.startsWith('/') || /^https?:\/\/[^/?]/i.test(url) || (url === '*' && method === 'OPTIONS');
  if (!isTarget || url.includes('#')) return malformed('The request target must be a path or an http(s) address.');
  return undefined;
}

function count({ rawHeaders }: IncomingMessage, name: string): number {
  let found = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i]!;
    if (header.length === name.length && header.toLowerCase() === name) found++;
  }
  return found;
}

// The server closes the connection, because the server cannot know where a malformed request ends and the next request begins.
const malformed = (message: string) => new HttpError(400, 'BAD_REQUEST', message, { connection: 'close' });
