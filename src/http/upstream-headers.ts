// Selects the request headers that the gateway forwards to the Conductor server, and the response headers that the gateway returns to the caller.
import type { IncomingHttpHeaders } from 'node:http';
import { tracer } from '../telemetry/tracer.ts';
import { HttpError, type Incoming } from './exchange.ts';

/** The caller of a forwarded request. The field `id` contains the global id of the principal. The field `name` can contain any characters. */
export interface ForwardedCaller {
  readonly id: string;
  readonly name: string;
}

type Headers = Record<string, string | string[]>;

/**
 * Headers that apply to one connection (RFC 9110, section 7.6.1), and headers that a proxy must handle itself. The gateway does not forward these
 * headers.
 */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'],
]);

/** Headers that contain credentials of the caller. The gateway does not forward these headers, because the credentials are for the gateway only. */
const CREDENTIALS = new Set(['authorization', 'x-authorization', 'cookie', 'cookie2']);

/** Headers that only the gateway may set. If a caller sends one of these headers, the gateway removes the header, because the value is not verified. */
const GATEWAY_HEADERS = new Set([
  ...['host', 'via', 'x-request-id', 'forwarded', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip'],
  ...['true-client-ip', 'cf-connecting-ip', 'remote-user', 'remote-addr', 'x-user', 'x-username'],
  ...['x-auth-user', 'x-auth-username', 'x-client-cert'],
]);
const GATEWAY_PREFIXES = [
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
 * Headers that can change the path, method or host of a request on the Conductor server, after the gateway checked the request. INVARIANT: the
 * gateway forwards none of these headers.
 */
const REWRITING = new Set([
  ...['x-override-url', 'x-waws-unencoded-url', 'method-override', 'x-method-override', 'x-host', 'x-matched-path'],
  ...['script-name', 'x-script-name', 'path-info', 'x-path-info', 'request-uri', 'x-request-uri', 'base-url'],
  ...['x-base-url', 'x-invoke-path'],
]);
const REWRITING_PREFIXES = [
  ...['x-original-', 'x-rewrite-', 'x-http-', 'http-method', 'x-envoy-original-', 'x-middleware-', 'x-proxy-'],
];
const DROPPED = new Set([...CREDENTIALS, ...GATEWAY_HEADERS, ...REWRITING]);
const DROPPED_PREFIXES = [...GATEWAY_PREFIXES, ...REWRITING_PREFIXES];

/**
 * Headers that affect all pages of an origin. Callers see the gateway's origin, so the Conductor server may not set cookies or delete data for the
 * gateway's origin.
 */
const ORIGIN_WIDE = new Set(['set-cookie', 'set-cookie2', 'clear-site-data', 'strict-transport-security', 'alt-svc']);

/**
 * Returns the headers of a forwarded request. The headers contain the client's address. The headers do not contain a forwarded host or scheme,
 * because the gateway does not know which host name and scheme clients use.
 *
 * @param via the gateway's name in the `Via` header
 * @throws HttpError 508 if the request was already forwarded by this gateway
 */
export function requestHeaders(incoming: Incoming, caller: ForwardedCaller, via: string): Headers {
  const earlier = headerText(incoming.headers.via);
  if (earlier.includes(via))
    throw new HttpError(508, 'UPSTREAM_LOOP', 'The Conductor server forwarded the request back to the gateway.');
  const passed = withoutHopHeaders(incoming.headers, (name) => {
    // Some servers treat every punctuation character in a header name as a dash.
    const dashed = name.replace(/[^a-z0-9]/g, '-');
    return DROPPED.has(dashed) || DROPPED_PREFIXES.some((prefix) => dashed.startsWith(prefix));
  });
  return {
    ...passed,
    via: earlier === '' ? `1.1 ${via}` : `${earlier}, 1.1 ${via}`,
    'x-request-id': incoming.requestId,
    ...(incoming.address !== '' && { 'x-forwarded-for': incoming.address }),
    'x-gateway-principal': caller.id,
    // HTTP header values have no defined encoding, so the principal's name is percent-encoded to ASCII.
    'x-gateway-principal-name': encodeURIComponent(caller.name.toWellFormed()),
    // Without telemetry, the gateway forwards the caller's own trace headers.
    ...tracer?.headers(),
  };
}

/** Returns the headers that the caller receives with an answer of the Conductor server. */
export function responseHeaders(status: number, headers: Readonly<IncomingHttpHeaders>): Headers {
  // An answer with status 204 has no content-length (RFC 9110, section 8.6), although some servers send 0.
  return withoutHopHeaders(headers, (name) => ORIGIN_WIDE.has(name) || (status === 204 && name === 'content-length'));
}

function withoutHopHeaders(headers: Readonly<IncomingHttpHeaders>, isDropped: (name: string) => boolean): Headers {
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
