// The gateway serves the Conductor server's web interface to signed-in users on a separate port.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileOf, nextOf, UI_ROUTES } from '../../src/rest/conductor/ui-port.ts';
import { restRoutes } from '../../src/rest/rest-api.ts';
import { eventsOf } from '../audit/events.ts';
import { overhear, sentinel } from '../support/sentinel.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { type Answered, type Asking, ask } from './behind.ts';

let engine: TargetServer;
let w: World;
let ann: SomeUser;
let port: number;
let cookie: string;
const files: Record<string, string> = {
  '/index.html': '<p>engine</p>',
  '/context.js': 'window.conductor = {}',
  '/assets/index-a1b2c3d4.js': 'run()',
};
beforeAll(async () => {
  engine = await targetServer();
  const url = new URL(`${engine.url}/api`);
  w = await world({
    conductor: { url, timeoutMs: 5_000, credentials: undefined, uiPort: 0 },
    trustedProxies: ['127.0.0.1'],
  });
  port = Number(new URL(w.uiUrl ?? '').port);
  ann = await w.user('ann');
  await w.secret('readable');
  await w.grant(ann.id, 'READ', 'readable');
  cookie = cookieOf(await signIn('ann', ann.password));
});
afterAll(async () => {
  await w.close();
  await engine.close();
});
beforeEach(() => {
  engine.answer(({ path }: { path: string }, response: import('node:http').ServerResponse) => {
    const file = files[path];
    const type = path.endsWith('.js') ? 'text/javascript' : path.startsWith('/api') ? 'application/json' : 'text/html';
    const headers = { 'content-type': type, etag: '"1"', 'set-cookie': 'engine=1', 'cache-control': 'public' };
    response.writeHead(file !== undefined || path.startsWith('/api') ? 200 : 404, headers);
    response.end(file ?? JSON.stringify({ path }));
  });
});

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const own = { 'sec-fetch-site': 'same-origin' };
const html = { accept: 'text/html' };
async function send(asking: Asking): Promise<Answered> {
  const answer = await ask({ port }, asking);
  overhear(`${answer.text} ${JSON.stringify({ ...answer.headers, 'set-cookie': '' })}`);
  return answer;
}
const signIn = (username: string, password: string, headers: Record<string, string> = own, next = '/') =>
  send({ method: 'POST', path: '/secrets-gateway/sign-in', headers, body: form({ username, password, next }) });
const cookieOf = ({ headers }: Answered) => String(headers['set-cookie']?.[0]).split(';')[0] ?? '';
const get = (path: string, headers: Record<string, string> = {}) => send({ path, headers: { cookie, ...headers } });

