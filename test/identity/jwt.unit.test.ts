import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { describe, expect, test, vi } from 'vitest';
import { Unauthenticated } from '../../src/errors.ts';
import {
  generateSigningKey,
  importSigningKey,
  importVerifyingKey,
  issueToken,
  jwks,
  MAX_TOKEN_LENGTH,
  MAX_TOKEN_TTL_SECONDS,
  publicJwk,
  tokenKid,
  verifyToken,
} from '../../src/identity/jwt.ts';
import { asUuid } from '../support/brands.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const IAT = NOW.getTime() / 1000;
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

const generated = generateSigningKey();
const { kid } = generated;
const key = importSigningKey(kid, generated.pkcs8);
const verifying = importVerifyingKey(kid, generated.publicJwk);

const USER = {
  principalKind: 'USER',
  principalId: asUuid('01890a5d-ac96-774b-bcce-b302099a8057'),
  generation: 3,
} as const;
const APPLICATION = {
  principalKind: 'APPLICATION',
  principalId: asUuid('01890a5d-ac96-774b-bcce-b302099a8058'),
  generation: 0,
  accessKeyId: asUuid('01890a5d-ac96-774b-bcce-b302099a8059'),
} as const;

const issued = () => issueToken(USER, { key, now: NOW, ttlSeconds: 3600 }).token.expose();

/** Returns the token claims of an issued token. */
const claims = {
  iss: 'secrets-gateway',
  aud: 'secrets-gateway',
  sub: 'usr_01890a5dac96774bbcceb302099a8057',
  jti: '5f0c1a52-9e3a-4f3e-9d0c-1b2a3c4d5e6f',
  iat: IAT,
  nbf: IAT,
  exp: IAT + 3600,
  gen: 3,
};
const header = { alg: 'ES256', typ: 'JWT', kid };

