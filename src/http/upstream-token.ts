// Provides the token that the gateway sends to the Conductor server.
import type { Logger } from 'pino';
import type { Pool } from 'undici';
import type { Clock } from '../primitives/clock.ts';
import { Sensitive } from '../sensitive.ts';
import { buffered } from './buffered.ts';
import { HttpError } from './exchange.ts';

/** The credentials of the gateway for the Conductor server: a token from the settings, or an access key that the gateway exchanges for tokens. */
export type UpstreamCredentials =
  | { readonly token: Sensitive }
  | { readonly keyId: string; readonly keySecret: Sensitive };

export interface UpstreamToken {
  /**
   * Returns a valid token. If no valid token is cached, the function fetches a token from the Conductor server. Returns undefined if the gateway has
   * no credentials for the Conductor server.
   * @throws HttpError 502 if the gateway could not fetch a token
   */
  current(): Promise<Sensitive | undefined>;
  /**
   * The caller calls `rejected` after the Conductor server rejected `token`. If the credentials are an access key, the next request fetches a new
   * token.
   */
  rejected(token: Sensitive): void;
}

const MAX_CACHE_MS = 30 * 60_000;
/**
 * The gateway renews a token this number of milliseconds before the token expires, because requests take time and the clocks of two servers can
 * differ.
 */
const RENEW_BEFORE_MS = 30_000;
const FETCH_TIMEOUT_MS = 10_000;
const ANSWER_LIMIT = 64 * 1_024;

export interface UpstreamTokenOptions {
  readonly credentials: UpstreamCredentials | undefined;
  readonly pool: Pool;
  /** The path at which the Conductor server issues tokens, `/api/token`. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger | undefined;
}

export function upstreamToken(options: UpstreamTokenOptions): UpstreamToken {
  const { credentials, clock, log } = options;
  if (credentials === undefined || 'token' in credentials) {
    return { current: async () => credentials?.token, rejected() {} };
  }
  let cached: { token: Sensitive; until: number } | undefined;
  let fetching: Promise<Sensitive> | undefined;

  const renew = async (): Promise<Sensitive> => {
    try {
      const text = await fetchToken(options, credentials.keyId, credentials.keySecret);
      const token = new Sensitive(text);
      cached = { token, until: Math.min(clock.now().getTime() + MAX_CACHE_MS, expiryOf(text) - RENEW_BEFORE_MS) };
      return token;
    } catch (error) {
      // INVARIANT: the log line contains neither the message nor the cause of the error, because both can quote the Conductor server's answer.
      log?.warn({ reason: reasonOf(error) }, 'the Conductor server issued no token');
      throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', "The Conductor server rejected the gateway's credentials.");
    } finally {
      fetching = undefined;
    }
  };

  return {
    async current() {
      if (cached !== undefined && clock.now().getTime() < cached.until) return cached.token;
      fetching ??= renew();
      return fetching;
    },
    rejected(token) {
      // Another request may have fetched a new token in the meantime.
      if (cached?.token === token) cached = undefined;
    },
  };
}

class UnusableToken extends Error {}

/** @throws UnusableToken, or an error of the connection */
async function fetchToken({ pool, path, timeoutMs }: UpstreamTokenOptions, keyId: string, keySecret: Sensitive) {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ keyId, keySecret: keySecret.expose() }),
    signal: AbortSignal.timeout(Math.min(timeoutMs, FETCH_TIMEOUT_MS)),
  });
  const bytes = await buffered(body, ANSWER_LIMIT);
  if (bytes === undefined) throw new UnusableToken('answer too long');
  if (statusCode < 200 || statusCode > 299) throw new UnusableToken(`status ${statusCode}`);
  const { token } = JSON.parse(bytes.toString());
  // The gateway checks the token because the gateway sends the token as the value of an HTTP header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new UnusableToken('no token in the answer');
  return token;
}

/** Returns the expiry time of a token in milliseconds since 1970. Returns Infinity if the token contains no expiry time, or is not a JSON Web Token. */
function expiryOf(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnusableToken) return error.message;
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : String(name);
}
