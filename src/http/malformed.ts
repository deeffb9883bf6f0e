import type { IncomingMessage } from 'node:http';
import { HttpError } from './exchange.ts';

/** A host name or an address, with a port or without one. Without commas: two headers arrive joined by one. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/;

/**
 * Why a request that the parser let through is malformed all the same; undefined if it is not. Each of these is a request that a proxy in
 * front or a server behind could read as another one.
 */
export function malformation({ method, url = '', httpVersion, headers }: IncomingMessage): HttpError | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are understood.');
  const { host } = headers;
  if (host === undefined ? httpVersion === '1.1' : !HOST.test(host)) {
    return malformed('Exactly one valid Host header is required.');
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return malformed('The only Transfer-Encoding is chunked, in HTTP/1.1.');
  }
  const isTarget = url.startsWith('/') || /^https?:\/\/[^/?]/i.test(url) || (url === '*' && method === 'OPTIONS');
  if (!isTarget || url.includes('#')) return malformed('The request target must be a path or an http(s) address.');
  return undefined;
}

// The end of a malformed request is open to doubt, and so is the beginning of the next one.
const malformed = (message: string) => new HttpError(400, 'BAD_REQUEST', message, { connection: 'close' });
