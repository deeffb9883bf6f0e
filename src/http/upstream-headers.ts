// What is passed on of the headers, either way.
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError, type Incoming } from './exchange.ts';

/** Whoever is let through: an id of ours, and a name, which may hold anything. */
export interface ForwardedCaller {
  readonly id: string;
  readonly name: string;
}

type Headers = Record<string, string | string[]>;

/** About one connection, not about the message (RFC 9110, 7.6.1), with those that proxies answer themselves. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'],
]);

/** The caller's tokens are for the gateway and for nobody else. */
const CREDENTIALS = new Set(['authorization', 'x-authorization', 'cookie', 'cookie2']);

/** Only the gateway sets these headers. A caller's own are dropped, because no one has verified them. */
const OURS = new Set([
  ...['host', 'via', 'x-request-id', 'forwarded', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip'],
  ...['true-client-ip', 'cf-connecting-ip', 'remote-user', 'remote-addr', 'x-user', 'x-username'],
  ...['x-auth-user', 'x-auth-username', 'x-client-cert'],
]);
const OUR_PREFIXES = [
  ...['x-gateway-', 'x-forwarded-', 'x-remote-', 'x-auth-request-', 'x-authenticated-', 'x-webauth-', 'impersonate-'],
  ...[
    'x-consumer-',
    'x-ms-client-principal',
    'x-goog-authenticated-user-',
    'x-goog-iap-',
    'x-amzn-oidc-',
    'cf-access-',
  ],
  'x-ssl-client-',
];

/**
 * These headers can make the Conductor server handle another path, method or host than the gateway checked.
 * INVARIANT: none of them is passed on.
 */
const REWRITING = new Set([
  ...['x-override-url', 'x-waws-unencoded-url', 'method-override', 'x-method-override', 'x-host', 'x-matched-path'],
  ...['script-name', 'x-script-name', 'path-info', 'x-path-info', 'request-uri', 'x-request-uri', 'base-url'],
  ...['x-base-url', 'x-invoke-path'],
]);
const REWRITING_PREFIXES = [
  ...['x-original-', 'x-rewrite-', 'x-http-', 'http-method', 'x-envoy-original-', 'x-middleware-', 'x-proxy-'],
];
const DROPPED = new Set([...CREDENTIALS, ...OURS, ...REWRITING]);
const DROPPED_PREFIXES = [...OUR_PREFIXES, ...REWRITING_PREFIXES];

/** They speak for a whole origin, and this origin is the gateway's: a server behind it sets no cookies in it and clears nothing. */
const ORIGIN_WIDE = new Set(['set-cookie', 'set-cookie2', 'clear-site-data', 'strict-transport-security', 'alt-svc']);

/**
 * The headers of a request that is passed on. Of where it came from they tell the address alone: the gateway does not know by which
 * name and scheme it was reached from outside.
 *
 * @param via the gateway's own name among those the request came by
 * @throws HttpError 508 if the request came by here before
 */
export function requestHeaders(incoming: Incoming, caller: ForwardedCaller, via: string): Headers {
  const earlier = headerText(incoming.headers.via);
  if (earlier.includes(via)) throw new HttpError(508, 'UPSTREAM_LOOP', 'The Conductor server leads back here.');
  const passed = withoutHops(incoming.headers, (name) => {
    // Some servers treat any other punctuation as a dash.
    const dashed = name.replace(/[^a-z0-9]/g, '-');
    return DROPPED.has(dashed) || DROPPED_PREFIXES.some((prefix) => dashed.startsWith(prefix));
  });
  return {
    ...passed,
    via: earlier === '' ? `1.1 ${via}` : `${earlier}, 1.1 ${via}`,
    'x-request-id': incoming.requestId,
    ...(incoming.address !== '' && { 'x-forwarded-for': incoming.address }),
    'x-gateway-principal': caller.id,
    // Header values have no encoding: this is ASCII, whatever the name.
    'x-gateway-principal-name': encodeURIComponent(caller.name.toWellFormed()),
  };
}

/** The headers of an answer that is passed on. */
export function responseHeaders(status: number, headers: Readonly<IncomingHttpHeaders>): Headers {
  // With 204 no length goes (RFC 9110, 8.6), though some servers say 0.
  return withoutHops(headers, (name) => ORIGIN_WIDE.has(name) || (status === 204 && name === 'content-length'));
}

function withoutHops(headers: Readonly<IncomingHttpHeaders>, isDropped: (name: string) => boolean): Headers {
  const named = new Set(
    headerText(headers.connection)
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined &&
      !HOP_BY_HOP.has(entry[0]) &&
      !entry[0].startsWith('proxy-') &&
      !named.has(entry[0]) &&
      !isDropped(entry[0]),
  );
  return Object.fromEntries(kept);
}

const headerText = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value ?? []).join(', ');
