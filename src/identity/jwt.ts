// Tokens: JWTs signed with ES256 by the gateway for itself. The algorithm, the issuer and the audience are pinned, the header
// holds `alg`, `typ` and `kid` and nothing else, and the claims are exactly those below. Whatever is not that is INVALID:
// nobody else makes such tokens, so there is nothing to be lenient about.

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
import { Sensitive } from '../sensitive.ts';

const ISSUER = 'secrets-gateway';
const AUDIENCE = 'secrets-gateway';

/** A longer token is refused unread. Ours have some 500 characters. */
export const MAX_TOKEN_LENGTH = 4096;
/** No token lasts longer, whatever it says: the upper bound of `TOKEN_TTL`. */
export const MAX_TOKEN_TTL_SECONDS = 24 * 60 * 60;
/** How far ahead the clock of the node that issued a token may be. Expiry has no such allowance. */
const CLOCK_SKEW_SECONDS = 5;

/** Who a token is for. */
export interface TokenSubject {
  principalKind: 'USER' | 'APPLICATION';
  /** A UUID. */
  principalId: string;
  /** The `tokenGeneration` of the user or the access key when it signed in. */
  generation: number;
  /** A UUID: the access key that signed in. Applications have one, users none. */
  accessKeyId?: string;
}

/** What a verified token says. */
export interface Claims extends TokenSubject {
  kid: string;
  jti: string;
  issuedAt: Date;
  expiresAt: Date;
}

/** What stands in a token, by the names of RFC 7519 and two of our own: `gen` and `key`. */
export type Payload = Readonly<Record<string, string | number>>;

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

export interface VerifyingKey {
  kid: string;
  publicKey: KeyObject;
}

/** The public half of a signing key as others may see it (RFC 7517). */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  alg: 'ES256';
  use: 'sig';
  kid: string;
}

/** A new P-256 key. `pkcs8` is the private half in DER: to be sealed at once and not kept. */
export function generateSigningKey(): { kid: string; pkcs8: Buffer; publicJwk: PublicJwk } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicJwk(publicKey);
  return { kid: jwk.kid, pkcs8: privateKey.export({ type: 'pkcs8', format: 'der' }), publicJwk: jwk };
}

/** @throws Error if `pkcs8` is no P-256 key, or not the one that `kid` names */
export function importSigningKey(kid: string, pkcs8: Uint8Array): SigningKey {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  requireKid(kid, privateKey);
  return { kid, privateKey };
}

/** @throws Error if `jwk` is no P-256 key, or not the one that `kid` names */
export function importVerifyingKey(kid: string, jwk: Pick<PublicJwk, 'kty' | 'crv' | 'x' | 'y'>): VerifyingKey {
  // Only these four: a `d` among them would make a private key of it.
  const { kty, crv, x, y } = jwk;
  const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  requireKid(kid, publicKey);
  return { kid, publicKey };
}

/** The public half of `key`, whichever half is passed. Its `kid` is the RFC 7638 thumbprint. @throws Error if it is no P-256 key */
export function publicJwk(key: KeyObject): PublicJwk {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y) throw new Error(`A signing key is P-256; this one is ${crv ?? kty}`);
  // RFC 7638: the required members, in the order of their names, without white space.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kty, crv, x, y, alg: 'ES256', use: 'sig', kid };
}

/** What `/.well-known/jwks.json` answers: public halves only. */
export function jwks(keys: readonly VerifyingKey[]): { keys: PublicJwk[] } {
  return { keys: keys.map(({ publicKey }) => publicJwk(publicKey)) };
}

/**
 * Issues a token for `subject`, valid from `now` (in whole seconds) for `ttlSeconds`, but not after `until`. `exp` of a token is in whole
 * seconds, so `until` is rounded up there; the returned `expiresAt` is never later than `until`.
 * @throws Error for a subject or lifetime that `verifyToken` would refuse
 */
export function issueToken(
  subject: TokenSubject,
  { key, now, ttlSeconds, until = null }: { key: SigningKey; now: Date; ttlSeconds: number; until?: Date | null },
): { token: Sensitive; expiresAt: Date } {
  const iat = Math.floor(now.getTime() / 1000);
  const last = until?.getTime() ?? Number.POSITIVE_INFINITY;
  const exp = Math.min(iat + ttlSeconds, Math.ceil(last / 1000));
  const payload = payloadFor(subject, { jti: randomUUID(), iat, exp });
  if (!claimsOf(payload, key.kid)) throw new Error('A token was asked for that would not verify');
  const token = jwt.sign(payload, key.privateKey, { algorithm: 'ES256', keyid: key.kid });
  return { token: new Sensitive(token), expiresAt: new Date(Math.min(exp * 1000, last)) };
}

