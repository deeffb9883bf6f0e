// Tests the REST operations on tokens: issuing a token, reading its token claims, and the answers to invalid tokens.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteUser, setKeyActive } from '../access/asking.ts';
import { type RestAnswer, type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let anonymous: RestClient;
let ann: SomeUser;
let app: SomeApplication;
beforeAll(async () => {
  w = await world({ tokenTtl: 3_600 });
  anonymous = restClient(w.url, undefined);
  ann = await w.user('ann@example.org', { roles: ['USER'] });
  app = await w.application('post', { roles: ['WORKER'] });
});
afterAll(() => w.close());

const token = (body: unknown, options = {}) => anonymous.send('POST', '/token', body, { ...options, revealing: true });
const userInfo = (bearer: string | undefined, query = '') =>
  restClient(w.url, bearer).send('GET', `/token/userInfo${query}`);
const ok = (answer: RestAnswer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json;
};
const payloadOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

describe('REST: POST /token', () => {
  test('POST /token issues a token for an access key, or for a password with a username or e-mail address', async () => {
    for (const body of [
      { keyId: app.keyId, keySecret: app.keySecret },
      { username: ann.name, password: ann.password },
      { email: ann.name, password: ann.password },
      { keyId: null, keySecret: null, username: ann.name, password: ann.password, more: [1] },
    ]) {
      const json = ok(await token(body));
      expect(Object.keys(json)).toEqual(['token']);
      expect(ok(await userInfo(json.token)).applicationUser).toBe('keyId' in body && body.keyId !== null);
    }
  });

  test('POST /token ignores the token lifetime that the client requests', async () => {
    for (const expiration of [60_000, -1, 0]) {
      const json = ok(await token({ keyId: app.keyId, keySecret: app.keySecret, expiration }));
      const { iat, exp } = payloadOf(json.token);
      expect(exp - iat).toBe(3_600);
    }
  });

  test('POST /token accepts JSON with any content type', async () => {
    const body = JSON.stringify({ keyId: app.keyId, keySecret: app.keySecret });
    for (const headers of [{ 'content-type': 'text/plain' }, { 'content-type': 'application/json; charset=utf-8' }]) {
      ok(await token(body, { headers }));
    }
  });

  test('POST /token responds to wrong credentials with 401, and no client repeats the request after this answer', async () => {
    const wrong = sentinel('password');
    const answers = [
      await token({ keyId: app.keyId, keySecret: wrong }),
      await token({ keyId: 'key_0', keySecret: app.keySecret }),
      await token({ keyId: '', keySecret: '' }),
      await token({ username: ann.name, password: wrong }),
      await token({ email: 'nobody', password: ann.password }),
    ];
    for (const { status, json, text, headers } of answers) {
      const { instance, ...rest } = json;
      expect(rest).toEqual({
        status: 401,
        code: 'UNAUTHENTICATED',
        message: 'The credentials are wrong, or the account is deactivated.',
        retryable: false,
      });
      expect({ status, instance }).toEqual({ status: 401, instance: headers.get('x-request-id') });
      for (const secret of [wrong, ann.password, app.keySecret]) expect(text).not.toContain(secret);
    }
  });

  const secret = sentinel('password');
  test.each([
    ['no body', undefined, undefined],
    ['an empty body', '', undefined],
    ['an empty object', {}, 'body'],
    ['a list', [secret], 'body'],
    ['a string', JSON.stringify(secret), 'body'],
    ['malformed JSON', `{"keyId": ${secret}`, undefined],
    ['a number for a key', { keyId: 7, keySecret: secret }, 'keyId'],
    ['null for a key', { keyId: null, keySecret: secret }, 'body'],
    ['no secret', { keyId: secret }, 'keySecret'],
    ['null for a secret', { keyId: secret, keySecret: null }, 'keySecret'],
    ['a number for a secret', { keyId: secret, keySecret: 7 }, 'keySecret'],
    ['a number for a username', { username: 7, password: secret }, 'username'],
    ['an object for an e-mail address', { email: {}, password: secret }, 'email'],
    ['no password', { username: secret }, 'password'],
    ['a list for a password', { username: 'x', password: [secret] }, 'password'],
  ])('POST /token responds to %s with 400, and the error contains no part of the body', async (_, body, path) => {
    const { status, json, text } = await token(body);
    expect({ status, code: json.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
    if (path !== undefined) expect(json.validationErrors).toEqual([{ path, message: expect.any(String) }]);
    expect(text).not.toContain(secret);
    expect(json).not.toHaveProperty('error');
  });

  test('after too many failures, POST /token refuses the request, and the answer contains the time that the caller must wait', async () => {
    const zoe = await w.user('zoe');
    const wrong = { username: 'zoe', password: sentinel('password') };
    let answer = await token(wrong);
    for (let i = 0; i < 12 && answer.status === 401; i += 1) answer = await token(wrong);
    expect({ status: answer.status, json: answer.json }).toEqual({
      status: 429,
      json: {
        status: 429,
        code: 'RATE_LIMITED',
        message: expect.any(String),
        instance: expect.any(String),
        retryable: true,
      },
    });
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect((await token({ username: 'zoe', password: zoe.password })).status).toBe(429);
    w.clock.advance({ seconds: seconds + 1 });
    ok(await token({ username: 'zoe', password: zoe.password }));
  });
});

describe('REST: GET /token/userInfo', () => {
  test('GET /auth/userInfo, the path that the Rust client uses, gives the same answer as GET /token/userInfo', async () => {
    for (const query of ['', '?claims=true', '?claims=what']) {
      const [here, there] = await Promise.all(
        ['/token/userInfo', '/auth/userInfo'].map((path) => restClient(w.url, w.admin.token).send('GET', path + query)),
      );
      const { instance: _, ...rest } = there?.json ?? {};
      expect([there?.status, here?.json]).toEqual([here?.status, expect.objectContaining(rest)]);
    }
    expect((await restClient(w.url, undefined).send('GET', '/auth/userInfo')).status).toBe(401);
  });

  test('GET /token/userInfo shows a caller that is a user or an application, in the format of the paths below /users', async () => {
    const signedIn = [(await w.signIn(ann.name, ann.password)).token, ok(await token(app)).token];
    await w.group('informed', [ann.id], { roles: ['WORKER'] });
    for (const [bearer, id, uuid] of [
      [signedIn[0], ann.name, ann.id],
      [signedIn[1], `app:${app.id}`, app.id],
    ]) {
      for (const query of ['', '?claims=false', '?claims=False']) {
        const info = ok(await userInfo(bearer, query));
        expect(info).toMatchObject({ id, uuid, orkesApp: false });
        expect(ok(await restClient(w.url, bearer).send('GET', `/users/${encodeURIComponent(id ?? '')}`))).toEqual(info);
      }
    }
    expect(ok(await userInfo(signedIn[0])).groups).toMatchObject([{ id: 'informed', roles: [{ name: 'WORKER' }] }]);
  });

  test('with the flag for claims, GET /token/userInfo also shows the token claims, but not the token itself', async () => {
    for (const bearer of [(await w.signIn(ann.name, ann.password)).token ?? '', ok(await token(app)).token]) {
      for (const query of ['?claims=true', '?claims=True']) {
        const answer = await userInfo(bearer, query);
        expect(ok(answer)).toEqual({ user: ok(await userInfo(bearer)), claims: payloadOf(bearer) });
        expect(answer.text).not.toContain(bearer.split('.')[2]);
      }
    }
    // The gateway reads the token claims from the token that it verified. The second header has no effect.
    const [mine, other] = [ok(await token(app)).token, (await w.signIn(ann.name, ann.password)).token];
    const both = await restClient(w.url, other).send('GET', '/token/userInfo?claims=true', undefined, {
      headers: { authorization: `Bearer ${mine}` },
    });
    expect(ok(both).claims).toEqual(payloadOf(mine));
  });

  test('GET /token/userInfo responds with 400 if a flag is neither true nor false', async () => {
    const answer = await userInfo(ok(await token(app)).token, '?claims=1');
    expect({ status: answer.status, path: answer.json.validationErrors[0].path }).toEqual({
      status: 400,
      path: 'claims',
    });
  });
});

describe('REST: rejected tokens', () => {
  const ROUTES: [method: string, path: string][] = [
    ['GET', '/token/userInfo'],
    ['GET', '/users'],
    ['PUT', '/users/x'],
    ['GET', '/groups/x'],
    ['POST', '/applications'],
    ['GET', '/roles'],
    ['GET', '/secrets'],
    ['GET', '/nothing/of/this/name'],
  ];
  const expectFault = async (bearer: string | undefined, error: string) => {
    for (const [method, path] of ROUTES) {
      const { status, json } = await restClient(w.url, bearer).send(method, path);
      expect({ status, json }).toEqual({
        status: 401,
        json: {
          status: 401,
          code: 'UNAUTHENTICATED',
          message: expect.any(String),
          instance: expect.any(String),
          retryable: false,
          error,
        },
      });
    }
  };

  test('a missing or malformed token, or a token of a deleted user or access key, fails with INVALID_TOKEN', async () => {
    await expectFault(undefined, 'INVALID_TOKEN');
    for (const none of ['', 'x', 'a.b.c', `${ok(await token(app)).token}x`]) await expectFault(none, 'INVALID_TOKEN');
    const gone = await w.user('gone');
    await deleteUser(w.admin, gone.id);
    await expectFault(gone.token, 'INVALID_TOKEN');
    const stopped = await w.application('stopped');
    await setKeyActive(w.admin, stopped.keyId, false);
    await expectFault(stopped.token, 'INVALID_TOKEN');
  });

  test('an expired token fails with EXPIRED_TOKEN, and the caller can sign in again', async () => {
    const { token: old } = ok(await token(app));
    ok(await userInfo(old));
    w.clock.advance({ seconds: 3_601 });
    await expectFault(old, 'EXPIRED_TOKEN');
    ok(await userInfo(ok(await token(app)).token));
  });

  test('a request without the necessary permission fails with 403, and the answer contains no error about the token', async () => {
    const { token: bearer } = ok(await token(app));
    for (const [method, path, body] of [
      ['GET', '/users', undefined],
      ['PUT', '/users/x', { name: 'x' }],
      ['PUT', '/groups/x', { description: 'x' }],
      ['POST', '/roles', { name: 'x' }],
      ['POST', '/applications', { name: 'x' }],
    ] as const) {
      const { status, json } = await restClient(w.url, bearer).send(method, path, body);
      expect({ status, code: json.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
      expect(json).not.toHaveProperty('error');
    }
  });
});

test('the gateway reads only a short body from an unauthenticated caller', async () => {
  const anonymous = restClient(w.url, undefined);
  const answer = await anonymous.send('POST', '/token', { username: 'x', password: 'y'.repeat(20_000) });
  expect(answer.status).toBe(413);
});
