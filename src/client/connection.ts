// Sends requests to a gateway: signs in, renews the token, limits the time of each call, and retries reads.
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type Json, parseJson } from '../primitives/json.ts';
import { Sensitive } from '../sensitive.ts';
import { type Answer, isUnavailable, restBody, SecretsGatewayError } from './client-error.ts';

/** The access key of an application, the password of a user, or a token that the gateway issued before. */
export type Credentials =
  | { readonly keyId: string; readonly keySecret: string }
  | { readonly username: string; readonly password: string }
  | { readonly token: string };

export interface ConnectionOptions {
  /** The address of the gateway, with or without `/api` at the end. */
  readonly url: string;
  readonly credentials: Credentials;
  /** Maximum time of one call in milliseconds, with its retries. The default is 30,000. */
  readonly timeoutMs?: number;
  /** The number of retries of a read after UNAVAILABLE and UNREACHABLE. The default is 2. The client never retries a change. */
  readonly retries?: number;
  /** Receives a call when the gateway becomes unreachable, and when the gateway becomes reachable again. */
  readonly status?: { down(reason: string): void; up(): void };
  /** Returns the headers `traceparent` and `tracestate` of each request, for programs that export traces. */
  readonly traceHeaders?: () => Readonly<Record<string, string>>;
}

export interface IssuedToken {
  readonly token: Sensitive;
  /** The time in milliseconds since 1970. Infinity for a given token without a time of expiry. */
  readonly expiresAt: number;
}

export interface Connection {
  /** Returns a valid token. Signs in if no valid token exists. @throws SecretsGatewayError */
  signIn(): Promise<IssuedToken>;
  /**
   * Sends a POST request with a token. Signs in again once if the gateway rejects the token.
   * @param read converts the answer, and throws SecretsGatewayError if the request failed
   */
  call<T>(path: string, body: Json, read: (answer: Answer) => T, isRead: boolean): Promise<T>;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 2;
const FIRST_WAIT_MS = 100;
/** The client renews a token this number of milliseconds before the token expires, or after three quarters of a short lifetime. */
const RENEW_BEFORE_MS = 30_000;
/** The assumed lifetime of a token without the claims `exp` and `iat`. */
const UNKNOWN_LIFETIME_MS = 30 * 60_000;
const TOKEN_PATH = '/api/token';

/** @throws TypeError if `url` is not an HTTP URL */
export function connect(options: ConnectionOptions): Connection {
  const { timeoutMs = TIMEOUT_MS, retries = RETRIES, status, traceHeaders } = options;
  const base = baseOf(options.url);
  const credentials = concealed(options.credentials);
  let current: (IssuedToken & { renewAt: number }) | undefined;
  let signingIn: Promise<IssuedToken> | undefined;
  if ('token' in credentials) {
    const { token } = credentials;
    current = { token, expiresAt: timesOf(token).exp ?? Number.POSITIVE_INFINITY, renewAt: Number.POSITIVE_INFINITY };
  }

  async function send(path: string, body: Json, signal: AbortSignal, token?: Sensitive): Promise<Answer> {
    const failed = (reason: string, message: string) => {
      status?.down(reason);
      return new SecretsGatewayError('UNREACHABLE', message, { details: { reason } });
    };
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...traceHeaders?.(),
        ...(token !== undefined && { 'x-authorization': token.expose() }),
      },
      body: JSON.stringify(body),
      signal,
      // INVARIANT: credentials and tokens never go to the target of a redirect.
      redirect: 'error',
    }).catch((error: unknown) => {
      throw failed(reasonOf(error), 'The gateway did not answer.');
    });
    const text = await response.text().catch((error: unknown) => {
      throw failed(reasonOf(error), 'The answer of the gateway ended early.');
    });
    if (isUnavailable(response.status)) status?.down(`HTTP ${response.status}`);
    // Status 401 causes a new sign-in. The function `requestToken` reports whether a sign-in succeeded.
    else if (response.status !== 401 && path !== TOKEN_PATH) status?.up();
    return { status: response.status, body: parsed(text) };
  }

  async function requestToken(): Promise<IssuedToken> {
    if ('token' in credentials)
      throw new SecretsGatewayError('UNAUTHENTICATED', 'The token was rejected. Sign in again.');
    const sentAt = Date.now();
    const answer = await send(TOKEN_PATH, exposed(credentials), AbortSignal.timeout(timeoutMs));
    const body = answer.status === 200 ? answer.body : restBody(answer);
    const token = isJsonObject(body) ? body.token : undefined;
    if (typeof token !== 'string')
      throw new SecretsGatewayError('UNEXPECTED_ANSWER', `The gateway issued no token (HTTP ${answer.status}).`, {
        status: answer.status,
      });
    status?.up();
    const sensitive = new Sensitive(token);
    const lifetime = lifetimeOf(sensitive);
    const expiresAt = sentAt + lifetime;
    current = { token: sensitive, expiresAt, renewAt: expiresAt - Math.min(RENEW_BEFORE_MS, lifetime / 4) };
    return current;
  }

  /** Returns a valid token. Concurrent calls share one sign-in. */
  async function validToken(): Promise<IssuedToken> {
    const existing = current;
    if (existing !== undefined && Date.now() < existing.renewAt) return existing;
    signingIn ??= requestToken().finally(() => {
      signingIn = undefined;
    });
    return signingIn.catch((error: unknown) => {
      if (isTemporary(error) && existing !== undefined && Date.now() < existing.expiresAt) return existing;
      if (error instanceof SecretsGatewayError && error.status !== undefined)
        status?.down(`the gateway issued no token for ${identityOf(credentials)}: HTTP ${error.status}`);
      throw error;
    });
  }

  async function callOnce<T>(path: string, body: Json, read: (answer: Answer) => T, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const issued = await validToken();
      const answer = await send(path, body, signal, issued.token);
      try {
        return read(answer);
      } catch (error) {
        if (!(error instanceof SecretsGatewayError) || error.code !== 'UNAUTHENTICATED' || 'token' in credentials)
          throw error;
        if (current?.token === issued.token) current = undefined;
        if (attempt === 2) throw error;
      }
    }
  }

  return {
    signIn: validToken,
    async call(path, body, read, isRead) {
      const signal = AbortSignal.timeout(timeoutMs);
      for (let attempt = 0; ; attempt++) {
        try {
          return await callOnce(path, body, read, signal);
        } catch (error) {
          if (!isRead || attempt >= retries || !isTemporary(error) || signal.aborted) throw error;
          // Random waits prevent that many clients retry at the same moment.
          const wait = FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random());
          await sleep(wait, undefined, { signal }).catch(() => {});
          if (signal.aborted) throw error;
        }
      }
    },
  };
}

