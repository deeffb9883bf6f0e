// Session tokens: JWTs that the gateway signs with ES256 and verifies itself. The algorithm, the issuer and the audience are fixed. The header has
// only `alg`, `typ` and `kid`, and each token has exactly the claims that this file lists. Every other token is INVALID. Strict rules break no
// client, because only gateways issue the tokens.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import jwt from 'jsonwebtoken';
import { Unauthenticated } from '../errors.ts';
import { type IdKind, isUuid, toGlobalId, toUuid, type Uuid } from '../primitives/ids.ts';
import { Sensitive } from '../sensitive.ts';

const ISSUER = 'secrets-gateway';
const AUDIENCE = 'secrets-gateway';

/**
 * Maximum length of a token, in characters. The gateway rejects a longer token without parsing it. The gateway's own tokens have about 500
 * characters.
 */
export const MAX_TOKEN_LENGTH = 4096;
/** Maximum lifetime of a token, and the upper limit of `TOKEN_TTL`. A token with a longer lifetime is INVALID. */
export const MAX_TOKEN_TTL_SECONDS = 24 * 60 * 60;
/**
 * The claim `iat` of a token may be at most this number of seconds in the future. The clock of the process that issued the token can be ahead of the
 * clock of this process. The claim `exp` has no tolerance.
 */
const CLOCK_SKEW_SECONDS = 5;

/** The principal of a token. */
export interface TokenSubject {
  principalKind: 'USER' | 'APPLICATION';
  principalId: Uuid;
  /** The `tokenGeneration` of the user or the access key at sign-in. */
  generation: number;
  /** UUID of the access key with which an application signed in. Undefined if the principal is a user. */
  accessKeyId?: Uuid;
}

/** The contents of a verified token. */
export interface Claims extends TokenSubject {
  kid: string;
  jti: string;
  issuedAt: Date;
  expiresAt: Date;
}

/** The JSON fields in the payload of a token: the registered claims of RFC 7519, and the gateway's own claims `gen` and `key`. */
export type Payload = Readonly<Record<string, string | number>>;

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

export interface VerifyingKey {
  kid: string;
  publicKey: KeyObject;
}

/** The public half of a signing key (RFC 7517). */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  alg: 'ES256';
  use: 'sig';
  kid: string;
}

/**
 * Generates a P-256 signing key. `pkcs8` is the private half in DER. The caller must seal `pkcs8` immediately and must not store the unsealed bytes.
 */
export function generateSigningKey(): { kid: string; pkcs8: Buffer; publicJwk: PublicJwk } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicJwk(publicKey);
  return { kid: jwk.kid, pkcs8: privateKey.export({ type: 'pkcs8', format: 'der' }), publicJwk: jwk };
}

/** @throws Error if `pkcs8` is not a P-256 key, or does not match `kid` */
export function importSigningKey(kid: string, pkcs8: Uint8Array): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  requireKid(kid, privateKey);
  return { kid, privateKey };
}

/** @throws Error if `jwk` is not a P-256 key, or does not match `kid` */
export function importVerifyingKey(kid: string, jwk: Pick<PublicJwk, 'kty' | 'crv' | 'x' | 'y'>): VerifyingKey {
  // Only these four fields are passed to node:crypto, because node:crypto would import a private key if the object had a field `d`.
  const { kty, crv, x, y } = jwk;
  const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  requireKid(kid, publicKey);
  return { kid, publicKey };
}

/**
 * Returns the public half of a signing key. `key` can be the private or the public half. `kid` is the RFC 7638 thumbprint.
 * @throws Error if `key` is not a P-256 key
 */
export function publicJwk(key: KeyObject): PublicJwk {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y)
    throw new Error(`A signing key must be a P-256 key; this key is ${crv ?? kty}`);
  // The thumbprint of RFC 7638 is the hash of the required fields, sorted by field name and without white space.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kty, crv, x, y, alg: 'ES256', use: 'sig', kid };
}

/** Returns the body of `/.well-known/jwks.json`, which contains only the public halves of signing keys. */
export function jwks(keys: readonly VerifyingKey[]): { keys: PublicJwk[] } {
  return { keys: keys.map(({ publicKey }) => publicJwk(publicKey)) };
}

/**
 * Issues a token for `subject`. The token is valid from `now` (in whole seconds) for `ttlSeconds`, but not after `until`. The claim `exp` has whole
 * seconds, so the token contains `until` rounded up to a second. The returned `expiresAt` is never later than `until`.
 * @throws Error for a subject or a lifetime that `verifyToken` would reject
 */
export function issueToken(
  subject: TokenSubject,
  { key, now, ttlSeconds, until = null }: { key: SigningKey; now: Date; ttlSeconds: number; until?: Date | null },
): { token: Sensitive; expiresAt: Date } {
  const iat = Math.floor(now.getTime() / 1000);
  const untilMs = until?.getTime() ?? Number.POSITIVE_INFINITY;
  const exp = Math.min(iat + ttlSeconds, Math.ceil(untilMs / 1000));
  const payload = payloadFor(subject, { jti: randomUUID(), iat, exp });
  if (!claimsOf(payload, key.kid)) throw new Error('The subject or the lifetime of the token is invalid');
  const token = jwt.sign(payload, key.privateKey, { algorithm: 'ES256', keyid: key.kid });
  return { token: new Sensitive(token), expiresAt: new Date(Math.min(exp * 1000, untilMs)) };
}

