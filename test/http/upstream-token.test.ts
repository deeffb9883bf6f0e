import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { UpstreamOptions } from '../../src/http/upstream.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { TestClock } from '../support/clock.ts';
import { overhear, sentinel } from '../support/sentinel.ts';
import { ask, behind } from './behind.ts';

const jwt = (claims: object, name: string) =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${name}`;

/** A server that issues the tokens of `give` in order. The server accepts only the newest token. */
async function guarded(give: (count: number) => unknown, options: Partial<UpstreamOptions> & { path?: string } = {}) {
  const clock = new TestClock();
  const keySecret = sentinel('upstream-key');
  const given: { url: string | undefined; body: string; authorization: IncomingMessage['headers'][string] }[] = [];
  const tokens: unknown[] = [];
  let revoked = false;
  const world = await behind(
    async (req, res) => {
      const authorization = req.headers['x-authorization'];
      if (req.method === 'POST' && req.url?.endsWith('/api/token')) {
        given.push({ url: req.url, body: await text(req), authorization });
        const answer = give(given.length);
        res.statusCode = typeof answer === 'number' ? answer : 200;
        revoked = false;
        res.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
        return;
      }
      tokens.push(authorization);
      res.statusCode = revoked ? 401 : 200;
      res.end(revoked ? 'who is this' : 'ok');
    },
    { clock, credentials: { keyId: 'key-1', keySecret: new Sensitive(keySecret) }, ...options },
  );
  const revoke = () => {
    revoked = true;
  };
  return Object.assign(world, { clock, keySecret, given, tokens, revoke });
}

test('a gateway without Conductor credentials sends no token to the Conductor server', async () => {
  await using world = await guarded(() => ({}), { credentials: undefined });
  await ask(world, { headers: { 'x-authorization': 'mine' } });
  expect([world.given, world.tokens]).toEqual([[], [undefined]]);
});

test('the gateway sends a configured token to the Conductor server with each request, even after the server rejected the token', async () => {
  const token = sentinel('upstream-token');
  await using world = await guarded(() => ({}), { credentials: { token: new Sensitive(token) } });
  await ask(world, { headers: { 'x-authorization': 'mine' } });
  world.revoke();
  const refused = await ask(world);
  expect([refused.status, refused.text]).toEqual([401, 'who is this']);
  await ask(world);
  expect([world.given, world.tokens]).toEqual([[], [token, token, token]]);
  overhear(world.logged());
});

describe('the Conductor token that the gateway fetches with its access key', () => {
  test('for any number of concurrent requests, the gateway fetches one token with its access key', async () => {
    const token = sentinel('upstream-token');
    await using world = await guarded(() => ({ token }), { path: '/base/api' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(world)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const body = JSON.stringify({ keyId: 'key-1', keySecret: world.keySecret });
    expect(world.given).toEqual([{ url: '/base/api/token', body, authorization: undefined }]);
    expect(world.tokens).toEqual(Array(20).fill(token));
    overhear(world.logged() + JSON.stringify(answers));
  });

  test('the gateway uses a fetched Conductor token for 30 minutes', async () => {
    await using world = await guarded((count) => ({ token: `t${count}` }));
    await ask(world);
    world.clock.advance({ minutes: 29 });
    await ask(world);
    world.clock.advance({ minutes: 1 });
    await ask(world);
    expect(world.tokens).toEqual(['t1', 't1', 't2']);
  });

  test('the gateway uses a fetched Conductor token until the token expires, but at most 30 minutes', async () => {
    const seconds = () => Math.floor(Date.now() / 1_000);
    const lives = [600, 86_400, 10];
    await using world = await guarded((count) => ({ token: jwt({ exp: seconds() + lives[count - 1]! }, `t${count}`) }));
    const used = async () => {
      await ask(world);
      return String(world.tokens.at(-1)).split('.')[2];
    };
    expect(await used()).toBe('t1');
    world.clock.advance({ minutes: 9 });
    expect(await used()).toBe('t1');
    world.clock.advance({ minutes: 1 });
    expect(await used()).toBe('t2');
    world.clock.advance({ minutes: 30 });
    expect(await used()).toBe('t3');
  });

  test('after the Conductor server rejects a token, the gateway stops using the token and forwards the rejection unchanged', async () => {
    await using world = await guarded((count) => ({ token: `t${count}` }));
    await ask(world);
    world.revoke();
    const refused = await ask(world);
    expect([refused.status, refused.text]).toEqual([401, 'who is this']);
    expect((await ask(world)).status).toBe(200);
    expect(world.tokens).toEqual(['t1', 't1', 't2']);
  });

  test('if the Conductor server rejects a token for many requests, the gateway fetches one new token', async () => {
    await using world = await guarded((count) => ({ token: `t${count}` }));
    await ask(world);
    world.revoke();
    await Promise.all(Array.from({ length: 10 }, () => ask(world)));
    await ask(world);
    expect(world.given).toHaveLength(2);
  });

  test('if the Conductor server rejects a token that the gateway has already replaced, the gateway still uses its current token', async () => {
    let given = 0;
    const late = Promise.withResolvers<() => void>();
    const seen: unknown[] = [];
    await using world = await behind(
      (req, res) => {
        const token = req.headers['x-authorization'];
        if (req.url === '/api/token') return void res.end(JSON.stringify({ token: `t${++given}` }));
        seen.push(token);
        res.statusCode = token === 't1' ? 401 : 200;
        if (req.url === '/api/late') late.resolve(() => res.end());
        else res.end();
      },
      { credentials: { keyId: 'key-1', keySecret: new Sensitive('x') } },
    );
    const waiting = ask(world, { path: '/api/late' });
    const answer = await late.promise;
    await ask(world);
    expect((await ask(world)).status).toBe(200);
    answer();
    expect((await waiting).status).toBe(401);
    expect((await ask(world)).status).toBe(200);
    expect([given, seen]).toEqual([2, ['t1', 't1', 't2', 't2']]);
  });

  test.each<[what: string, answer: unknown, reason: string]>([
    ['refuses the access key', 401, 'status 401'],
    ['fails', 500, 'status 500'],
    ['answers no JSON', 'hunter2 is no JSON', 'SyntaxError'],
    ['answers without a token', { hunter2: 1 }, 'no token in the answer'],
    ['answers null', null, 'TypeError'],
    ['answers with an invalid header value', { token: 'hunter2\r\nx: y' }, 'no token in the answer'],
    ['answers without end', { token: 'hunter2'.repeat(20_000) }, 'answer too long'],
  ])(
    'after the Conductor server %s, the gateway responds with 502, and fetches a token for the next request',
    async (_, answer, reason) => {
      await using world = await guarded((count) => (count === 1 ? answer : { token: 't2' }));
      const failed = await Promise.all([ask(world), ask(world, { method: 'POST', body: 'x' })]);
      for (const { status, text } of failed) {
        expect([status, JSON.parse(text).code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
        expect(text).not.toContain('hunter2');
      }
      expect(world.tokens).toEqual([]);
      expect(world.given).toHaveLength(1);
      expect(world.logged()).toContain(`"reason":"${reason}"`);
      expect(world.logged()).not.toContain('hunter2');
      overhear(world.logged());

      expect((await ask(world)).status).toBe(200);
      expect(world.tokens).toEqual(['t2']);
    },
  );

  test('if the token for the Conductor server does not arrive in time, the gateway responds with 502', async () => {
    await using world = await behind(() => {}, {
      timeoutMs: 50,
      credentials: { keyId: 'key-1', keySecret: new Sensitive('x') },
    });
    expect((await ask(world)).status).toBe(502);
    expect(world.logged()).toContain('TimeoutError');
  });

  test('the gateway fetches no Conductor token for a path that it does not forward', async () => {
    await using world = await guarded(() => ({ token: 't' }));
    expect((await ask(world, { path: '/api/..%2fx' })).status).toBe(400);
    expect(world.given).toEqual([]);
  });
});
