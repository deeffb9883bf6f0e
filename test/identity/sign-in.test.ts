import * as crypto from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Answer } from '../support/app.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

// Observes calls of the real argon2. The tests count these calls, because their duration varies.
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, argon2: vi.fn(real.argon2) };
});
const argon2 = vi.mocked(crypto.argon2);

let w: World;
beforeAll(async () => {
  // The tokens have a long lifetime, because the tests advance the clock.
  w = await world({ tokenTtl: 86_400 });
});
afterAll(() => w.close());
beforeEach(() => {
  // Advances the clock, so that the throttle no longer counts the failed sign-ins of earlier tests.
  w.clock.advance({ minutes: 10 });
  argon2.mockClear();
});

const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token expiresAt } }';
const SIGN_IN_APPLICATION =
  'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token expiresAt } }';
const withPassword = (u: string, p: string) => w.anonymous.askRevealing(SIGN_IN, { u, p });
const withKey = (k: string, s: string) => w.anonymous.askRevealing(SIGN_IN_APPLICATION, { k, s });

/** The parts of two answers that a caller could compare. */
const described = ({ status, data, errors, headers }: Answer) => ({
  status,
  data,
  errors,
  headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
});
/**
 * Returns the position of the newest audit event. The test orders audit events by position, because the clock of the
 * test does not advance by itself.
 */
const newest = async () =>
  (await w.database.query<{ seq: number }>('SELECT coalesce(max(seq), 0)::int AS seq FROM audit_events'))[0]?.seq ?? 0;
const eventsSince = (seq: number) =>
  w.database.query<{ outcome: string; actor: string; subject: string | null; code: string | null; address: string }>(
    `SELECT outcome, actor_name AS actor, subject_name AS subject, changes->>'code' AS code, address
     FROM audit_events e WHERE action = 'SIGN_IN' AND e.seq > $1::bigint ORDER BY e.seq`,
    [seq],
  );