describe('signing in to the web interface', () => {
  test('after sign-in, the gateway sets an HttpOnly cookie and redirects the browser to the requested page', async () => {
    const answer = await signIn('ann', ann.password, own, '/executions?x=1');
    expect([answer.status, answer.headers.location]).toEqual([303, '/executions?x=1']);
    const [set = ''] = answer.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^secrets-gateway-conductor=[\w.-]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Strict$/);
    const events = await eventsOf(w.admin);
    expect(events.filter(({ action, actor }) => action === 'SIGN_IN' && actor?.name === 'ann')).not.toEqual([]);
  });

  test('the gateway sets a Secure cookie only if a trusted proxy received the sign-in request over HTTPS', async () => {
    const https = { ...own, 'x-forwarded-proto': 'https' };
    const answer = await signIn('ann', ann.password, https);
    const [set = ''] = answer.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^__Host-secrets-gateway-conductor=[\w.-]+; .*; SameSite=Strict; Secure$/);
    const secure = { cookie: cookieOf(answer), 'x-forwarded-proto': 'https' };
    expect((await send({ path: '/api/workflow/x', headers: secure })).status).toBe(200);
    expect((await send({ path: '/api/workflow/x', headers: { cookie: cookieOf(answer) } })).status).toBe(401);
  });

  test('after wrong credentials, the gateway shows the sign-in form again and limits further attempts', async () => {
    const eve = await w.user('eve');
    const wrong = await signIn('eve', sentinel('wrong'));
    expect([wrong.status, wrong.headers['set-cookie'], wrong.text.includes('<form')]).toEqual([401, undefined, true]);
    let last = wrong;
    for (let i = 0; i < 30 && last.status === 401; i++) last = await signIn('eve', sentinel('wrong'));
    expect([last.status, Number(last.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await signIn('eve', eve.password)).status).toBe(429);
  });

  test.each<[string, Record<string, string>]>([
    ['a different site', { 'sec-fetch-site': 'cross-site' }],
    ['a different port of the same host', { 'sec-fetch-site': 'same-site' }],
    ['a different origin', { origin: 'http://thief.example' }],
    ['no known page', {}],
  ])('the gateway rejects a sign-in form from %s', async (_, headers) => {
    const answer = await signIn('ann', ann.password, headers);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });

  test('a user can sign in with a browser that sends the header Origin but not Sec-Fetch-Site', async () => {
    expect(
      (await signIn('ann', ann.password, { origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}` })).status,
    ).toBe(303);
  });

  test.each(['//thief.example', '/\\thief.example', 'https://thief.example', '/a\nb', '/secrets-gateway/sign-in', ''])(
    'after sign-in, the gateway never redirects the browser to %j',
    (next) => {
      expect(nextOf(next)).toBe('/');
    },
  );

  test('the sign-in form escapes the path of the requested page', async () => {
    const { text } = await send({ path: `/secrets-gateway/sign-in?next=${encodeURIComponent('/"><script>')}` });
    expect(text).toContain('/&quot;&gt;&lt;script&gt;');
  });

  test('when a user signs out, the gateway removes the cookie', async () => {
    const page = await get('/secrets-gateway');
    expect([page.status, page.text.includes('Signed in as ann')]).toEqual([200, true]);
    expect((await send({ method: 'POST', path: '/secrets-gateway/sign-out', headers: { cookie } })).status).toBe(403);
    const answer = await send({ method: 'POST', path: '/secrets-gateway/sign-out', headers: { cookie, ...own } });
    expect([answer.status, answer.headers['set-cookie']?.[0]]).toEqual([
      303,
      expect.stringContaining('=; Path=/; Max-Age=0'),
    ]);
  });
});

describe('files of the web interface', () => {
  test('the gateway serves files of the web interface only to signed-in users', async () => {
    for (const path of ['/', '/context.js', '/executions'])
      expect((await send({ path, headers: html })).headers.location).toBe(
        `/secrets-gateway/sign-in?next=${encodeURIComponent(path)}`,
      );
    expect((await send({ path: '/context.js' })).status).toBe(401);
    expect((await send({ path: '/', headers: { ...html, cookie: `${cookie.split('=')[0]}=nonsense` } })).status).toBe(
      303,
    );
    const linked = { ...html, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await send({ path: '/x', headers: linked })).text).toContain(
      '<meta http-equiv="refresh" content="0; url=/x">',
    );
    expect(engine.asked).toEqual([]);
  });

  test('the gateway adds security headers to a file of the web interface, and removes cookies of the Conductor server', async () => {
    const page = await get('/executions/a.b%20c?x=1', html);
    expect([page.status, page.text]).toEqual([200, '<p>engine</p>']);
    expect(page.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("connect-src 'self'"),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(page.headers['set-cookie']).toBeUndefined();
    const asset = await get('/assets/index-a1b2c3d4.js');
    expect([asset.text, asset.headers['cache-control']]).toEqual(['run()', expect.stringContaining('immutable')]);
    expect(engine.asked.map(({ path, headers }) => [path, headers.cookie, headers['x-authorization']])).toEqual([
      ['/index.html', undefined, undefined],
      ['/assets/index-a1b2c3d4.js', undefined, undefined],
    ]);
  });

  test('the gateway responds with 404 to a request for a file that the web interface does not contain', async () => {
    expect((await get('/missing.js')).status).toBe(404);
    expect((await send({ method: 'POST', path: '/context.js', headers: { cookie, ...own } })).status).toBe(405);
  });

  test.each([
    '/actuator',
    '/actuator/heapdump',
    '/ACTUATOR/env',
    '/health',
    '/api-docs',
    '/v3/api-docs',
    '/swagger-ui/index.html',
    '/a2a/x',
    '/error',
  ])('the gateway does not serve %s as a file of the web interface', async (path) => {
    expect(fileOf(path)).toBeUndefined();
    expect((await get(path)).status).toBe(404);
    expect(engine.asked).toEqual([]);
  });

  test.each([
    '/x/../actuator/env',
    '/%61ctuator/env',
    '//actuator/env',
    '/;/actuator/env',
    '/x/./y.js',
    '/.env',
    '/x\\y.js',
  ])('the gateway serves the page index.html in place of the path %s', (path) => {
    expect(fileOf(path)).toBe('/index.html');
  });
});

describe('requests of the web interface below /api', () => {
  test('the gateway forwards a request of the web interface as the signed-in user and without the cookie', async () => {
    expect((await get('/api/workflow/x', own)).status).toBe(200);
    expect(
      (
        await send({
          method: 'POST',
          path: '/api/workflow',
          headers: { cookie, ...own, 'content-type': 'application/json' },
          body: '{"name":"x"}',
        })
      ).status,
    ).toBe(200);
    // The gateway sends requests without this header to read executions, because the gateway masks responses.
    const forwarded = engine.asked.filter(({ headers }) => headers['x-gateway-principal'] !== undefined);
    expect(forwarded.map(({ headers }) => [headers['x-gateway-principal'], headers.cookie])).toEqual([
      [ann.id, undefined],
      [ann.id, undefined],
    ]);
  });

  test('the gateway rejects a request of the web interface that contains a token but not the cookie', async () => {
    const tokens: Record<string, string>[] = [
      {},
      { 'x-authorization': String(ann.token) },
      { authorization: `Bearer ${ann.token}` },
    ];
    for (const headers of tokens) expect((await send({ path: '/api/workflow/x', headers })).status).toBe(401);
    expect((await get('/api/workflow/x', { cookie: `${cookie}; ${cookie}` })).status).toBe(401);
    expect(engine.asked).toEqual([]);
  });

  test.each([
    ['GET', 'cross-site'],
    ['GET', 'same-site'],
    ['POST', 'cross-site'],
    ['POST', 'same-site'],
    ['POST', undefined],
  ])('the gateway rejects a %s request of the web interface with Sec-Fetch-Site %s', async (method, site) => {
    const headers = { cookie, ...(site !== undefined && { 'sec-fetch-site': site }) };
    expect((await send({ method, path: '/api/workflow/x', headers })).status).toBe(403);
    expect(engine.asked).toEqual([]);
  });

  test('the gateway rejects requests of the web interface that poll tasks, because workers use the main port', async () => {
    for (const path of ['/api/tasks/poll/x', '/api/tasks/poll/batch/x'])
      expect((await get(path, own)).status).toBe(403);
    expect(
      (await send({ method: 'POST', path: '/api/tasks/update-v2', headers: { cookie, ...own }, body: '{}' })).status,
    ).toBe(403);
    expect(engine.asked).toEqual([]);
  });

  test('only a user with the role ADMIN can use paths below /api/admin in the web interface', async () => {
    expect((await get('/api/admin/config', own)).status).toBe(403);
    expect(engine.asked).toEqual([]);
    const admin = { cookie: cookieOf(await signIn('admin', w.adminPassword)), ...own };
    expect((await send({ path: '/api/admin/config', headers: admin })).status).toBe(200);
  });

  test('the web interface can list secret names, but cannot reveal or change secrets', async () => {
    const lists = await get('/api/secrets', own);
    expect([lists.status, JSON.parse(lists.text)]).toEqual([200, ['readable']]);
    const refused: [string, string][] = [
      ['GET', '/api/secrets/readable'],
      ['PUT', '/api/secrets/readable'],
      ['DELETE', '/api/secrets/readable'],
      ['POST', '/api/token'],
      ['POST', '/api/applications'],
      ['POST', '/api/payloads/resolve'],
      ['POST', '/api/auth/authorization'],
      ['PUT', '/api/environment/x'],
    ];
    for (const [method, path] of refused)
      expect([path, (await send({ method, path, headers: { cookie, ...own } })).status]).toEqual([path, 403]);
    for (const path of ['/graphql', '/metrics', '/readyz']) expect((await get(path, own)).text).toBe('<p>engine</p>');
    expect(engine.asked.filter(({ path }) => path.startsWith('/api'))).toEqual([]);
  });

  test('every gateway route that the web interface may use exists', () => {
    const routes = restRoutes({} as never).map(({ method, path }) => `${method} ${path}`);
    expect([...UI_ROUTES].filter((route) => !routes.includes(route))).toEqual([]);
  });

  test('after a user is deactivated, the gateway rejects requests with the cookie of the user', async () => {
    const bob = await w.user('bob');
    const bobs = { cookie: cookieOf(await signIn('bob', bob.password)), ...own };
    expect((await send({ path: '/api/workflow/x', headers: bobs })).status).toBe(200);
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: bob.id, active: false },
    });
    expect((await send({ path: '/api/workflow/x', headers: bobs })).status).toBe(401);
    expect((await send({ path: '/', headers: { ...bobs, ...html } })).status).toBe(303);
  });
});
