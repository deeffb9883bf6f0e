import { hash } from 'node:crypto';
import { remembered } from '../concurrency/cache.ts';
import { Unauthenticated } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Presented } from '../principals/entitlement-store.ts';
import { type Claims, MAX_TOKEN_LENGTH, type Payload, payloadOf, requireTimely, tokenKid, verifyToken } from './jwt.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The verified token of one request. Verification does not read the principal's entitlements. */
export interface Bearer {
  presented: Presented;
  claims: Payload;
  requestId: string;
  address: string;
}

export interface Credentials {
  requestId: string;
  address: string;
  /** The values of `Authorization` and `X-Authorization`, if any. */
  authorization: string | undefined;
  xAuthorization: string | undefined;
}

/**
 * Whoever a request's token stands for. Whether that is somebody active, and whether the key that signed it still holds, is for `standings`
 * to say. @throws Unauthenticated, Unavailable
 */
export type Authenticate = (credentials: Credentials) => Promise<Bearer>;

const MOST_REMEMBERED = 10_000;

interface Verified {
  times: Pick<Claims, 'issuedAt' | 'expiresAt'>;
  bearer: Pick<Bearer, 'presented' | 'claims'>;
}

export function authenticator({ keys, clock }: { keys: SigningKeys; clock: Clock }): Authenticate {
  // By hash: a token is worth stealing, what it says is not. Signatures do not change; times are held against the clock each time.
  const known = remembered<Verified>({ most: MOST_REMEMBERED });

  const verify = async (token: string): Promise<Verified> => {
    const kid = tokenKid(token);
    const key = kid === undefined ? undefined : await keys.verifying(kid);
    if (key === undefined) throw new Unauthenticated('INVALID');
    const claims = verifyToken(token, { key, now: clock.now() });
    const { principalKind: kind, principalId: id, generation, accessKeyId, issuedAt, expiresAt } = claims;
    const presented = { kind, id, generation, accessKeyId, kid: claims.kid };
    return { times: { issuedAt, expiresAt }, bearer: { presented, claims: payloadOf(claims) } };
  };

  return async ({ requestId, address, authorization, xAuthorization }) => {
    const token = tokenOf(authorization, xAuthorization);
    const key = hash('sha256', token, 'base64');
    let verified = known.get(key);
    if (verified === undefined) {
      verified = await verify(token);
      known.set(key, verified);
    } else {
      const now = clock.now();
      if (!(now < verified.times.expiresAt)) known.forget(key);
      requireTimely(verified.times, now);
    }
    return { ...verified.bearer, requestId, address };
  };
}

/** `Authorization: Bearer TOKEN`, or `X-Authorization: TOKEN` as Conductor clients send it. */
function tokenOf(authorization: string | undefined, xAuthorization: string | undefined): string {
  if (authorization === undefined && xAuthorization === undefined) throw new Unauthenticated('MISSING');
  const bearer = /^Bearer +([^ ]+) *$/i.exec(authorization?.slice(0, MAX_TOKEN_LENGTH + 20) ?? '')?.[1];
  const token = bearer ?? xAuthorization?.replace(/^Bearer +/i, '').trim();
  if (token === undefined || token === '') throw new Unauthenticated('INVALID');
  return token;
}