type Concealed =
  | { keyId: string; keySecret: Sensitive }
  | { username: string; password: Sensitive }
  | { token: Sensitive };

/** Wraps the credentials, so that an object that a program prints does not contain them. */
function concealed(credentials: Credentials): Concealed {
  if ('token' in credentials) return { token: new Sensitive(credentials.token) };
  if ('keyId' in credentials) return { keyId: credentials.keyId, keySecret: new Sensitive(credentials.keySecret) };
  return { username: credentials.username, password: new Sensitive(credentials.password) };
}

function exposed(credentials: Exclude<Concealed, { token: Sensitive }>): Json {
  if ('keyId' in credentials) return { keyId: credentials.keyId, keySecret: credentials.keySecret.expose() };
  return { username: credentials.username, password: credentials.password.expose() };
}

function identityOf(credentials: Concealed): string {
  if ('token' in credentials) return 'this token';
  return 'keyId' in credentials ? 'the access key' : 'the user';
}

function isTemporary(error: unknown): boolean {
  return error instanceof SecretsGatewayError && error.isTemporary;
}

/** @throws TypeError */
function baseOf(url: string): string {
  const { protocol, username, password, search, hash } = new URL(url);
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '' || search !== '' || hash !== '')
    throw new TypeError('url: must have the form http://host:port, without user, query or fragment');
  return url.replace(/\/+$/, '').replace(/\/api$/, '');
}

/** Returns the number of milliseconds for which a token is valid. The function does not compare the clocks of two machines. */
function lifetimeOf(token: Sensitive): number {
  const { iat, exp } = timesOf(token);
  return iat === undefined || exp === undefined ? UNKNOWN_LIFETIME_MS : exp - iat;
}

/** Returns the time of issue and the time of expiry of a token in milliseconds since 1970, by the clock of the gateway. */
function timesOf(token: Sensitive): { iat?: number; exp?: number } {
  const claims = parsed(Buffer.from(token.expose().split('.')[1] ?? '', 'base64url').toString());
  if (!isJsonObject(claims)) return {};
  const { iat, exp } = claims;
  return {
    ...(typeof iat === 'number' && { iat: iat * 1_000 }),
    ...(typeof exp === 'number' && { exp: exp * 1_000 }),
  };
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Returns an error code such as ECONNREFUSED. The function does not return the error's message, because the message can quote the request. */
export function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause as unknown) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at.name === 'TimeoutError') return 'timeout';
  }
  return 'no connection';
}
