import type { IncomingMessage } from 'node:http';
import { HttpError } from './exchange.ts';

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