describe('signing in successfully', () => {
  test('a user who signs in receives a token that contains the id of the user and the configured lifetime', async () => {
    const ann = await w.user('ann');
    const { data } = await withPassword('ann', ann.password);
    const { viewer } = await w.as(data.signIn.token).get('{ viewer { id name __typename } }');
    expect(viewer).toEqual({ __typename: 'User', id: ann.id, name: 'ann' });
    const left = new Date(data.signIn.expiresAt).getTime() - w.clock.now().getTime();
    expect(Math.abs(left - 86_400_000)).toBeLessThan(30_000);
  });

  test('an application that signs in receives a token, and the gateway records the use of its access key', async () => {
    const pay = await w.application('pay');
    const { data } = await withKey(pay.keyId, pay.keySecret);
    const { viewer } = await w
      .as(data.signInApplication.token)
      .get('{ viewer { id name __typename ... on Application { accessKeys { id lastUsedAt } } } }');
    expect(viewer).toMatchObject({ __typename: 'Application', id: pay.id, name: 'pay' });
    expect(viewer.accessKeys).toEqual([{ id: pay.keyId, lastUsedAt: expect.any(String) }]);
  });

  test('if an access key expires before the normal token lifetime ends, its token expires with the access key and shows this expiry', async () => {
    const pay = await w.application('pay for a while');
    const end = w.clock.now().getTime() + 4_300;
    const { createAccessKey: key } = await w.admin.get(
      'mutation ($a: ID!, $e: DateTime) { createAccessKey(applicationId: $a, expiresAt: $e) { accessKey { id } secret } }',
      { a: pay.id, e: new Date(end).toISOString() },
    );
    remember(key.secret);
    const { data } = await withKey(key.accessKey.id, key.secret);
    expect(new Date(data.signInApplication.expiresAt).getTime()).toBe(end);
    const claims = JSON.parse(Buffer.from(data.signInApplication.token.split('.')[1], 'base64url').toString());
    expect(claims.exp).toBe(Math.ceil(end / 1_000));
    const byRest = await fetch(`${w.url}/api/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keyId: key.accessKey.id, keySecret: key.secret }),
    });
    const { token } = (await byRest.json()) as { token: string };
    remember(token);
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp).toBe(claims.exp);
  });

  test('the audit log records each sign-in with an access key, and the recorded last use of the access key is exact to one minute', async () => {
    const pay = await w.application('pay again');
    const used = async () => {
      const [row] = await w.database.query<{ at: Date }>(
        'SELECT last_used_at AS at FROM access_keys k JOIN applications a ON a.id = k.application_id WHERE a.name = $1',
        ['pay again'],
      );
      return row?.at.getTime();
    };
    await withKey(pay.keyId, pay.keySecret);
    const first = await used();
    const since = await newest();
    w.clock.advance({ seconds: 50 });
    const before = w.database.statements();
    await withKey(pay.keyId, pay.keySecret);
    // Reading the account, reading the signing key and writing the audit event take one statement each.
    expect(w.database.statements() - before).toBe(3);
    expect(await used()).toBe(first);
    w.clock.advance({ seconds: 20 });
    await withKey(pay.keyId, pay.keySecret);
    expect(await used()).toBeGreaterThan(first ?? Number.NaN);
    expect(await eventsSince(since)).toMatchObject([
      { outcome: 'DONE', actor: 'pay again' },
      { outcome: 'DONE', actor: 'pay again' },
    ]);
  });

  test('signIn can return name, roles and groups of the principal, although the request itself is unauthenticated', async () => {
    const ops = await w.group('ops', [], { roles: ['WORKER'] });
    const bob = await w.user('bob', { roles: ['USER', 'AUDITOR'], groups: [ops] });
    const { data, errors } = await w.anonymous.askRevealing(
      `mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) {
        principal { __typename id name roles groups { id name roles } ... on User { username email active } }
      } }`,
      { u: 'bob', p: bob.password },
    );
    expect(errors).toEqual([]);
    expect(data.signIn.principal).toEqual({
      ...{ __typename: 'User', id: bob.id, name: 'bob', username: 'bob', email: null, active: true },
      roles: ['AUDITOR', 'USER'],
      groups: [{ id: ops, name: 'ops', roles: ['WORKER'] }],
    });
  });

  test('signIn can return the group members and the grants that the principal sees after signing in', async () => {
    const cy = await w.user('cy');
    await w.group('crew', [cy.id]);
    await w.grant(cy.id, 'READ', 'env:prod');
    const selection = `id name groups { name members { nodes { id name roles groups { name } } } }
      ... on User { permissions { nodes { access subject { ... on User { id } } target { ... on Tag { id } } grantedBy { name } } } }`;
    const signedIn = await w.anonymous.askRevealing(
      `mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { principal { ${selection} } } }`,
      { u: 'cy', p: cy.password },
    );
    const { viewer } = await cy.get(`{ viewer { ${selection} } }`);
    expect([signedIn.data?.signIn?.principal, signedIn.errors]).toEqual([viewer, []]);
  });

  test('one request may sign in two principals', async () => {
    const [dan, eve] = [await w.user('dan', { roles: ['USER'] }), await w.user('eve', { roles: ['WORKER'] })];
    const data = await w.anonymous.get(
      `mutation ($d: SecretValue!, $e: SecretValue!) {
        d: signIn(username: "dan", password: $d) { principal { name roles } }
        e: signIn(username: "eve", password: $e) { principal { name roles } }
      }`,
      { d: dan.password, e: eve.password },
    );
    expect(data.d.principal).toEqual({ name: 'dan', roles: ['USER'] });
    expect(data.e.principal).toEqual({ name: 'eve', roles: ['WORKER'] });
  });

  test.each([
    ['expired', () => w.admin.token!],
    ['none', () => 'nonsense'],
  ])('signing in succeeds even if the request contains a token that is %s', async (_, token) => {
    w.clock.advance({ days: 2 });
    const answer = await w.anonymous.ask(
      'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { expiresAt principal { name roles } } }',
      { p: w.adminPassword },
      { authorization: `Bearer ${token()}` },
    );
    w.clock.advance({ days: -2 });
    expect([answer.errors, answer.data.signIn.principal]).toEqual([[], { name: 'Administrator', roles: ['ADMIN'] }]);
  });

  test('the audit log records each sign-in, and each failed attempt with its username', async () => {
    const fay = await w.user('fay');
    const pay = await w.application('paid');
    const start = await newest();
    await withPassword('fay', fay.password);
    await withPassword('fay', sentinel('wrong'));
    await withPassword('nobody of this name', sentinel('wrong'));
    await withKey(pay.keyId, pay.keySecret);
    await withKey(pay.keyId, sentinel('wrong'));
    expect(await eventsSince(start)).toEqual([
      { outcome: 'DONE', actor: 'fay', subject: 'fay', code: null, address: '127.0.0.1' },
      { outcome: 'REFUSED', actor: '', subject: 'fay', code: 'UNAUTHENTICATED', address: '127.0.0.1' },
      // A user may enter a password in the field for the username. Therefore the audit log does not record an unknown
      // username.
      { outcome: 'REFUSED', actor: '', subject: null, code: 'UNAUTHENTICATED', address: '127.0.0.1' },
      { outcome: 'DONE', actor: 'paid', subject: 'paid', code: null, address: '127.0.0.1' },
      { outcome: 'REFUSED', actor: '', subject: 'paid', code: 'UNAUTHENTICATED', address: '127.0.0.1' },
    ]);
  });
});

describe('failed sign-ins', () => {
  test('all failed sign-ins of users return equal answers and perform the same number of hashes', async () => {
    const gil = await w.user('gil');
    const off = await w.user('off');
    const gone = await w.user('gone');
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: off.id, active: false },
    });
    await w.admin.get('mutation ($id: ID!) { deleteUser(id: $id) { id } }', { id: gone.id });
    await w.admin.get('mutation { createUser(input: { username: "none", name: "none" }) { user { id } } }');

    const tries: [string, string][] = [
      ['gil', sentinel('wrong')],
      ['nobody', sentinel('wrong')],
      ['off', off.password],
      ['gone', gone.password],
      ['none', sentinel('wrong')],
      ['gi1', gil.password],
      ['gil\0', gil.password],
      ['', ''],
    ];
    const seen = [];
    for (const [username, password] of tries) {
      argon2.mockClear();
      const before = w.database.statements();
      const answer = await withPassword(username, password);
      seen.push({
        ...described(answer),
        statements: w.database.statements() - before,
        hashed: argon2.mock.calls.map(([algorithm, { memory, passes }]) => `${algorithm} ${memory} ${passes}`),
      });
    }
    expect(seen[0]?.errors).toMatchObject([{ path: ['signIn'], extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(seen[0]?.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
    expect(seen[0]?.hashed).toEqual(['argon2id 47104 1']);
    for (const one of seen) expect(one).toEqual(seen[0]);
  });

  test('all failed sign-ins of applications return equal answers and take the same number of database statements', async () => {
    const [pay, off, gone] = [await w.application('a'), await w.application('b'), await w.application('c')];
    await w.admin.get('mutation ($k: ID!) { setAccessKeyActive(keyId: $k, active: false) { accessKey { id } } }', {
      k: off.keyId,
    });
    await w.admin.get('mutation ($k: ID!) { deleteAccessKey(keyId: $k) { id } }', { k: gone.keyId });
    const { createAccessKey: ended } = await w.admin.get(
      'mutation ($a: ID!, $e: DateTime) { createAccessKey(applicationId: $a, expiresAt: $e) { accessKey { id } secret } }',
      { a: pay.id, e: w.clock.in({ minutes: 1 }) },
    );
    remember(ended.secret);
    w.clock.advance({ minutes: 2 });

    const tries: [string, string][] = [
      [pay.keyId, sentinel('wrong')],
      [pay.keyId, off.keySecret],
      [`key_${'0'.repeat(32)}`, sentinel('wrong')],
      [pay.id, pay.keySecret],
      ['', ''],
      [off.keyId, off.keySecret],
      [gone.keyId, gone.keySecret],
      [ended.accessKey.id, ended.secret],
    ];
    const seen = [];
    for (const [keyId, secret] of tries) {
      const before = w.database.statements();
      const answer = await withKey(keyId, secret);
      seen.push({ ...described(answer), statements: w.database.statements() - before });
    }
    expect(seen[0]?.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
    for (const one of seen) expect(one).toEqual(seen[0]);
    expect(argon2).not.toHaveBeenCalled();
  });
});

describe('throttling after too many failed sign-ins', () => {
  const aliases = (count: number, username: string) =>
    `mutation ($p: SecretValue!) { ${Array.from({ length: count }, (_, i) => `a${i}: signIn(username: "${username}", password: $p) { expiresAt }`).join(' ')} }`;

  test('after too many failed sign-ins, the gateway refuses further attempts; each GraphQL alias counts as one attempt, and only the first refusal records an audit event', async () => {
    const start = await newest();
    const { data, errors, status } = await w.anonymous.ask(aliases(13, 'held'), { p: sentinel('wrong') });
    expect(status).toBe(200);
    expect(Object.values(data)).toEqual(Array(13).fill(null));
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([
      ...Array(10).fill('UNAUTHENTICATED'),
      ...Array(3).fill('RATE_LIMITED'),
    ]);
    for (const { extensions } of errors.slice(10)) {
      expect(extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
      expect(extensions.retryAfter).toBeGreaterThan(0);
      expect(extensions.retryAfter).toBeLessThanOrEqual(30);
    }
    expect(argon2).toHaveBeenCalledTimes(10);
    const codes = (await eventsSince(start)).map(({ outcome, code }) => `${outcome} ${code}`).toSorted();
    expect(codes).toEqual(['REFUSED RATE_LIMITED', ...Array(10).fill('REFUSED UNAUTHENTICATED')]);

    // The throttle refuses the next attempt and records no second audit event.
    expect((await withPassword('held', sentinel('wrong'))).code).toBe('RATE_LIMITED');
    expect(await eventsSince(start)).toHaveLength(11);
  });

  test('failed sign-ins with any spelling of a username count for one account, and the correct password works with any spelling of the username', async () => {
    const jos = await w.user('jos\u00e9');
    const spellings = ['jos\u00e9', 'JOS\u00c9', 'jose\u0301', '\uff4aos\u00e9', 'Jose\u0301'];
    for (const spelling of spellings) expect((await withPassword(spelling, jos.password)).code).toBeUndefined();
    for (const spelling of spellings) await w.anonymous.ask(aliases(2, spelling), { p: sentinel('wrong') });
    for (const spelling of spellings) expect((await withPassword(spelling, jos.password)).code).toBe('RATE_LIMITED');
  });

  test('after too many failed sign-ins, the throttle refuses even the correct password of the account, and other accounts are not affected', async () => {
    const [hal, ivy] = [await w.user('hal'), await w.user('ivy')];
    await w.anonymous.ask(aliases(10, 'hal'), { p: sentinel('wrong') });
    expect((await withPassword('hal', hal.password)).code).toBe('RATE_LIMITED');
    expect((await withPassword('ivy', ivy.password)).code).toBeUndefined();
    w.clock.advance({ seconds: 31 });
    expect((await withPassword('hal', hal.password)).code).toBeUndefined();
  });

  test('the throttle does not limit successful sign-ins', async () => {
    // Although signing in with an access key needs no slow hash, the throttle counts failed sign-ins with access
    // keys.
    const busy = await w.application('busy');
    const again = `mutation ($k: String!, $s: SecretValue!) { ${Array.from({ length: 25 }, (_, i) => `a${i}: signInApplication(keyId: $k, keySecret: $s) { expiresAt }`).join(' ')} }`;
    expect((await w.anonymous.ask(again, { k: busy.keyId, s: busy.keySecret })).errors).toEqual([]);
    expect((await withKey(busy.keyId, sentinel('wrong'))).code).toBe('UNAUTHENTICATED');
  });

  test('after too many failed sign-ins from one address, the gateway refuses sign-ins to every account from this address', async () => {
    using _ = w.clock.stopped();
    const keys = Array.from({ length: 100 }, (_, i) => `key_${String(i).padStart(32, '0')}`);
    const each = keys.map((k, i) => `a${i}: signInApplication(keyId: "${k}", keySecret: $s) { expiresAt }`);
    const { errors } = await w.anonymous.ask(`mutation ($s: SecretValue!) { ${each.join(' ')} }`, {
      s: sentinel('wrong'),
    });
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['UNAUTHENTICATED']));
    expect((await withPassword('admin', w.adminPassword)).code).toBe('RATE_LIMITED');
    expect(argon2).not.toHaveBeenCalled();
  });

  test('the throttle limits failed sign-ins with access keys like failed sign-ins with passwords', async () => {
    const k = `key_${'1'.repeat(32)}`;
    const codes = [];
    for (let i = 0; i < 11; i++) codes.push((await withKey(k, sentinel('wrong'))).code);
    expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), 'RATE_LIMITED']);
  });
});
