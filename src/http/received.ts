import { randomUUIDv7 } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { HttpError, type Incoming } from './exchange.ts';
import { createRedactor } from './redacted-error.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A request that the server has received. */
export class ReceivedRequest implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  readonly requestId: string;
  readonly head: boolean;
  principal: string | undefined = undefined;
  template: string | undefined = undefined;
  /** Whether the body was longer than allowed, so that it was not read to its end. */
  overflowed = false;
  readonly search: string;
  #gone: AbortController | undefined;
  #query: URLSearchParams | undefined;
  readonly #req: IncomingMessage;
  #body: Promise<Buffer | undefined> | undefined;
  #bytes: Buffer | undefined;

  constructor(req: IncomingMessage, path: string, search: string, address: string) {
    this.#req = req;
    this.search = search;
    this.path = path;
    this.address = address;
    this.head = req.method === 'HEAD';
    this.method = this.head ? 'GET' : (req.method ?? 'GET');
    this.headers = req.headers;
    const sentId = req.headers['x-request-id'];
    this.requestId = typeof sentId === 'string' && REQUEST_ID.test(sentId) ? sentId : randomUUIDv7();
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  // Created on first use, because most requests never use it.
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
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= limitBytes) return;
        removeListeners();
        req.pause();
        // Puts the bytes back, so that `stream()` returns them again.
        req.unshift(Buffer.concat(chunks));
        resolve(undefined);
      };
      const onEnd = () => {
        removeListeners();
        this.#bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(this.#bytes);
      };
      // Every request emits `close`. A `close` without an `end` means that the body ended early.
      const onClose = () => reject(new HttpError(400, 'BAD_REQUEST', 'The request body ended early.'));
      const removeListeners = () => req.off('data', onData).off('end', onEnd).off('close', onClose);
      req.on('data', onData).once('end', onEnd).once('close', onClose);
      // This listener is never removed, because an `error` without a listener ends the process.
      req.once('error', onClose);
    });
  }

  /** Returns a function that removes this request's input from a text for the log. The function is slow, so it is used only for errors. */
  redact(): (text: string) => string {
    const { authorization = '', cookie = '', 'x-authorization': token = '' } = this.headers;
    const raw = [this.#bytes?.toString() ?? '', this.search, authorization, cookie, String(token)];
    return createRedactor(raw.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]));
  }
}

/** A host name or an address, with an optional port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/;

/**
 * Refuses requests that Node's parser accepts, but that a proxy in front or the Conductor server behind could interpret differently. Returns
 * undefined for all other requests.
 */
export function malformedRequestError(request: IncomingMessage): HttpError | undefined {
  const { method, url = '', httpVersion, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are supported.');
  const { host } = headers;
  if (count(request, 'host') > 1 || (host === undefined ? httpVersion === '1.1' : !HOST.test(host))) {
    return malformed('Exactly one valid Host header is required.');
  }
  // Node's parser uses the first Authorization header; another server may use the last one.
  if (count(request, 'authorization') > 1) return malformed('At most one Authorization header is allowed.');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return malformed('Only Transfer-Encoding: chunked is supported, and only in HTTP/1.1.');
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

// Closes the connection, because it is unclear where a malformed request ends and the next one begins.
const malformed = (message: string) => new HttpError(400, 'BAD_REQUEST', message, { connection: 'close' });
