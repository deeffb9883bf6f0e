import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openValue } from '../../src/crypto/sealed-value.ts';
import { importSigningKey, publicJwk, type SigningKey } from '../../src/identity/jwt.ts';
import { addSigningKey } from '../../src/identity/signing-keys.ts';
import { type Client, type TestApp, testApp } from '../support/app.ts';
import { remember } from '../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let ann: SomeUser;
let pay: SomeApplication;
let key: SigningKey;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann');
  pay = await w.application('pay');
  key = await signingKey();
});
afterAll(() => w.close());

/** The current signing key. The tests use this key to sign invalid tokens, which the gateway would not issue. */
async function signingKey(): Promise<SigningKey> {
  const row = await w.database.prisma.signingKey.findFirstOrThrow({ where: { retiredAt: null, revokedAt: null } });
  return importSigningKey(row.id, openValue(w.keyring, { kind: 'signing-key', kid: row.id }, row));
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (token: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString());
const claimsOf = (token: string) => decoded(token, 1);
const headOf = (token: string) => decoded(token, 0);

/** Signs a token. The default is the current signing key. The leak test searches all output for the token. */
function signed(payload: unknown, head: unknown = headOf(ann.token!), privateKey: KeyObject = key.privateKey): string {
  const input = `${base64url(head)}.${base64url(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const token = `${input}.${signature.toString('base64url')}`;
  remember(token);
  return token;
}

const VIEWER = '{ viewer { id } }';
const who = async (client: Client) => (await client.get(VIEWER)).viewer.id;
/** The reason why the gateway rejects the token, or undefined if the gateway accepts the token. */
async function refusal(token: string, client: Client = w.as(token)): Promise<unknown> {
  const { data, errors, text } = await client.ask(VIEWER);
  if (errors.length === 0) return undefined;
  expect(data).toBeNull();
  expect(errors).toHaveLength(1);
  const { code, reason, ...more } = errors[0]!.extensions;
  expect([code, more]).toEqual(['UNAUTHENTICATED', {}]);
  expect(text).not.toContain(token.slice(0, 30));
  return reason;
}

describe('reading the token of a request', () => {
  const VALUES: [what: string, headers: (token: string) => Record<string, string>][] = [
    ['Authorization: Bearer', (token) => ({ authorization: `Bearer ${token}` })],
    ['Authorization: bearer', (token) => ({ authorization: `bearer  ${token} ` })],
    ['X-Authorization', (token) => ({ 'x-authorization': token })],
    ['X-Authorization with Bearer', (token) => ({ 'x-authorization': `Bearer ${token}` })],
    [
      'X-Authorization beside Authorization for a proxy',
      (token) => ({ authorization: 'Basic eDp5', 'x-authorization': token }),
    ],
  ];
  test.each(VALUES)('the gateway accepts a token from %s', async (_, headers) => {
    for (const someone of [ann, pay]) {
      const { data } = await w.anonymous.ask(VIEWER, {}, headers(someone.token!));
      expect(data.viewer.id).toBe(someone.id);
    }
  });

  const NOT_TAKEN: [what: string, headers: (token: string) => Record<string, string>, reason: string][] = [
    ['no header', () => ({}), 'MISSING'],
    ['Authorization without a scheme', (token) => ({ authorization: token }), 'INVALID'],
    ['Authorization: Basic', (token) => ({ authorization: `Basic ${token}` }), 'INVALID'],
    ['Authorization with two tokens', (token) => ({ authorization: `Bearer ${token} ${token}` }), 'INVALID'],
    ['an empty Authorization', () => ({ authorization: 'Bearer ' }), 'INVALID'],
    ['an empty X-Authorization', () => ({ 'x-authorization': '' }), 'INVALID'],
    [
      'X-Authorization beside a wrong Authorization',
      (token) => ({ authorization: 'Bearer x', 'x-authorization': token }),
      'INVALID',
    ],
    ['a cookie', (token) => ({ cookie: `token=${token}; authorization=${token}` }), 'MISSING'],
  ];
  test.each(NOT_TAKEN)('the gateway ignores a token from %s', async (_, headers, reason) => {
    const { errors } = await w.anonymous.ask(VIEWER, {}, headers(ann.token!));
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED', reason }]);
  });

  test('the gateway ignores a token in the URL', async () => {
    for (const name of ['token', 'access_token', 'authorization']) {
      const search = new URLSearchParams({ query: VIEWER, [name]: ann.token! });
      const response = await fetch(`${w.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } });
      const { errors } = (await response.json()) as { errors: { extensions: unknown }[] };
      expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'MISSING' });
    }
  });
});

