import { randomUUIDv7 } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { HttpError, type Incoming } from './exchange.ts';
import { redactor } from './redacted-error.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A request as it arrives. */
export class Received implements Incoming {
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

  async readBody(limitBytes: number): Promise<Buffer> {
    const bytes = await this.readShortBody(limitBytes);
    if (bytes !== undefined) return bytes;
    this.overflowed = true;
    throw new HttpError(413, 'BAD_REQUEST', `The body is longer than ${limitBytes} bytes.`);
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
        return reject(new HttpError(415, 'BAD_REQUEST', 'Compressed bodies are not accepted.'));
      }
      if (Number(req.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined);

      const chunks: Buffer[] = [];
      let size = 0;
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= limitBytes) return;
        leave();
        req.pause();
        // `stream()` has it again.
        req.unshift(Buffer.concat(chunks));
        resolve(undefined);
      };
      const onEnd = () => {
        leave();
        this.#bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(this.#bytes);
      };
      // Every request closes; only one that did not end stops short.
      const short = () => reject(new HttpError(400, 'BAD_REQUEST', 'The body stops short.'));
      const leave = () => req.off('data', onData).off('end', onEnd).off('close', short);
      req.on('data', onData).once('end', onEnd).once('close', short);
      // Stays: an error without a listener ends the process.
      req.once('error', short);
    });
  }

  /** Takes what this request brought out of a text for the log. Only on the way of an error. */
  redact(): (text: string) => string {
    const { authorization = '', cookie = '', 'x-authorization': token = '' } = this.headers;
    const raw = [this.#bytes?.toString() ?? '', this.search, authorization, cookie, String(token)];
    return redactor(raw.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]));
  }
}

/** A host name or an address, with an optional port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/;

/**
 * Refuses requests that Node's parser accepts, but that a proxy in front or the Conductor server behind could interpret differently. Returns
 * undefined for all other requests.
 */
export function malformation(request: IncomingMessage): HttpError | undefined {
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
