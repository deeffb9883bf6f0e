// Serves the Conductor server's web interface on a port of its own, for signed-in users. The web interface needs the paths `/` and `/api`, so it
// cannot be served below a path of the gateway's main port. For requests below `/api`, this port uses the same handlers as the main port.
//
// INVARIANT: this port serves none of the gateway's own paths that reveal secret values or change data. On this port, a cookie contains the access
// token. The scripts of the Conductor server cannot read the cookie, but can send requests with the cookie.
import { GatewayError, RateLimited, SignInRefused, Unauthenticated } from '../../errors.ts';
import { type Handler, HttpError, type Incoming, type Outgoing, type Route, WithHeaders } from '../../http/exchange.ts';
import { statusOf } from '../../http/status.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { SignIn } from '../../identity/sign-in.ts';
import { type Clock, systemClock } from '../../primitives/clock.ts';
import { Sensitive } from '../../sensitive.ts';
import type { Session, Sessions } from '../../session/session.ts';
import { openAgainPage, PAGES, SIGN_IN, SIGN_OUT, signInPage, signOutPage } from './ui-pages.ts';

/**
 * The gateway's own routes that this port serves. The web interface shows the responses of these routes in lists. The responses contain no secret
 * values.
 */
export const UI_ROUTES: ReadonlySet<string> = new Set([
  ...['GET /secrets', 'POST /secrets', 'GET /secrets-v2', 'GET /secrets/v2'],
  ...['GET /environment', 'GET /token/userInfo', 'GET /metadata/tags', 'GET /users', 'GET /groups', 'GET /roles'],
]);

export interface UiPortDeps {
  sessions: Sessions;
  signIn: SignIn;
  file: Upstream['file'];
  /** Handles requests below `/api`. Of the gateway's own routes, only `UI_ROUTES` are available. */
  api: readonly Route[];
  clock?: Clock;
}

/** The maximum size of the sign-in form in bytes. */
const LONGEST_FORM = 16_384;
/** The name of the form field and of the query parameter that contain the path to open after the sign-in. */
const NEXT = 'next';
const COOKIE = 'secrets-gateway-conductor';
/** Browsers accept a cookie with this prefix only over HTTPS, and only from the same host. */
const HTTPS_COOKIE = `__Host-${COOKIE}`;

export function uiPort({ sessions, signIn, file, api, clock = systemClock }: UiPortDeps): Route[] {
  const sessionOf = async (incoming: Incoming): Promise<Session | undefined> => {
    const session = await sessions.of(withToken(incoming));
    try {
      await session.confirm();
      return session;
    } catch (error) {
      if (error instanceof Unauthenticated) return undefined;
      throw error;
    }
  };

  const files: Handler = async (incoming) => {
    incoming.template = 'conductor ui';
    const path = fileOf(incoming.path);
    if ((await sessionOf(incoming)) === undefined) return withoutSession(incoming);
    if (path === undefined) throw new HttpError(404, 'NOT_FOUND', 'The requested path does not exist.');
    const answer = await file(incoming, path);
    // The gateway does not forward redirects and errors of the Conductor server, because redirects and errors could link to paths that this port does
    // not serve.
    if (answer.status !== 200 && answer.status !== 304)
      throw new HttpError(
        404,
        'NOT_FOUND',
        'The Conductor server does not have the requested file. Check that the Conductor server serves a web interface.',
      );
    const isImmutable = answer.status === 200 && /^\/assets\/.*[-.][\w-]{8,}\.\w+$/.test(path);
    return { ...answer, headers: { ...answer.headers, ...UI_HEADERS }, immutable: isImmutable };
  };

  const signInForm: Handler = async (incoming) => {
    const next = nextOf(incoming.query.get(NEXT));
    return (await sessionOf(incoming)) === undefined ? signInPage({ next }) : seeOther(next);
  };

  const submitted: Handler = async (incoming) => {
    requireSameOrigin(incoming);
    const form = new URLSearchParams((await incoming.readBody(LONGEST_FORM)).toString('utf8'));
    const next = nextOf(form.get(NEXT));
    try {
      const password = new Sensitive(form.get('password') ?? '');
      const { token, expiresAt } = await signIn.user(form.get('username') ?? '', password, incoming);
      const seconds = Math.max(0, Math.ceil((expiresAt.getTime() - clock.now().getTime()) / 1_000));
      return seeOther(next, { 'set-cookie': cookie(incoming, token.expose(), seconds) });
    } catch (error) {
      return refusedForm(error, next);
    }
  };

  const signedOut: Handler = async (incoming) => {
    requireSameOrigin(incoming);
    return seeOther(SIGN_IN, { 'set-cookie': cookie(incoming, '', 0), 'clear-site-data': '"cache", "storage"' });
  };

  const account: Handler = async (incoming) => {
    const session = await sessionOf(incoming);
    return session === undefined ? seeOther(SIGN_IN) : signOutPage(session.principal.name);
  };

  const guarded = (handler: Handler): Handler => {
    return async (incoming) => {
      if (incoming.method !== 'GET') requireSameOrigin(incoming);
      // Pages of other sites, or of other ports of this host, can cause the browser to send GET requests with the cookie.
      else if (!isFromHere(incoming.headers['sec-fetch-site'])) throw otherOrigin();
      return handler(withToken(incoming));
    };
  };

  return [
    ...api.map((route) => ({
      ...route,
      methods: Object.fromEntries(Object.entries(route.methods).map(([name, handler]) => [name, guarded(handler)])),
    })),
    { path: SIGN_IN, methods: { GET: signInForm, POST: submitted } },
    { path: SIGN_OUT, methods: { POST: signedOut } },
    { path: PAGES, methods: { GET: account } },
    { path: '/*', methods: { GET: files } },
  ];
}