const base64url = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Returns a token with any header and payload, signed with the correct signing key. */
function signed(payload: unknown, head: unknown = header, privateKey: KeyObject = key.privateKey): string {
  const input = `${base64url(head)}.${base64url(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Returns the reason why `token` is rejected, or null. The error never contains any part of the token. */
function refusal(token: string, now: Date = NOW): string | null {
  try {
    verifyToken(token, { key: verifying, now });
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(Unauthenticated);
    const { code, reason, cause } = error as Unauthenticated;
    expect(code).toBe('UNAUTHENTICATED');
    expect(cause).toBeUndefined();
    const described = `${(error as Error).stack} ${JSON.stringify(error)}`;
    for (const part of token.split('.')) if (part.length > 8) expect(described).not.toContain(part);
    return reason;
  }
}

describe('tokens that the gateway issues', () => {
  test('the token of a user contains the id of the user', () => {
    const { token, expiresAt } = issueToken(USER, { key, now: later(0.7), ttlSeconds: 3600 });
    const verified = verifyToken(token.expose(), { key: verifying, now: later(1) });
    expect(verified).toEqual({ ...USER, kid, jti: verified.jti, issuedAt: NOW, expiresAt });
    expect(expiresAt).toEqual(later(3600));
  });

  test('the token of an application contains the ids of the application and of its access key', () => {
    const { token } = issueToken(APPLICATION, { key, now: NOW, ttlSeconds: 60 });
    expect(verifyToken(token.expose(), { key: verifying, now: NOW })).toMatchObject(APPLICATION);
  });

  test('a token contains exactly the documented header fields and token claims', () => {
    const { header: head, payload } = jwt.decode(issued(), { complete: true })!;
    expect(head).toEqual(header);
    expect(payload).toEqual({ ...claims, jti: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(refusal(signed(claims))).toBeNull();
  });

  test('each token has a unique id', () => {
    const ids = Array.from({ length: 20 }, () => verifyToken(issued(), { key: verifying, now: NOW }).jti);
    expect(new Set(ids).size).toBe(20);
  });

  test('printing a token object does not show the token itself', () => {
    const { token } = issueToken(USER, { key, now: NOW, ttlSeconds: 3600 });
    expect(`${token} ${JSON.stringify({ token })} ${inspect(token)}`).not.toContain('.');
  });

  test('for any principal and time, an issued token passes verification with unchanged token claims', () => {
    const subject = fc.oneof(
      fc.record({
        principalKind: fc.constant('USER' as const),
        principalId: fc.uuid().map(asUuid),
        generation: fc.nat(),
      }),
      fc.record({
        principalKind: fc.constant('APPLICATION' as const),
        principalId: fc.uuid().map(asUuid),
        generation: fc.nat(),
        accessKeyId: fc.uuid().map(asUuid),
      }),
    );
    const time = fc.date({ min: new Date(1000), max: new Date('2100-01-01'), noInvalidDate: true });
    const ttl = fc.integer({ min: 1, max: MAX_TOKEN_TTL_SECONDS });
    fc.assert(
      fc.property(subject, time, ttl, (who, now, ttlSeconds) => {
        const { token, expiresAt } = issueToken(who, { key, now, ttlSeconds });
        expect(verifyToken(token.expose(), { key: verifying, now })).toMatchObject({ ...who, expiresAt });
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['a user with an access key', { ...USER, accessKeyId: APPLICATION.accessKeyId }, 60],
    ['an application without an access key', { ...APPLICATION, accessKeyId: undefined }, 60],
    ['an id that is no UUID', { ...USER, principalId: 'admin' }, 60],
    ['an access key that is no UUID', { ...APPLICATION, accessKeyId: 'key' }, 60],
    ['a negative generation', { ...USER, generation: -1 }, 60],
    ['no lifetime', USER, 0],
    ['a broken lifetime', USER, 1.5],
    ['a lifetime over the bound', USER, MAX_TOKEN_TTL_SECONDS + 1],
  ])('the gateway refuses to issue a token that would fail verification: %s', (_, subject, ttlSeconds) => {
    expect(() => issueToken(subject as typeof USER, { key, now: NOW, ttlSeconds })).toThrow(Error);
  });
});

describe('the lifetime of a token', () => {
  test('a token is valid until its expiry, and from the second of the expiry on it is EXPIRED', () => {
    const token = issued();
    expect(refusal(token, later(3599.999))).toBeNull();
    expect(refusal(token, later(3600))).toBe('EXPIRED');
    expect(refusal(token, later(1e9))).toBe('EXPIRED');
  });

  test('the gateway accepts a token whose issuing clock is at most 5 s ahead, and rejects a token whose issuing clock is further ahead', () => {
    expect(refusal(issued(), later(-5))).toBeNull();
    expect(refusal(issued(), later(-5.001))).toBe('INVALID');
    expect(refusal(issued(), new Date(0))).toBe('INVALID');
  });

  test('verification at an invalid time rejects every token', () => {
    expect(refusal(issued(), new Date(Number.NaN))).toBe('INVALID');
  });

  test('an expired token that contains a second fault is INVALID and not EXPIRED', () => {
    const expired = { ...claims, iat: IAT - 7200, nbf: IAT - 7200, exp: IAT - 3600 };
    expect(refusal(signed(expired))).toBe('EXPIRED');
    expect(refusal(signed({ ...expired, aud: 'another' }))).toBe('INVALID');
    expect(refusal(signed({ ...expired, iss: 'another' }))).toBe('INVALID');
    expect(refusal(signed({ ...expired, gen: 'x' }))).toBe('INVALID');
    expect(refusal(signed(expired, header, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey))).toBe(
      'INVALID',
    );
  });

  test('a token whose lifetime exceeds the maximum is INVALID', () => {
    expect(refusal(signed({ ...claims, exp: IAT + MAX_TOKEN_TTL_SECONDS }))).toBeNull();
    expect(refusal(signed({ ...claims, exp: IAT + MAX_TOKEN_TTL_SECONDS + 1 }))).toBe('INVALID');
  });
});

describe('tokens with a wrong algorithm or signing key', () => {
  const pem = verifying.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const der = verifying.publicKey.export({ type: 'spki', format: 'der' });
  const input = (alg: string) => `${base64url({ ...header, alg })}.${base64url(claims)}`;
  const hmac = (alg: string, secret: string | Buffer) =>
    `${input(alg)}.${createHmac('sha256', secret).update(input(alg)).digest('base64url')}`;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const ed25519 = generateKeyPairSync('ed25519').privateKey;
  const { signature } = splitted(issued());

  test.each([
    ['none, unsigned', `${input('none')}.`],
    ['None, unsigned', `${input('None')}.`],
    ['none, with the signature of another token', `${input('none')}.${signature}`],
    ['ES256, unsigned', `${input('ES256')}.`],
    ['HS256 with the public key as the secret (PEM)', hmac('HS256', pem)],
    ['HS256 with the public key as the secret (DER)', hmac('HS256', der)],
    ['HS256 with an empty secret', hmac('HS256', '')],
    ['an HMAC labelled ES256', hmac('ES256', pem)],
    ['RS256', jwt.sign(claims, rsa, { algorithm: 'RS256', keyid: kid })],
    ['PS256', jwt.sign(claims, rsa, { algorithm: 'PS256', keyid: kid })],
    ['ES384', jwt.sign(claims, p384, { algorithm: 'ES384', keyid: kid })],
    ['EdDSA', `${input('EdDSA')}.${sign(null, Buffer.from(input('EdDSA')), ed25519).toString('base64url')}`],
    ['the right signing key and another name for the algorithm', signed(claims, { ...header, alg: 'ES384' })],
    ['the right signing key and no algorithm', signed(claims, { typ: 'JWT', kid })],
    ['the right signing key and a list of algorithms', signed(claims, { ...header, alg: ['ES256'] })],
    [
      'a signature in DER',
      `${input('ES256')}.${sign('sha256', Buffer.from(input('ES256')), key.privateKey).toString('base64url')}`,
    ],
    ['a signature of zeros', `${input('ES256')}.${'A'.repeat(86)}`],
  ])('the gateway rejects a token with a wrong algorithm, signing key or signature: %s', (_, token) => {
    expect(refusal(token)).toBe('INVALID');
  });

  test("the gateway rejects a token that a foreign P-256 key signed, even if the token contains the gateway's kid", () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(refusal(signed(claims, header, other))).toBe('INVALID');
  });

  test('if one signing key of the gateway signed a token, verification with a different signing key of the gateway fails', () => {
    const next = generateSigningKey();
    const { token } = issueToken(USER, { key: importSigningKey(next.kid, next.pkcs8), now: NOW, ttlSeconds: 60 });
    expect(tokenKid(token.expose())).toBe(next.kid);
    expect(refusal(token.expose())).toBe('INVALID');
  });
});

describe('the header of a token', () => {
  const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = attacker.publicKey.export({ format: 'jwk' });

  test.each([
    ['jwk', { ...header, jwk }],
    ['jku', { ...header, jku: 'https://attacker.example/jwks.json' }],
    ['x5u', { ...header, x5u: 'https://attacker.example/cert.pem' }],
    ['x5c', { ...header, x5c: ['MIIB'] }],
    ['crit', { ...header, crit: ['exp'] }],
    ['b64', { ...header, b64: false }],
    ['zip', { ...header, zip: 'DEF' }],
    ['__proto__', `{"alg":"ES256","typ":"JWT","kid":"${kid}","__proto__":{}}`],
  ])('the gateway rejects a token with the header %s, even if the signature is valid', (_, head) => {
    expect(refusal(signed(claims, head, attacker.privateKey))).toBe('INVALID');
    expect(refusal(signed(claims, head))).toBe('INVALID');
    expect(tokenKid(signed(claims, head))).toBeUndefined();
  });

  test.each([
    ['a path', '../../etc/passwd'],
    ['SQL', "' OR 1=1 --"],
    ['a URL', 'https://attacker.example/key'],
    ['nothing', ''],
    ['a number', 1],
    ['null', null],
    ['an object', { $ne: null }],
    ['a list', [kid]],
    ['a kid with a line break', `${kid}\n`],
    ['a long text', 'A'.repeat(300)],
    ['another key', 'A'.repeat(43)],
  ])('the gateway rejects a token whose kid is %s', (_, other) => {
    const token = signed(claims, { ...header, kid: other });
    expect(refusal(token)).toBe('INVALID');
    expect(tokenKid(token)).not.toBe(kid);
  });

  test.each([
    ['another typ', { ...header, typ: 'at+jwt' }],
    ['no typ', { alg: 'ES256', kid }],
    ['no kid', { alg: 'ES256', typ: 'JWT' }],
    ['null', null],
    ['a list', [header]],
    ['a string', '"ES256"'],
    ['no JSON', '{'],
  ])('the gateway rejects a token with a malformed header: %s', (_, head) => {
    expect(refusal(signed(claims, head))).toBe('INVALID');
    expect(tokenKid(signed(claims, head))).toBeUndefined();
  });
});

describe('the claims of a token', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([other]) => other !== name));
  const applicationClaims = {
    ...claims,
    sub: 'app_01890a5dac96774bbcceb302099a8058',
    key: 'key_01890a5dac96774bbcceb302099a8059',
  };

  test.each(Object.keys(claims))('the gateway rejects a token without the claim %s', (name) => {
    expect(refusal(signed(without(name)))).toBe('INVALID');
  });

  test('the claim for an access key is required in the token of an application and forbidden in the token of a user', () => {
    expect(refusal(signed(applicationClaims))).toBeNull();
    expect(refusal(signed({ ...claims, sub: applicationClaims.sub }))).toBe('INVALID');
    expect(refusal(signed({ ...claims, key: applicationClaims.key }))).toBe('INVALID');
    expect(refusal(signed({ ...claims, key: 'x' }))).toBe('INVALID');
  });

  test.each([
    ['another audience', { aud: 'another-gateway' }],
    ['a list of audiences that includes the gateway', { aud: ['secrets-gateway', 'another'] }],
    ['another issuer', { iss: 'https://attacker.example' }],
    ['a list of issuers', { iss: ['secrets-gateway'] }],
    ['a group as subject', { sub: 'grp_01890a5dac96774bbcceb302099a8057' }],
    ['a bare UUID as subject', { sub: USER.principalId }],
    ['a subject in capitals', { sub: claims.sub.toUpperCase() }],
    ['a subject with something after it', { sub: `${claims.sub}0` }],
    ['a subject that is no hexadecimal', { sub: `usr_${"' or true --".padEnd(32)}` }],
    ['a subject that is an object', { sub: { toString: 'usr_' } }],
    ['a jti that is no UUID', { jti: 'x' }],
    ['a jti that is a number', { jti: 1 }],
    ['a generation that is a string', { gen: '3' }],
    ['a negative generation', { gen: -1 }],
    ['a broken generation', { gen: 0.5 }],
    ['a generation beyond any', { gen: 1e300 }],
    ['an expiry that is a string', { exp: `${claims.exp}` }],
    ['an expiry of null', { exp: null }],
    ['an expiry beyond any', { exp: 1e300 }],
    ['an expiry before its issue', { exp: IAT - 1 }],
    ['a start that is a string', { nbf: `${IAT}` }],
    ['a start other than its issue', { nbf: IAT - 1 }],
    ['an issue of 0', { iat: 0, nbf: 0 }],
    ['an issue in the future', { iat: IAT + 6, nbf: IAT + 6 }],
    ['an additional claim', { admin: true }],
    ['a scope', { scope: 'READ' }],
  ])('the gateway rejects a token with a wrong claim: %s', (_, change) => {
    expect(refusal(signed({ ...claims, ...change }))).toBe('INVALID');
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"sub"'],
    ['a number', '1'],
    ['no JSON', '{"sub":'],
    ['nothing', '{}'],
    ['a prototype', `{"__proto__":${JSON.stringify(claims)}}`],
    ['a prototype and valid claims', JSON.stringify(claims).replace('{', '{"__proto__":{},')],
  ])('the gateway rejects a token with malformed claims: %s', (_, payload) => {
    expect(refusal(signed(payload))).toBe('INVALID');
  });
});

describe('strings that are not valid tokens', () => {
  const [a, b, c] = issued().split('.') as [string, string, string];

  test('the gateway rejects a signed token that is longer than 4096 characters', () => {
    const padded = (length: number) => signed({ ...claims, pad: 'x'.repeat(length) });
    expect(padded(4000).length).toBeGreaterThan(MAX_TOKEN_LENGTH);
    expect(tokenKid(padded(4000))).toBeUndefined();
    expect(tokenKid(padded(1000))).toBe(kid);
    expect(refusal(padded(4000))).toBe('INVALID');
  });

  test('the gateway rejects a token of ten million characters before any parsing', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const decode = vi.spyOn(Buffer, 'from');
    for (const text of ['A'.repeat(1e7), '.'.repeat(1e7), `${a}.${b}${'A'.repeat(1e7)}.${c}`]) {
      parse.mockClear();
      decode.mockClear();
      expect(tokenKid(text)).toBeUndefined();
      expect(() => verifyToken(text, { key: verifying, now: NOW })).toThrow(Unauthenticated);
      expect(parse).not.toHaveBeenCalled();
      expect(decode).not.toHaveBeenCalled();
    }
    vi.restoreAllMocks();
  });

  test('the gateway rejects a token with a header that is longer than 512 characters', () => {
    expect(tokenKid(signed(claims, { ...header, alg: 'x'.repeat(600) }))).toBeUndefined();
  });

  test.each([
    '',
    '.',
    '..',
    '...',
    'null',
    'undefined',
    'garbage',
    'gar.ba.ge',
    '€.€.€',
    '\0.\0.\0',
    `${a}.${b}`,
    `${a}.${b}.`,
    `${a}..${c}`,
    `.${b}.${c}`,
    `${a}.${b}.${c}.`,
    `${a}.${b}.${c}.${c}`,
    ` ${a}.${b}.${c}`,
    `${a}.${b}.${c} `,
    `${a}.${b}.${c}\n`,
    `${a}.${b}.${c}=`,
    `${a}=.${b}.${c}`,
    `Bearer ${a}.${b}.${c}`,
    `${b}.${a}.${c}`,
    `${a}.${b}.${c.slice(0, -1)}`,
    `${a}.${b}.${c}A`,
  ])('the gateway rejects a malformed token: %j', (text) => {
    expect(refusal(text)).toBe('INVALID');
  });

  test('the gateway rejects every random string as an INVALID token, and throws no other error', () => {
    const segment = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_=+/. ') });
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(segment, { maxLength: 5 }).map((parts) => parts.join('.')),
      fc.tuple(fc.json(), fc.json()).map(([head, payload]) => `${base64url(head)}.${base64url(payload)}.${c}`),
      fc.json().map((payload) => signed(payload)),
    );
    fc.assert(
      fc.property(text, (token) => {
        expect(refusal(token)).toBe('INVALID');
      }),
      { numRuns: 300 },
    );
  });

  test('the gateway rejects a token in which any single bit was flipped', () => {
    const token = issued();
    const dots = [token.indexOf('.'), token.lastIndexOf('.')];
    // Flips each of the six bits of every character, including the unused bits at the end of a part.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < token.length; at++) {
      if (dots.includes(at)) continue;
      const bit = 1 << (at % 6);
      const last = at === token.length - 1 || dots.includes(at + 1);
      for (const flip of last ? [1, 2, 4, 8, 16, 32] : [bit]) {
        const character = alphabet[alphabet.indexOf(token[at]!) ^ flip]!;
        expect(refusal(`${token.slice(0, at)}${character}${token.slice(at + 1)}`)).toBe('INVALID');
      }
    }
  });

  test('a token that combines parts of two valid tokens is never valid', () => {
    const one = splitted(issued());
    const other = splitted(issueToken(APPLICATION, { key, now: NOW, ttlSeconds: 60 }).token.expose());
    expect(refusal(`${one.head}.${other.payload}.${one.signature}`)).toBe('INVALID');
    expect(refusal(`${one.head}.${one.payload}.${other.signature}`)).toBe('INVALID');
  });
});

describe("the gateway's signing keys", () => {
  test('signing keys are P-256 keys, and the id of a signing key is its RFC 7638 thumbprint', () => {
    expect(generated.publicJwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
      alg: 'ES256',
      use: 'sig',
      kid,
    });
    // The P-256 key of RFC 7515, appendix A.3.
    const known = {
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    };
    const rfc = createPublicKey({ key: { kty: 'EC', crv: 'P-256', ...known }, format: 'jwk' });
    expect(publicJwk(rfc)).toMatchObject({ ...known, kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U' });
  });

  test('a published signing key never contains the private key, even if it was derived from the private key', () => {
    const { keys } = jwks([verifying, { kid, publicKey: key.privateKey }]);
    expect(keys).toEqual([generated.publicJwk, generated.publicJwk]);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  test('an independent library verifies tokens with the published signing keys', () => {
    const published = JSON.parse(JSON.stringify(jwks([verifying]))).keys[0];
    const publicKey = createPublicKey({ key: published, format: 'jwk' });
    expect(jwt.verify(issued(), publicKey, { algorithms: ['ES256'], clockTimestamp: IAT })).toMatchObject({ gen: 3 });
  });

  test('importing a signing key with a wrong id fails', () => {
    const other = generateSigningKey();
    expect(() => importSigningKey(kid, other.pkcs8)).toThrow(Error);
    expect(() => importVerifyingKey(kid, other.publicJwk)).toThrow(Error);
  });

  test('importing a signing key with a different curve or key type fails', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const { privateKey, publicKey } of [p384, rsa]) {
      expect(() => importSigningKey(kid, privateKey.export({ type: 'pkcs8', format: 'der' }))).toThrow(Error);
      expect(() => importVerifyingKey(kid, publicKey.export({ format: 'jwk' }) as never)).toThrow(Error);
    }
  });

  test('importing a JWK with a private key yields a signing key with only the public key', () => {
    const jwk = key.privateKey.export({ format: 'jwk' });
    expect(importVerifyingKey(kid, jwk as never).publicKey.type).toBe('public');
  });
});

function splitted(token: string) {
  const [head, payload, signature] = token.split('.') as [string, string, string];
  return { head, payload, signature };
}
