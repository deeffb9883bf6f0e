import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const ask = async (path: string, options: RequestInit = {}) => {
  const response = await fetch(w.url + path, options);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

describe('HTTP endpoints for operators of the gateway', () => {
  test('/healthz reports that the gateway process is alive', async () => {
    expect(await ask('/healthz')).toMatchObject({ status: 200, text: 'ok' });
  });

  test('/readyz reports that the gateway can answer requests', async () => {
    expect(await ask('/readyz')).toMatchObject({ status: 200, text: '{"ok":true}' });
  });

  test('while tables are missing, /readyz reports that the gateway is not ready, without a reason; after the tables exist, /readyz reports ready', async () => {
    await w.database.query('ALTER TABLE access_epoch RENAME TO gone');
    const { status, text } = await ask('/readyz');
    expect([status, JSON.parse(text).ok]).toEqual([503, false]);
    expect(text).not.toMatch(/access_epoch|42P01|postgres/);
    await w.database.query('ALTER TABLE gone RENAME TO access_epoch');
    expect((await ask('/readyz')).status).toBe(200);
  });

  test('/metrics counts requests, and contains no names of principals', async () => {
    const name = 'asked-for-by-name';
    await w.admin.ask('query ($n: String!) { secret(name: $n) { id } }', { n: name });
    await ask(`/${name}`);
    const { status, headers, text } = await ask('/metrics');
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
    expect(text).toMatch(/^http_requests_total\{route="\/graphql",status="200"\} [1-9]/m);
    expect(text).toMatch(/^database_statements_total [1-9]/m);
    expect(text).not.toContain(name);
    expect(text).not.toContain('admin');
  });

  test("/.well-known/jwks.json contains the public keys that verify the gateway's tokens", async () => {
    const { status, text } = await ask('/.well-known/jwks.json');
    expect([status, JSON.parse(text).keys.length]).toEqual([200, 1]);
  });
});

describe('every HTTP path of the gateway', () => {
  const PATHS = [
    '/healthz',
    '/readyz',
    '/metrics',
    '/.well-known/jwks.json',
    '/graphql',
    '/nothing',
    '/graphql/',
    '/%2e%2e/',
  ];

  test.each(PATHS)(
    'the answer of the path %s forbids storing the answer, and contains the id of the request',
    async (path) => {
      const { headers } = await ask(path, { headers: { 'x-request-id': 'r-7' } });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-request-id')).toBe('r-7');
      for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'set-cookie']) {
        expect(headers.get(name)).toBeNull();
      }
    },
  );

  test.each(PATHS)('the path %s rejects every method that it does not support', async (path) => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await ask(path, { method })).status).toBe(/nothing|graphql\/|%2e/.test(path) ? 404 : 405);
    }
  });

  test('the gateway responds to an unknown path with an error', async () => {
    const { status, text } = await ask('/nothing?token=x');
    expect([status, JSON.parse(text).code]).toEqual([404, 'NOT_FOUND']);
    expect(text).not.toContain('nothing?');
  });
});

test('a web page of a different origin cannot read answers of the gateway, and the gateway refuses requests from this page without a preflight', async () => {
  const origin = { origin: 'https://elsewhere.example', 'content-type': 'text/plain' };
  const body = JSON.stringify({ query: '{ __typename }' });
  const { status, headers } = await ask('/graphql', { method: 'POST', headers: origin, body });
  expect([400, 415]).toContain(status);
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  const preflight = await ask('/graphql', {
    method: 'OPTIONS',
    headers: { ...origin, 'access-control-request-method': 'POST' },
  });
  expect([preflight.status, [...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))]).toEqual(
    [405, []],
  );
});