describe('tokens that the gateway rejects', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hmac = (secret: string | Buffer) => {
    const input = `${base64url({ ...headOf(ann.token!), alg: 'HS256' })}.${base64url(claimsOf(ann.token!))}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const published = (type: 'pem' | 'der') =>
    createPublicKey(key.privateKey).export({ type: 'spki', format: type as 'pem' });

  const INVALID: [what: string, make: () => string][] = [
    ['unsigned', () => `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claimsOf(ann.token!))}.`],
    [
      'unsigned, with the right kid',
      () => `${base64url({ ...headOf(ann.token!), alg: 'none' })}.${base64url(claimsOf(ann.token!))}.`,
    ],
    ['without its signature', () => ann.token!.replace(/[^.]+$/, '')],
    ['signed by HS256 with the public key (PEM)', () => hmac(published('pem'))],
    ['signed by HS256 with the public key (DER)', () => hmac(published('der'))],
    [
      'signed by a signing key that the gateway does not have',
      () => signed(claimsOf(ann.token!), undefined, other.privateKey),
    ],
    [
      'signed by a key in its own header',
      () =>
        signed(
          claimsOf(ann.token!),
          { ...headOf(ann.token!), jwk: other.publicKey.export({ format: 'jwk' }) },
          other.privateKey,
        ),
    ],
    [
      'signed with an unknown kid in its header',
      () => signed(claimsOf(ann.token!), { ...headOf(ann.token!), kid: 'A'.repeat(43) }),
    ],
    [
      'signed with SQL as the kid in its header',
      () => signed(claimsOf(ann.token!), { ...headOf(ann.token!), kid: "' OR true --" }),
    ],
    ['for another audience', () => signed({ ...claimsOf(ann.token!), aud: 'another' })],
    ['of another issuer', () => signed({ ...claimsOf(ann.token!), iss: 'https://another.example' })],
    ['with an additional claim', () => signed({ ...claimsOf(ann.token!), roles: ['ADMIN'] })],
    ['for a missing principal', () => signed({ ...claimsOf(ann.token!), sub: `usr_${'0'.repeat(32)}` })],
    [
      'for a user, with the access key of an application',
      () => signed({ ...claimsOf(pay.token!), sub: claimsOf(ann.token!).sub }),
    ],
    [
      'for an application, with the access key of another application',
      () => signed({ ...claimsOf(pay.token!), key: `key_${'0'.repeat(32)}` }),
    ],
    ['of a later token generation than the principal has', () => signed({ ...claimsOf(ann.token!), gen: 1 })],
    [
      'from the future',
      () =>
        signed({ ...claimsOf(ann.token!), iat: claimsOf(ann.token!).iat + 600, nbf: claimsOf(ann.token!).iat + 600 }),
    ],
    [
      'valid except for one changed character',
      () => ann.token!.replace(/.(.{20})$/, (text) => (text[0] === 'A' ? 'B' : 'A') + text.slice(1)),
    ],
    ['oversized', () => signed({ ...claimsOf(ann.token!), pad: 'x'.repeat(4_000) })],
    ['longer than any header may be', () => `${ann.token}${'A'.repeat(8_000)}`],
    ['garbage', () => 'garbage'],
    ['garbage with dots', () => 'gar.ba.ge'],
    ['JSON', () => '{"sub":"admin"}'],
    ['a key secret', () => pay.keySecret],
  ];
  test.each(INVALID)('a token is INVALID if it is %s', async (_, make) => {
    expect(await refusal(make())).toBe('INVALID');
    expect(await refusal(ann.token!)).toBeUndefined();
  });

  test('the gateway rejects an expired token with the reason EXPIRED', async () => {
    const { iat } = claimsOf(ann.token!);
    expect(
      await refusal(signed({ ...claimsOf(ann.token!), iat: iat - 7_200, nbf: iat - 7_200, exp: iat - 3_600 })),
    ).toBe('EXPIRED');
    const quick = await testApp({
      databaseUrl: w.databaseUrl,
      keyring: w.keyring,
      adminPassword: w.adminPassword,
      tokenTtl: 3_600,
    });
    try {
      expect(await refusal(quick.admin.token!, quick.admin)).toBeUndefined();
      quick.clock.advance({ minutes: 55 });
      expect(await refusal(quick.admin.token!, quick.admin)).toBeUndefined();
      quick.clock.advance({ minutes: 6 });
      expect(await refusal(quick.admin.token!, quick.admin)).toBe('EXPIRED');
    } finally {
      await quick.close();
    }
  });

  test('the gateway answers public fields even if it rejects the token of the request', async () => {
    const { data, errors } = await w.as('garbage').ask('{ __typename }');
    expect([data, errors]).toEqual([{ __typename: 'Query' }, []]);
  });

  test('a rejected token leads to the same answer in every media type and from every field that requires a token', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await w
        .as('garbage')
        .ask('{ __typename secret(name: "a") { id } user(username: "b") { id } }', {}, { accept });
      expect(answer.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({ __typename: 'Query', secret: null, user: null });
      const whole = await w.anonymous.ask(VIEWER, {}, { accept });
      expect([whole.status, whole.data, whole.code]).toEqual([200, null, 'UNAUTHENTICATED']);
      expect(answer.errors.map(({ path, extensions }) => [path, extensions])).toEqual(
        ['secret', 'user'].map((name) => [[name], { code: 'UNAUTHENTICATED', reason: 'INVALID' }]),
      );
    }
  });

  test('the log contains neither a part of a rejected token nor the reason of the rejection', async () => {
    const before = w.logged().length;
    const token = signed({ ...claimsOf(ann.token!), aud: 'another' });
    await refusal(token);
    const logged = w.logged().slice(before);
    for (const part of token.split('.')) expect(logged).not.toContain(part);
    expect(
      logged
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).level),
    ).toEqual([30]);
  });
});

describe('publication and rotation of signing keys', () => {
  const jwks = async (app: TestApp = w) => {
    const response = await fetch(`${app.url}/.well-known/jwks.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    return ((await response.json()) as { keys: Record<string, string>[] }).keys;
  };
  const add = (revoke: boolean) => w.database.transaction((tx) => addSigningKey(tx, w.keyring, w.clock.now(), revoke));
  const signInAgain = async (app: TestApp, name: string, password: string) => (await app.signIn(name, password)).token!;

  let second: TestApp;
  beforeAll(async () => {
    second = await testApp({
      databaseUrl: w.databaseUrl,
      keyring: w.keyring,
      adminPassword: w.adminPassword,
      clock: w.clock,
    });
  });
  afterAll(() => second.close());
  beforeEach(async () => {
    await add(true);
    ann.token = await signInAgain(w, 'ann', ann.password);
  });

  test('the gateway publishes only the public keys of its signing keys', async () => {
    const keys = await jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(keys[0]).toMatchObject({ alg: 'ES256', crv: 'P-256', kid: headOf(ann.token!).kid, kty: 'EC', use: 'sig' });
  });

  test('an independent client verifies tokens with the published signing keys', async () => {
    const [jwk] = await jwks();
    const publicKey = await webcrypto.subtle.importKey('jwk', jwk!, { name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'verify',
    ]);
    const [head, payload, signature] = ann.token!.split('.') as [string, string, string];
    const verify = (text: string) =>
      webcrypto.subtle.verify(
        { name: 'ECDSA', hash: 'SHA-256' },
        publicKey,
        Buffer.from(signature, 'base64url'),
        Buffer.from(text),
      );
    expect(await verify(`${head}.${payload}`)).toBe(true);
    expect(await verify(`${head}.${payload}x`)).toBe(false);
    expect(claimsOf(ann.token!)).toMatchObject({ iss: 'secrets-gateway', aud: 'secrets-gateway', sub: ann.id });
  });

  test('after a rotation of the signing key, every gateway accepts tokens of the old signing key and signs new tokens with the new signing key', async () => {
    const kid = await add(false);
    const old = ann.token!;
    expect(headOf(old).kid).not.toBe(kid);
    for (const app of [w, second]) {
      expect(await who(app.as(old))).toBe(ann.id);
      const fresh = await signInAgain(app, 'ann', ann.password);
      expect(headOf(fresh).kid).toBe(kid);
      for (const anywhere of [w, second]) expect(await who(anywhere.as(fresh))).toBe(ann.id);
      expect((await jwks(app)).map((jwk) => jwk.kid)).toEqual([kid, headOf(old).kid]);
    }
  });

  test('the gateway publishes a replaced signing key as long as one of its tokens may be valid', async () => {
    const kid = await add(false);
    w.clock.advance({ minutes: 61 });
    expect((await jwks()).map((jwk) => jwk.kid)).toEqual([kid]);
    expect(await refusal(ann.token!)).toBe('EXPIRED');
    w.clock.advance({ minutes: -61 });
  });

  test('after a signing key is revoked, every gateway immediately rejects its tokens, even tokens that the gateway has just accepted', async () => {
    const old = ann.token!;
    for (const app of [w, second]) expect(await who(app.as(old))).toBe(ann.id);
    const kid = await add(true);
    for (const app of [w, second]) {
      expect(await refusal(old, app.as(old))).toBe('INVALID');
      expect((await jwks(app)).map((jwk) => jwk.kid)).toEqual([kid]);
      expect(await who(app.as(await signInAgain(app, 'ann', ann.password)))).toBe(ann.id);
    }
  });

  test('a signing key whose database row is deleted counts as revoked', async () => {
    const old = ann.token!;
    expect(await who(w.as(old))).toBe(ann.id);
    await add(false);
    await w.database.query('DELETE FROM signing_keys WHERE id = $1', [headOf(old).kid]);
    for (const app of [w, second]) expect(await refusal(old, app.as(old))).toBe('INVALID');
  });

  describe('signing keys that an attacker inserted or changed by SQL', () => {
    const hand = (statement: string, ...params: unknown[]) => w.database.query(statement, params);
    /** Returns whether the log reports that the gateway does not use the signing key. */
    const isLogged = (kid: string) =>
      w
        .logged()
        .split('\n')
        .some((line) => line.includes(kid) && JSON.parse(line).level === 50);
    const raiseEpoch = () => hand('UPDATE access_epoch SET epoch = epoch + 1');

    test('if an attacker inserts a public signing key without the keyring, the key verifies no token, is not published, and appears in the log', async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = publicJwk(publicKey);
      const signing = headOf(ann.token!).kid;
      // The inserted row is newer than the row of the current signing key. All other columns are copies, including
      // the MAC.
      await hand(
        `INSERT INTO signing_keys (id, public_jwk, ciphertext, wrapped_key, key_id, mac, created_at)
         SELECT $1, $2::json, ciphertext, wrapped_key, key_id, mac, created_at + interval '1 day' FROM signing_keys WHERE id = $3`,
        jwk.kid,
        JSON.stringify(jwk),
        signing,
      );
      const now = Math.floor(w.clock.now().getTime() / 1_000);
      const claims = { ...claimsOf(ann.token!), iat: now, exp: now + 600 };
      const forged = signed(claims, { ...headOf(ann.token!), kid: jwk.kid }, privateKey);
      for (const app of [w, second]) {
        expect(await refusal(forged, app.as(forged))).toBe('INVALID');
        expect((await jwks(app)).map(({ kid }) => kid)).toEqual([signing]);
      }
      expect(isLogged(jwk.kid)).toBe(true);
      const fresh = await signInAgain(w, 'ann', ann.password);
      expect(headOf(fresh).kid).toBe(signing);
      await hand('DELETE FROM signing_keys WHERE id = $1', jwk.kid);
    });

    const CHANGES: [what: string, assignment: string][] = [
      ['without a MAC', 'mac = NULL'],
      ['with another MAC', "mac = sha256('x')"],
      ['under another encryption key of the keyring', "key_id = 'k_0000000000000000'"],
      ['with another time of creation', "created_at = created_at + interval '1 hour'"],
      ['marked as retired', "retired_at = created_at + interval '1 hour'"],
      ['with another public half', `public_jwk = jsonb_set(public_jwk, '{x}', public_jwk->'y')`],
    ];
    test.each(CHANGES)(
      'a signing key %s verifies no token, even immediately after the gateway accepted a token of the signing key',
      async (_, assignment) => {
        const token = ann.token!;
        const { kid } = headOf(token);
        expect(await who(w.as(token))).toBe(ann.id);
        await hand(`UPDATE signing_keys SET ${assignment} WHERE id = $1`, kid);
        await raiseEpoch();
        for (const app of [w, second]) expect(await refusal(token, app.as(token))).toBe('INVALID');
        expect(await jwks()).toEqual([]);
        expect(isLogged(kid)).toBe(true);
        await expect(signInAgain(w, 'ann', ann.password)).rejects.toThrow();
        // After a new signing key is created, signing in succeeds again.
        await add(false);
        expect(headOf(await signInAgain(w, 'ann', ann.password)).kid).not.toBe(kid);
      },
    );

    test('if SQL marks a revoked signing key as active again, every gateway still rejects the key', async () => {
      const old = ann.token!;
      for (const app of [w, second]) expect(await who(app.as(old))).toBe(ann.id);
      await add(true);
      await hand('UPDATE signing_keys SET revoked_at = NULL, retired_at = NULL WHERE id = $1', headOf(old).kid);
      await raiseEpoch();
      for (const app of [w, second]) expect(await refusal(old, app.as(old))).toBe('INVALID');
      expect((await jwks()).map(({ kid }) => kid)).not.toContain(headOf(old).kid);
    });

    test('if a different private key replaces the private key of a signing key in the database, the signing key signs no token', async () => {
      await add(false);
      await hand(
        `UPDATE signing_keys s SET ciphertext = o.ciphertext, wrapped_key = o.wrapped_key
        FROM signing_keys o WHERE s.retired_at IS NULL AND o.id = $1`,
        headOf(ann.token!).kid,
      );
      await expect(signInAgain(second, 'ann', ann.password)).rejects.toThrow();
    });
  });

  test('the database stores private signing keys only in sealed form', async () => {
    const [row] = await w.database.query<{ ciphertext: Uint8Array }>(
      'SELECT ciphertext FROM signing_keys WHERE id = $1',
      [headOf(ann.token!).kid],
    );
    const { privateKey } = await signingKey();
    const scalar = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
    expect(Buffer.from(row!.ciphertext).includes(scalar)).toBe(false);
  });
});
