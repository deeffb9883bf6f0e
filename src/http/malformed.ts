import type { IncomingMessage } from 'node:http';
import { HttpError } from './exchange.ts';

/** A host name or an address, with a port or without one. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/;

/**
 * Why a request that the parser let through is malformed all the same; undefined if it is not. Each of these is a request that a proxy in
 * front or a server behind could read as another one.
 */
export function malformation(request: IncomingMessage): HttpError | undefined {
  const { method, url = '', httpVersion, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are understood.');
  const { host } = headers;
  if (count(request, 'host') > 1 || (host === undefined ? httpVersion === '1.1' : !HOST.test(host))) {
    return malformed('Exactly one valid Host header is required.');
  }
  // The parser keeps the first one; another server may keep the last one.
  if (count(request, 'authorization') > 1) return malformed('At most one Authorization header is allowed.');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return malformed('The only Transfer-Encoding is chunked, in HTTP/1.1.');
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

// The end of a malformed request is open to doubt, and so is the beginning of the next one.
const malformed = (message: string) => new HttpError(400, 'BAD_REQUEST', message, { connection: 'close' });