/** What stands in the token that says this. */
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
    sub: outside(principalKind === 'USER' ? 'usr' : 'app', principalId),
    jti,
    iat,
    nbf: iat,
    exp,
    gen: generation,
    ...(accessKeyId === undefined ? {} : { key: outside('key', accessKeyId) }),
  };
}

// Three parts of base64url, the last one the 64 bytes of an ES256 signature.
const TOKEN = /^([\w-]{1,512})\.([\w-]+)\.([\w-]{86})$/;

/** The `kid` by which to find the key, or undefined for what cannot be a token of ours. Proves nothing. Never throws. */
export function tokenKid(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = TOKEN.exec(token);
  // The last character of a part has bits to spare. They are zero, so that one token has one spelling.
  if (!parts?.slice(1).every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) return undefined;
  try {
    const { alg, typ, kid, ...others } = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'));
    // No `jwk`, `jku`, `x5u`, `crit` …: a token does not get to say with what it is verified.
    if (alg !== 'ES256' || typ !== 'JWT' || Object.keys(others).length > 0) return undefined;
    return typeof kid === 'string' && /^[\w-]{43}$/.test(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What `token` says, if it was issued by the holder of `key` and holds at `now`.
 * @throws Unauthenticated EXPIRED if that is all that is wrong with it, INVALID otherwise
 */
export function verifyToken(token: string, { key, now }: { key: VerifyingKey; now: Date }): Claims {
  if (tokenKid(token) !== key.kid) throw new Unauthenticated('INVALID');

  // The library checks algorithm, key type, curve, signature, issuer and audience. Times are checked below, for its own check
  // says "expired" of a token for another audience, and takes a time of 0 for none.
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
    // Its error may quote the token; nothing of it goes on.
    throw new Unauthenticated('INVALID');
  }

  const claims = claimsOf(payload, key.kid);
  if (!claims) throw new Unauthenticated('INVALID');
  requireTimely(claims, now);
  return claims;
}

/** Holds the times of a token against the clock. @throws Unauthenticated INVALID if it is from the future, EXPIRED if it has ended */
export function requireTimely({ issuedAt, expiresAt }: Pick<Claims, 'issuedAt' | 'expiresAt'>, now: Date): void {
  // Written so that a time that is no number refuses.
  if (!(issuedAt.getTime() <= now.getTime() + CLOCK_SKEW_SECONDS * 1000)) throw new Unauthenticated('INVALID');
  if (!(now < expiresAt)) throw new Unauthenticated('EXPIRED');
}

const NAMES = ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'gen'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A payload's claims, or null unless they are exactly the ones that are issued, each of its shape. One too many refuses as well:
 * should a later version restrict tokens by a further claim, this one must not take them for unrestricted.
 */
function claimsOf(payload: unknown, kid: string): Claims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { iss, aud, sub, jti, iat, nbf, exp, gen, key } = payload as Record<string, unknown>;

  const user = inside('usr', sub);
  const principalId = user ?? inside('app', sub);
  const accessKeyId = inside('key', key);
  if (principalId === null || (user === null) !== (accessKeyId !== null)) return null;
  const names = user === null ? [...NAMES, 'key'] : NAMES;
  if (Object.keys(payload).sort().join() !== names.toSorted().join()) return null;

  if (iss !== ISSUER || aud !== AUDIENCE) return null;
  if (typeof jti !== 'string' || !UUID.test(jti)) return null;
  if (!isCount(gen) || !isCount(iat) || !isCount(exp) || iat === 0 || nbf !== iat) return null;
  if (exp <= iat || exp - iat > MAX_TOKEN_TTL_SECONDS) return null;

  const dated = { kid, jti, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  return accessKeyId === null
    ? { principalKind: 'USER', principalId, generation: gen, ...dated }
    : { principalKind: 'APPLICATION', principalId, generation: gen, accessKeyId, ...dated };
}

/** Integers from 0 to 2^32: times until 2106, and more generations than the column holds. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 32;
}

/** An id as it stands in a token: `usr_` and the UUID without its dashes. */
function outside(prefix: string, uuid: string): string {
  return `${prefix}_${UUID.test(uuid) ? uuid.replaceAll('-', '') : ''}`;
}

/** The UUID in an outside id with this prefix, or null. */
function inside(prefix: string, id: unknown): string | null {
  const match = typeof id === 'string' && /^([a-z]{3})_(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(id);
  if (!match || match[1] !== prefix) return null;
  const uuid = match.slice(2).join('-');
  return UUID.test(uuid) ? uuid : null;
}

function requireKid(kid: string, key: KeyObject): void {
  if (publicJwk(key).kid !== kid) throw new Error('A signing key does not match its kid');
}
