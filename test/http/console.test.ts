import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorAudit } from '../../src/audit/operator.ts';
import { operationOf } from '../../src/graphql/operation.ts';
import { loadSchema } from '../../src/graphql/schema.ts';
import { chooseEncoding } from '../../src/http/accepted-encoding.ts';
import { consoleRoutes } from '../../src/http/console.ts';
import { consoleOperations } from '../../src/operations/console-operations.ts';
import { register } from '../../src/operations/operation-registry.ts';
import { type TestApp, testApp } from '../support/app.ts';

let app: TestApp;
let registered: TestApp;
let without: TestApp;
beforeAll(async () => {
  app = await testApp({ console: 'on' });
  // The operations that the console uses to sign in. The test clients send these operations.
  const text = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';
  await register(operatorAudit(app), app.clock, [operationOf(loadSchema(), text).operation]);
  const { databaseUrl, keyring, adminPassword, clock } = app;
  const same = { databaseUrl, keyring, adminPassword, clock, operations: 'registered' } as const;
  registered = await testApp({ ...same, console: 'explorer' });
  without = await testApp({ ...same, console: 'off' });
});
afterAll(async () => {
  for (const one of [registered, without, app]) await one.close();
});

/** Sends the path unchanged. The function `fetch` would normalize the path and decompress the answer. */
function ask(path: string, { at = app, headers = {} as Record<string, string>, method = 'GET' } = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const { hostname, port } = new URL(at.url);
    const sent = request({ hostname, port, path, headers, method }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
    });
    sent.once('error', reject).end();
  });
}

const assetIn = (page: Buffer, ending: string) =>
  new RegExp(`"(/assets/[^"]+\\.${ending})"`).exec(page.toString())?.[1] ?? '';

describe('the HTML page of the console', () => {
  test.each(['/', '/secrets', '/secrets/db', '/groups/grp_x', '/audits/log', '/users', '/deleted', '/explorer'])(
    'the gateway serves the console at the path %s',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers['cache-control']).toBe('no-store');
      expect(body.toString()).toContain('<div id="root">');
    },
  );

  test('the page of the console allows only content from the gateway itself, and styles with a nonce', async () => {
    const [one, other] = [await ask('/'), await ask('/')];
    const policyOf = ({ headers }: typeof one) => String(headers['content-security-policy']);
    const nonceOf = (answer: typeof one) => /'nonce-([^']+)'/.exec(policyOf(answer))?.[1] ?? '';
    expect(policyOf(one).replace(nonceOf(one), 'N').split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'nonce-N'",
      "img-src 'self'",
      "connect-src 'self'",
      "worker-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(Buffer.from(nonceOf(one), 'base64')).toHaveLength(16);
    expect(nonceOf(one)).not.toBe(nonceOf(other));
    expect(one.body.toString()).toContain(nonceOf(one));
    expect(one.headers['x-frame-options']).toBe('DENY');
    expect(one.headers['referrer-policy']).toBe('no-referrer');
    expect(one.body.toString()).not.toMatch(/<script>|<style>|https?:|__(CSP_NONCE|EXPLORER)__/);
  });

  test('the page of the console contains the setting that enables or disables the explorer', async () => {
    expect((await ask('/')).body.toString()).toContain('<meta name="explorer" content="false"');
    expect((await ask('/', { at: registered })).body.toString()).toContain('<meta name="explorer" content="true"');
  });

  test('if the console is turned off, the gateway serves no page of the console', async () => {
    for (const path of ['/', '/secrets', '/assets/x.js']) expect((await ask(path, { at: without })).status).toBe(404);
  });

  test('for an unknown path, the gateway serves the console to a browser, and returns an error to a program', async () => {
    const html = { accept: 'text/html,application/xhtml+xml;q=0.9' };
    const seen = await ask('/nowhere', { headers: html });
    expect([seen.status, seen.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(seen.headers['content-security-policy']).toContain("default-src 'none'");
    for (const [path, method, headers] of [
      ['/nowhere', 'GET', {}],
      ['/nowhere', 'POST', html],
      ['/assets/nowhere.js', 'GET', html],
      ['/graphql/', 'GET', { accept: 'application/json' }],
    ] as const) {
      const described = await ask(path, { method, headers });
      expect([described.status, described.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    }
    expect((await ask('/nowhere', { at: without, headers: html })).headers['content-type']).toMatch(/json/);
  });

  test('the page of the console supports only GET and HEAD', async () => {
    expect((await ask('/', { method: 'POST' })).status).toBe(405);
    const { status, body } = await ask('/', { method: 'HEAD' });
    expect([status, body.length]).toEqual([200, 0]);
  });
});

describe('asset files of the console', () => {
  test("browsers may cache the console's assets forever, and the gateway sends the assets in a compression that the browser accepts", async () => {
    const path = assetIn((await ask('/')).body, 'js');
    const plain = await ask(path);
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const br = await ask(path, { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    const gzip = await ask(path, { headers: { 'accept-encoding': 'gzip' } });
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(br.body.length).toBeLessThan(gzip.body.length);
  });

  test.each([
    '../package.json',
    '..%2fpackage.json',
    '../../package.json',
    'index.html',
    '',
    'nothing.js',
    'index.js.br',
  ])('the gateway responds to the path /assets/%s with 404', async (name) => {
    const { status, headers } = await ask(`/assets/${name}`);
    expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
  });
});

test('if the console was not built, the gateway explains how to build the console', async () => {
  const [route] = consoleRoutes({ explorer: false, folder: join(tmpdir(), 'nothing-was-built-here') });
  const answer = await route?.methods.GET?.({} as never);
  expect(answer?.status).toBe(503);
  expect(answer?.body).toContain('npm run build');
});

test('the gateway reads the built files of the console once, and serves no file that is added afterwards', async () => {
  const built = mkdtempSync(join(tmpdir(), 'console-'));
  try {
    writeFileSync(join(built, 'index.html'), '<p>');
    mkdirSync(join(built, 'assets'));
    const routes = consoleRoutes({ explorer: false, folder: built });
    writeFileSync(join(built, 'assets', 'late.js'), '');
    const assets = routes.find(({ path }) => path === '/assets/*');
    const late = assets?.methods.GET?.({ path: '/assets/late.js', headers: {} } as never);
    await expect(late).rejects.toMatchObject({ status: 404 });
  } finally {
    rmSync(built, { recursive: true });
  }
});

test('if the console is on, the gateway treats the operations of the console as registered', async () => {
  const [text = ''] = [...consoleOperations().values()].filter((one) => one.startsWith('query Viewer {'));
  expect((await registered.admin.ask(text)).data.viewer.name).toBe('Administrator');
  expect((await registered.admin.ask('{ viewer { id } }')).code).toBe('OPERATION_NOT_REGISTERED');
  expect((await without.admin.ask(text)).code).toBe('OPERATION_NOT_REGISTERED');
});

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['gzip', 'gzip'],
  ['gzip, br', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *;q=0.5', 'gzip'],
  ['GZIP ; q=0.2', 'gzip'],
  ['identity', undefined],
  ['br;q=nonsense', undefined],
])('for a file in the compressions br and gzip, Accept-Encoding: %s selects %s', (header, expected) => {
  expect(chooseEncoding(header, ['br', 'gzip'])).toBe(expected);
});