/** Returns the JSON fields of the token that has these claims. */
export function payloadOf(claims: Claims): Payload {
  const [iat, exp] = [claims.issuedAt.getTime() / 1000, claims.expiresAt.getTime() / 1000];
  return payloadFor(claims, { jti: claims.jti, iat, exp });
}

function payloadFor(
  { principalKind, principalId, generation, accessKeyId }: TokenSubject,
  { jti, iat, exp }: { jti: string; iat: number; exp: number },
): Payload {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: toGlobalId(principalKind, principalId),
    jti,
    iat,
    nbf: iat,
    exp,
    gen: generation,
    ...(accessKeyId === undefined ? {} : { key: toGlobalId('ACCESS_KEY', accessKeyId) }),
  };
}

// A token has three parts in base64url. The third part is an ES256 signature of 64 bytes.
const TOKEN = /^([\w-]{1,512})\.([\w-]+)\.([\w-]{86})$/;

/**
 * Returns the `kid` in the token's header. Returns undefined if the string does not have the form of the gateway's tokens. Does not verify the
 * signature. Never throws.
 */
export function tokenKid(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = TOKEN.exec(token);
  // The last base64url character of each part can have unused bits. The unused bits must be zero, so that every token has exactly one spelling.
  if (!parts?.slice(1).every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) return undefined;
  try {
    const { alg, typ, kid, ...others } = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'));
    // A header with any additional field, such as `jwk`, `jku`, `x5u` or `crit`, is rejected. Otherwise a token could choose the key that verifies
    // the token.
    if (alg !== 'ES256' || typ !== 'JWT' || Object.keys(others).length > 0) return undefined;
    return typeof kid === 'string' && /^[\w-]{43}$/.test(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the claims of `token` if the token was signed with `key` and is valid at `now`.
 * @throws Unauthenticated EXPIRED if the only problem of the token is that it has expired, INVALID for every other problem
 */
export function verifyToken(token: string, { key, now }: { key: VerifyingKey; now: Date }): Claims {
  if (tokenKid(token) !== key.kid) throw new Unauthenticated('INVALID');

  // The library checks the algorithm, the key type, the curve, the signature, the issuer and the audience. The code below checks the times of the
  // token, because the library reports "expired" before it checks the audience, and ignores a time of 0.
  let payload: unknown;
  try {
    payload = jwt.verify(token, key.publicKey, {
      algorithms: ['ES256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    // The library's error is dropped, because its message can quote the token.
    throw new Unauthenticated('INVALID');
  }

  const claims = claimsOf(payload, key.kid);
  if (!claims) throw new Unauthenticated('INVALID');
  requireTimely(claims, now);
  return claims;
}

/** Checks the times of a token. @throws Unauthenticated INVALID if `issuedAt` is in the future, EXPIRED if `expiresAt` has passed */
export function requireTimely({ issuedAt, expiresAt }: Pick<Claims, 'issuedAt' | 'expiresAt'>, now: Date): void {
  // The conditions are negated, because every comparison with an invalid date is false and an invalid date must be rejected.
  if (!(issuedAt.getTime() <= now.getTime() + CLOCK_SKEW_SECONDS * 1000)) throw new Unauthenticated('INVALID');
  if (!(now < expiresAt)) throw new Unauthenticated('EXPIRED');
}

const NAMES = ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'gen'];

/**
 * Returns the claims of a payload. Returns null unless the payload has exactly the claims that the gateway issues, and unless each claim has the
 * right type. A payload with an additional claim is rejected. A newer version of the gateway may use an additional claim to restrict a token, and an
 * older version must not ignore the restriction.
 */
function claimsOf(payload: unknown, kid: string): Claims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { iss, aud, sub, jti, iat, nbf, exp, gen, key } = payload as Record<string, unknown>;

  const user = inside('USER', sub);
  const principalId = user ?? inside('APPLICATION', sub);
  const accessKeyId = inside('ACCESS_KEY', key);
  if (principalId === null || (user === null) !== (accessKeyId !== null)) return null;
  const names = user === null ? [...NAMES, 'key'] : NAMES;
  if (Object.keys(payload).sort().join() !== names.toSorted().join()) return null;

  if (iss !== ISSUER || aud !== AUDIENCE) return null;
  if (!isUuid(jti)) return null;
  if (!isCount(gen) || !isCount(iat) || !isCount(exp) || iat === 0 || nbf !== iat) return null;
  if (exp <= iat || exp - iat > MAX_TOKEN_TTL_SECONDS) return null;

  const dated = { kid, jti, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  return accessKeyId === null
    ? { principalKind: 'USER', principalId, generation: gen, ...dated }
    : { principalKind: 'APPLICATION', principalId, generation: gen, accessKeyId, ...dated };
}

/**
 * Whether a value is an integer from 0 to 2^32. This range includes all times in seconds until the year 2106, and every token generation that the
 * database column can store.
 */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 32;
}

/** Returns the UUID of a global id of this kind. Returns null for any other value. */
function inside(kind: IdKind, id: unknown): Uuid | null {
  return (typeof id === 'string' && toUuid(id, kind)) || null;
}

function requireKid(kid: string, key: KeyObject): void {
  if (publicJwk(key).kid !== kid) throw new Error('The signing key does not match its kid');
}
