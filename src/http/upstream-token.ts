// With what the gateway signs in at the server behind it.
import type { Logger } from 'pino';
import type { Pool } from 'undici';
import type { Clock } from '../primitives/clock.ts';
import { Sensitive } from '../sensitive.ts';
import { HttpError } from './exchange.ts';

/** A token that holds until somebody changes the settings, or a key that one gets tokens for. */
export type UpstreamCredentials =
  | { readonly token: Sensitive }
  | { readonly keyId: string; readonly keySecret: Sensitive };

export interface UpstreamToken {
  /** One that holds, fetched if need be; undefined if there are no credentials. @throws HttpError 502 if none was to be had */
  current(): Promise<Sensitive | undefined>;
  /** The server took `token` for none: the next request fetches another, where there is a key for it. */
  refused(token: Sensitive): void;
}

const LONGEST_MS = 30 * 60_000;
/** Before it expires: a request takes its time to arrive, and clocks differ. */
const EARLY_MS = 30_000;
const FETCH_MS = 10_000;
const ANSWER_LIMIT = 64 * 1_024;

export interface UpstreamTokenOptions {
  readonly credentials: UpstreamCredentials | undefined;
  readonly pool: Pool;
  /** Where tokens are given: `/api/token`. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger | undefined;
}

export function upstreamToken(options: UpstreamTokenOptions): UpstreamToken {
  const { credentials, clock, log } = options;
  if (credentials === undefined || 'token' in credentials) {
    return { current: async () => credentials?.token, refused() {} };
  }
  let held: { token: Sensitive; until: number } | undefined;
  let fetching: Promise<Sensitive> | undefined;

  const renew = async (): Promise<Sensitive> => {
    try {
      const text = await fetchToken(options, credentials.keyId, credentials.keySecret);
      const token = new Sensitive(text);
      held = { token, until: Math.min(clock.now().getTime() + LONGEST_MS, expiryOf(text) - EARLY_MS) };
      return token;
    } catch (error) {
      // INVARIANT: neither the message nor the cause, which may quote what was answered.
      log?.warn({ reason: reasonOf(error) }, 'the Conductor server gives no token');
      throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The Conductor server lets the gateway in with no token.');
    } finally {
      fetching = undefined;
    }
  };

  return {
    async current() {
      if (held !== undefined && clock.now().getTime() < held.until) return held.token;
      fetching ??= renew();
      return fetching;
    },
    refused(token) {
      // Another may have come since.
      if (held?.token === token) held = undefined;
    },
  };
}

class NoToken extends Error {}

/** @throws NoToken, or an error of the connection */
async function fetchToken({ pool, path, timeoutMs }: UpstreamTokenOptions, keyId: string, keySecret: Sensitive) {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ keyId, keySecret: keySecret.expose() }),
    signal: AbortSignal.timeout(Math.min(timeoutMs, FETCH_MS)),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > ANSWER_LIMIT) throw new NoToken('too long');
  }
  if (statusCode < 200 || statusCode > 299) throw new NoToken(`status ${statusCode}`);
  const { token } = JSON.parse(Buffer.concat(chunks).toString());
  // It becomes a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new NoToken('none in the answer');
  return token;
}

/** Milliseconds since 1970; Infinity if it does not say, or is no JSON Web Token. */
function expiryOf(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NoToken) return error.message;
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : String(name);
}
