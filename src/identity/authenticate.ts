import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { Unauthenticated } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { TokenClaims } from '../principals/entitlement-store.ts';
import { type Claims, MAX_TOKEN_LENGTH, type Payload, payloadOf, requireTimely, tokenKid, verifyToken } from './jwt.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A token with a valid signature that has not expired. */
export interface VerifiedToken {
  claims: TokenClaims;
  /** The JSON fields of the token that contain the claims. */
  payload: Payload;
}

/**
 * Verifies the token in the headers of a request. Does not check whether the principal is still active or whether the signing key is still valid. The
 * entitlement cache makes both checks. @throws Unauthenticated, Unavailable
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<VerifiedToken>;

const MAX_CACHED_TOKENS = 10_000;

interface Verified {
  times: Pick<Claims, 'issuedAt' | 'expiresAt'>;
  token: VerifiedToken;
}

export function authenticator({ keys, clock }: { keys: SigningKeys; clock: Clock }): Authenticate {
  // A cache of verified tokens. Its cache key is a hash of the token, so that the cache contains no usable token. A signature is verified only once,
  // because a valid signature stays valid. For every request, the times in the token are compared with the clock.
  const verifiedTokens = new LRUCache<string, Verified>({ max: MAX_CACHED_TOKENS });

  const verify = async (token: string): Promise<Verified> => {
    const kid = tokenKid(token);
    const key = kid === undefined ? undefined : await keys.verifying(kid);
    if (key === undefined) throw new Unauthenticated('INVALID');
    const verified = verifyToken(token, { key, now: clock.now() });
    const { principalKind: kind, principalId: id, generation, accessKeyId, issuedAt, expiresAt } = verified;
    const claims = { kind, id, generation, accessKeyId, kid: verified.kid };
    return { times: { issuedAt, expiresAt }, token: { claims, payload: payloadOf(verified) } };
  };

  return async (headers) => {
    const token = tokenIn(headers);
    const cacheKey = hash('sha256', token, 'base64');
    let verified = verifiedTokens.get(cacheKey);
    if (verified === undefined) {
      verified = await verify(token);
      verifiedTokens.set(cacheKey, verified);
    } else {
      const now = clock.now();
      if (!(now < verified.times.expiresAt)) verifiedTokens.delete(cacheKey);
      requireTimely(verified.times, now);
    }
    return verified.token;
  };
}

/** Requests share this error, because each sign-in needs it, and the creation of an error takes 3 % of the CPU time of a sign-in. */
const MISSING = new Unauthenticated('MISSING');

/**
 * Returns the token in the header `Authorization: Bearer TOKEN`, or in the header `X-Authorization: TOKEN`, which Conductor clients send.
 * @throws Unauthenticated
 */
function tokenIn({ authorization, 'x-authorization': others }: IncomingHttpHeaders): string {
  const xAuthorization = Array.isArray(others) ? others[0] : others;
  if (authorization === undefined && xAuthorization === undefined) throw MISSING;
  const bearer = /^Bearer +([^ ]+) *$/i.exec(authorization?.slice(0, MAX_TOKEN_LENGTH + 20) ?? '')?.[1];
  const token = bearer ?? xAuthorization?.replace(/^Bearer +/i, '').trim();
  if (token === undefined || token === '') throw new Unauthenticated('INVALID');
  return token;
}