/**
 * Security headers of the web interface. The web interface contains inline scripts and styles, and loads its editor from a public server. The headers
 * block all other requests to other servers, so that a script cannot send data to other servers.
 */
const EDITOR = 'https://cdn.jsdelivr.net/npm/monaco-editor@0.56.0/';
const UI_HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    `script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: ${EDITOR}`,
    `style-src 'self' 'unsafe-inline' ${EDITOR}`,
    `font-src 'self' data: ${EDITOR}`,
    "img-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

const FILE =
  /^\/(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.(?:js|mjs|css|map|html|json|webmanifest|wasm|svg|png|jpe?g|gif|webp|ico|woff2?|ttf|eot|txt)$/i;
/** The path prefixes for which the Conductor server does not serve its web interface. */
const NOT_UI = /^\/(?:api|api-docs|v3|swagger-ui|webjars|actuator|health|a2a|error)(?:[/.]|$)/i;

/**
 * Returns the path of the file for a path of the web interface. All pages of the web interface use the same HTML file. Returns undefined for a path
 * outside of the web interface. INVARIANT: the result is a plain path of letters, digits and the characters `/`, `.`, `-` and `_`, and is outside of
 * `/api`.
 */
export function fileOf(path: string): string | undefined {
  if (NOT_UI.test(path)) return undefined;
  // The path of a page can contain any characters, because the path can contain the name of a workflow.
  return FILE.test(path) ? path : '/index.html';
}

function withoutSession(incoming: Incoming): Outgoing {
  const { accept, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = incoming.headers;
  if (!accept?.includes('text/html')) throw new Unauthenticated('MISSING');
  const path = `${incoming.path}${incoming.search === '' ? '' : `?${incoming.search}`}`;
  if (site === 'cross-site' && mode === 'navigate') return openAgainPage(nextOf(path));
  return seeOther(`${SIGN_IN}?${NEXT}=${encodeURIComponent(nextOf(path))}`);
}

function refusedForm(error: unknown, next: string): Outgoing {
  if (error instanceof RateLimited) {
    const headers = { 'retry-after': String(error.details.retryAfter) };
    return signInPage({ next, status: 429, problem: error.message, headers });
  }
  if (error instanceof SignInRefused) return signInPage({ next, status: 401, problem: error.message });
  if (error instanceof GatewayError && error.code === 'UNAVAILABLE')
    return signInPage({ next, status: statusOf(error), problem: 'Temporarily unavailable. Try again.' });
  throw error;
}

/**
 * Returns the path to open after the sign-in. The function accepts only a path of this port, so that a link cannot redirect the user to another site.
 */
export function nextOf(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.startsWith(`${PAGES}/`) ? text : '/';
}

function seeOther(location: string, headers: Readonly<Record<string, string>> = {}): Outgoing {
  return { status: 303, headers: { location, ...headers }, body: '' };
}

/**
 * Returns a copy of the request that contains the token from the cookie. INVARIANT: the token comes only from the cookie, never from a header of the
 * request.
 */
function withToken(incoming: Incoming): Incoming {
  const { authorization: _, 'x-authorization': __, cookie: cookies = '', ...headers } = incoming.headers;
  const token = tokenIn(cookies, incoming.https ? HTTPS_COOKIE : COOKIE);
  return new WithHeaders(incoming, { ...headers, ...(token !== undefined && { 'x-authorization': token }) });
}

function tokenIn(cookies: string, name: string): string | undefined {
  const found = cookies.split(';').flatMap((text) => {
    const at = text.indexOf('=');
    return at > 0 && text.slice(0, at).trim() === name ? [text.slice(at + 1).trim()] : [];
  });
  // The function rejects several cookies with this name, because another site on this host could have set one of the cookies.
  return found.length === 1 && found[0] !== '' ? found[0] : undefined;
}

/**
 * Builds the `set-cookie` header. The browser sends the cookie only to this host, and only with requests that this site starts. Scripts cannot read
 * the cookie.
 */
function cookie({ https }: Incoming, token: string, seconds: number): string {
  const name = https ? HTTPS_COOKIE : COOKIE;
  return `${name}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${https ? '; Secure' : ''}`;
}

/**
 * Browsers send the header `sec-fetch-site` over HTTPS and to the local machine. The value `none` means that the user entered the URL or opened a
 * bookmark.
 */
const isFromHere = (site: string | string[] | undefined) =>
  site === undefined || site === 'same-origin' || site === 'none';

/** Refuses a request that changes something, unless a page of this origin sent the request. @throws HttpError 403 */
function requireSameOrigin({ headers: { origin, host, 'sec-fetch-site': site } }: Incoming): void {
  if (site !== undefined) {
    if (site === 'same-origin') return;
    throw otherOrigin();
  }
  if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== host) throw otherOrigin();
}

const otherOrigin = () =>
  new HttpError(
    403,
    'FORBIDDEN',
    'This port accepts only requests from its own pages. Programs use the port of the REST API.',
  );
