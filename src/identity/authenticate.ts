import type { Caller } from '../access/access.ts';
import { readStanding } from '../access/standing-store.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/client.ts';
import { Unauthenticated } from '../errors.ts';
import { MAX_TOKEN_LENGTH, payloadOf, tokenKid, verifyToken } from './jwt.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface Credentials {
  requestId: string;
  address: string;
  /** The values of `Authorization` and `X-Authorization`, if any. */
  authorization: string | undefined;
  xAuthorization: string | undefined;
}

/** The caller that a request's token stands for, as it stands now. @throws Unauthenticated, Unavailable */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;

export function authenticator({
  database,
  keys,
  clock,
}: {
  database: Database;
  keys: SigningKeys;
  clock: Clock;
}): Authenticate {
  return async ({ requestId, address, authorization, xAuthorization }) => {
    const token = tokenOf(authorization, xAuthorization);
    const kid = tokenKid(token);
    const key = kid === undefined ? undefined : await keys.verifying(kid);
    if (key === undefined) throw new Unauthenticated('INVALID');
    const now = clock.now();
    const claims = verifyToken(token, { key, now });
    const standing = await readStanding(
      database,
      {
        kind: claims.principalKind,
        id: claims.principalId,
        generation: claims.generation,
        accessKeyId: claims.accessKeyId,
        kid: claims.kid,
      },
      now,
    );
    if (standing === undefined) throw new Unauthenticated('INVALID');
    return { standing, claims: payloadOf(claims), requestId, address };
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
