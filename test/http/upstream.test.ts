import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createHttpServer } from '../../src/http/http-server.ts';
import { createUpstream, type Upstream } from '../../src/http/upstream.ts';
import { keepingLog } from '../support/tiny-server.ts';
import { ask, before, behind, behindBytes, raw } from './behind.ts';

/** A server that records all received requests and responds with `ok`. */
async function recording(settings: Parameters<typeof behind>[1] = {}) {
  const asked: {
    method: string;
    url: string;
    headers: IncomingMessage['headers'];
    rawHeaders: string[];
    body: string;
  }[] = [];
  const world = await behind(async (req, res) => {
    const { method = '', url = '', headers, rawHeaders } = req;
    asked.push({ method, url, headers, rawHeaders, body: (await buffer(req)).toString() });
    res.end('ok');
  }, settings);
  return Object.assign(world, { asked, last: () => asked.at(-1)! });
}

describe('forwarding a request to the Conductor server', () => {
  test.each([
    '/api/workflow/a%2Fb%20c?q=a+b%20c&q=2&x',
    '/api/tasks/poll/batch/%C3%A4%E2%82%AC?count=10&timeout=100&=&&a==b',
    '/api/metadata/x/',
    "/api/a:b@c,d!e'f(g)*~$-_.",
    '/api/50%25off/...',
    '/api/x?to=../../y//z%2e%2e;\\',
  ])('the Conductor server receives the request %s with its path and query unchanged', async (path) => {
    await using world = await recording();
    expect((await ask(world, { path })).text).toBe('ok');
    expect(world.last().url).toBe(path);
  });

  test.each(['', '/', '/api', '/api/', '/base', '/base/', '/base/api', '/base/api/'])(
    'for the server address %j, the gateway forwards requests to /api below this address',
    async (path) => {
      await using world = await recording({ path });
      await ask(world, { path: '/api/x?y' });
      expect(world.last().url).toBe(`${path.startsWith('/base') ? '/base' : ''}/api/x?y`);
    },
  );

  test('the gateway forwards a request with an absolute URL to the Conductor server, and never to the host in the URL', async () => {
    await using world = await recording();
    const answer = await raw(world, 'GET http://elsewhere/api/x?q HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(world.last().url).toBe('/api/x?q');
  });

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'REPORT', 'PURGE', 'QUERY', 'M-SEARCH'])(
    'the gateway forwards a request with the method %s, with and without a body',
    async (method) => {
      await using world = await recording();
      expect((await ask(world, { method })).text).toBe('ok');
      expect((await ask(world, { method, body: 'böse', headers: { 'content-length': '5' } })).text).toBe('ok');
      expect(world.asked.map(({ method, body }) => [method, body])).toEqual([
        [method, ''],
        [method, 'böse'],
      ]);
      expect(world.last().headers['content-length']).toBe('5');
    },
  );

  test("the gateway does not forward a TRACE request, because its answer would show the gateway's token", async () => {
    await using world = await recording();
    expect((await ask(world, { method: 'TRACE' })).status).toBe(405);
    expect(world.asked).toEqual([]);
  });

  test('the gateway forwards a request body unchanged: with a length, compressed, in chunks or empty', async () => {
    await using world = await recording();
    await ask(world, { method: 'POST', body: 'counted', headers: { 'content-length': '7' } });
    expect(world.last()).toMatchObject({ body: 'counted', headers: { 'content-length': '7' } });
    await raw(
      world,
      'POST /api/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-encoding: br\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    expect(world.last()).toMatchObject({
      body: 'abcde',
      headers: { 'content-encoding': 'br' },
    });
    await ask(world, { method: 'POST', headers: { 'content-length': '0' } });
    expect(world.last()).toMatchObject({ body: '', headers: { 'content-length': '0' } });
  });
});

describe('ambiguous request paths', () => {
  test.each([
    ...['/api/..', '/api/../admin', '/api/x/..', '/api/.', '/api/./x', '/api/x/../y', '/api/x/../../admin'],
    ...['/api/%2e%2e/admin', '/api/%2E%2e', '/api/.%2e/x', '/api/%2e/x', '/api/x/%2e%2e%2fadmin', '/api/..%2fadmin'],
    ...['/api/x%2f..%2f..%2fadmin', '/api/%252e%252e/admin', '/api/%25252e%25252e/admin', '/api/x%252f../admin'],
    ...['/api/..\\admin', '/api/x\\..\\admin', '/api/x%5c..%5cadmin', '/api/%5c', '/api/x%255c', '/api/..%5c'],
    ...['/api//x', '/api/x//y', '/api/x//', '/api/%2fx', '/api/x%2f%2fy', '/api/%2fsecrets/x', '/api/x%2f/y'],
    ...['/api/..;/admin', '/api/..;x=1/admin', '/api/;/x', '/api/secrets;x/y', '/api/x/..%3b/admin', '/api/.;'],
    ...['/api/%', '/api/%zz', '/api/%c0%ae%c0%ae/admin', '/api/%ff', '/api/x%00', '/api/x%0d%0ay', '/api/x%7f'],
    ...['/api/x#y', '/api/#/../x', '/api/%25252525252e'],
    ...[
      '/api/%EF%BC%8E%EF%BC%8E/admin',
      '/api/%E2%80%A5/admin',
      '/api/.%E2%80%8B./admin',
      '/api/x%EF%BC%8F..%EF%BC%8Fadmin',
    ],
    ...[
      '/api/%EF%BC%8Fsecrets',
      '/api/x%EF%BC%BCy',
      '/api/x%EF%BC%9By',
      '/api/x%25C0%25AEy',
      '/api/x%C2%85y',
      '/api/x/%20/y',
    ],
  ])('the gateway refuses the ambiguous path %s', async (path) => {
    await using world = await recording();
    const answer = await raw(world, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_REQUEST"/);
    expect(answer.slice(answer.indexOf('{'))).not.toContain(path);
    expect([world.asked, world.connections()]).toEqual([[], 0]);
  });
});

describe('headers of a forwarded request', () => {
  test('the gateway forwards all request headers except hop-by-hop headers', async () => {
    await using world = await recording();
    await raw(
      world,
      [
        'POST /api/x HTTP/1.1',
        'Host: gateway',
        'Connection: close, X-Hop',
        'Connection: x-OTHER ,keep-alive',
        ...['X-Hop: 1', 'x-other: 1', 'Keep-Alive: timeout=5', 'Proxy-Authorization: Basic x', 'Proxy-Connection: x'],
        ...['TE: trailers', 'Trailer: x-end', 'Upgrade: websocket', 'HTTP2-Settings: AAMA', 'Expect: 100-continue'],
        ...[
          'Content-Type: text/x',
          'X-Kept: caf\xe9',
          'X-Twice: 1',
          'X-Twice: 2',
          'Accept-Encoding: br',
          'If-Match: "1"',
        ],
        ...['Transfer-Encoding: chunked', '', '0', '', ''],
      ].join('\r\n'),
    );
    const { host, connection, via, ...headers } = world.last().headers;
    expect(headers).toEqual({
      ...{
        'content-type': 'text/x',
        'x-kept': 'caf\xe9',
        'x-twice': '1, 2',
        'accept-encoding': 'br',
        'if-match': '"1"',
      },
      ...{ 'content-length': '0', 'x-forwarded-for': '127.0.0.1', 'x-request-id': expect.any(String) },
      ...{ 'x-gateway-principal': 'usr_1', 'x-gateway-principal-name': 'ann' },
    });
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(connection).toBe('keep-alive');
    expect(via).toMatch(/^1\.1 secrets-gateway-/);
  });

  test("the gateway removes the caller's credentials from the headers of a forwarded request", async () => {
    await using world = await recording();
    const headers = {
      authorization: 'Bearer hunter2',
      'x-authorization': 'hunter2',
      cookie: 'a=hunter2',
      x_authorization: 'hunter2',
    };
    await ask(world, { headers });
    expect(world.last().rawHeaders.join()).not.toMatch(/hunter2|authorization|cookie/i);
  });

  test("the gateway adds headers that name the caller, and ignores these headers in the caller's request", async () => {
    await using world = await recording({ caller: { id: 'usr_7', name: 'Jörg, "€"\r\nX: \ud800' } });
    const forged = { 'x-gateway-principal': 'usr_1', 'X-GATEWAY-principal-name': 'admin', 'x-gateway-roles': 'ADMIN' };
    await ask(world, {
      headers: { ...forged, x_gateway_principal: 'usr_1', connection: 'close, x-gateway-principal' },
    });
    const { rawHeaders, headers } = world.last();
    const ours = rawHeaders.filter((text) => /^x.gateway/i.test(text));
    expect(ours).toEqual(['x-gateway-principal', 'x-gateway-principal-name']);
    expect(headers['x-gateway-principal']).toBe('usr_7');
    expect(decodeURIComponent(String(headers['x-gateway-principal-name']))).toBe('Jörg, "€"\r\nX: \ufffd');
  });

  test('the gateway forwards no request headers that override path, method or host', async () => {
    await using world = await recording();
    const names = [
      ...['x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-http-method', 'x-method-override'],
      ...['x-forwarded-prefix', 'x-original-uri', 'x-forwarded-path', 'x-forwarded-uri', 'x-original-host', 'x-host'],
      ...[
        'X_Original_URL',
        'x.rewrite.url',
        'X-HTTP_Method-Override',
        'x-override-url',
        'x-forwarded',
        'x-script-name',
      ],
      ...['true-client-ip', 'x-client-ip', 'x-remote-user', 'X-HTTP-Verb-Override', 'Method-Override', 'HTTP-Method'],
      ...['Request-Uri', 'X-Request-Uri', 'Base-Url', 'X-Proxy-URL', 'X-Path-Info', 'X-Matched-Path'],
      ...['X-Middleware-Rewrite', 'X-Envoy-Original-Host', 'X-Authenticated-User', 'X-Authenticated-Userid', 'X-User'],
      ...[
        'X-Auth-Request-User',
        'X-Auth-Request-Groups',
        'X-Forwarded-User',
        'X-Forwarded-Email',
        'X_Auth_Request_Email',
      ],
      ...['X-WebAuth-User', 'X-Consumer-Username', 'X-MS-Client-Principal-Name', 'X-Amzn-Oidc-Identity'],
      ...['X-Goog-Authenticated-User-Email', 'Cf-Access-Authenticated-User-Email', 'Impersonate-User'],
    ];
    await ask(world, { headers: Object.fromEntries(names.map((name) => [name, '/hunter2'])) });
    expect(world.last().rawHeaders.join()).not.toMatch(/hunter2/);
    const others = { 'x-kept': '/hunter2', 'x-originator': 'y' };
    await ask(world, { headers: others });
    expect(world.last().headers).toMatchObject(others);
  });

  test('the gateway forwards the address of the client and the id of the request, and removes forwarding headers that the client sent', async () => {
    await using world = await recording();
    const forged = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'https',
      forwarded: 'for=6.6.6.6',
    };
    const { headers } = await ask(world, { headers: { ...forged, 'x-real-ip': '6.6.6.6', 'x-request-id': 'r-1' } });
    expect(world.last().headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-request-id': 'r-1' });
    expect(world.last().rawHeaders.join()).not.toMatch(/6\.6\.6\.6|evil|forwarded-(host|proto)|https/i);
    expect(headers['x-request-id']).toBe('r-1');
  });
});

describe('answers of the Conductor server', () => {
  test('the gateway forwards an answer of the Conductor server with its status, all headers and unchanged bytes', async () => {
    await using world = await behind((_, res) => {
      res.writeHead(409, {
        ...{ 'content-type': 'text/x', 'x-kept': 'caf\xe9', etag: '"1"', 'www-authenticate': ['Basic', 'Bearer'] },
        ...{ 'x-request-id': 'theirs', connection: 'keep-alive, x-hop', 'x-hop': '1', 'keep-alive': 'timeout=9' },
        ...{ 'proxy-authenticate': 'Basic', trailer: 'x-end', upgrade: 'h2c', 'cache-control': 'public' },
      });
      res.end(Buffer.from([0, 255, 254, 13, 10]));
    });
    const answer = await ask(world, { headers: { 'x-request-id': 'ours' } });
    expect([answer.status, [...answer.body]]).toEqual([409, [0, 255, 254, 13, 10]]);
    const { date, connection, ...headers } = answer.headers;
    expect(headers).toEqual({
      ...{ 'content-type': 'text/x', 'x-kept': 'caf\xe9', etag: '"1"', 'www-authenticate': 'Basic, Bearer' },
      ...{ 'x-request-id': 'ours', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
      ...{ 'x-content-type-options': 'nosniff', 'transfer-encoding': 'chunked' },
    });
    expect(answer.rawHeaders.filter((name) => name === 'www-authenticate')).toHaveLength(2);
    expect(connection).toBe('close');
  });

  test("an answer of the Conductor server cannot set cookies or other browser state at the gateway's origin", async () => {
    await using world = await behind((_, res) => {
      res.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'clear-site-data': '"*"', 'alt-svc': 'h3=":1"' });
      res.end();
    });
    const { headers } = await ask(world);
    expect(Object.keys(headers)).not.toContain('set-cookie');
    expect(Object.keys(headers).join()).not.toMatch(/clear-site-data|alt-svc/);
  });

  test('the gateway forwards a compressed answer byte for byte, without decompressing it', async () => {
    const packed = gzipSync('x'.repeat(1_000));
    await using world = await behind((_, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
      res.end(packed);
    });
    const answer = await ask(world);
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(packed.length) });
    expect(answer.body.equals(packed)).toBe(true);
  });

  test.each([301, 302, 303, 307, 308])(
    'the gateway does not follow a redirect (%i) of the Conductor server',
    async (status) => {
      await using world = await behind((_, res) => {
        res.writeHead(status, { location: '/api/elsewhere' });
        res.end('moved');
      });
      const answer = await ask(world);
      expect([answer.status, answer.headers.location, answer.text]).toEqual([status, '/api/elsewhere', 'moved']);
      expect(world.connections()).toBe(1);
    },
  );

  test('the answer to HEAD contains all headers of the Conductor server, including the length of the body', async () => {
    const methods: (string | undefined)[] = [];
    await using world = await behind((req, res) => {
      methods.push(req.method);
      res.writeHead(200, { 'content-length': '1234', etag: '"1"' });
      res.end();
    });
    const answer = await ask(world, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-length': '1234', etag: '"1"' } });
    expect(methods).toEqual(['HEAD']);
  });

  test.each([
    [204, {}],
    [204, { 'content-length': '0' }],
    [304, { etag: '"1"', 'content-length': '1234' }],
  ])(
    'if the Conductor server answers with status %i and headers %j, the answer has no body, and the gateway does not close the connection',
    async (status, headers) => {
      await using world = await behind((_, res) => {
        res.writeHead(status, headers);
        res.end();
      });
      const twice = 'GET /api/x HTTP/1.1\r\nhost: x\r\n\r\nGET /api/y HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
      const answers = (await raw(world, twice)).split(/(?=HTTP\/1\.1 )/);
      expect(answers).toHaveLength(2);
      for (const answer of answers) {
        expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(answer.slice(answer.indexOf('\r\n\r\n'))).toBe('\r\n\r\n');
        expect(answer).not.toMatch(status === 204 ? /content-length/i : /transfer-encoding/i);
      }
    },
  );

  test('the gateway accepts early hints before the final answer of the Conductor server', async () => {
    await using world = await behind((_, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: '</x>; rel=preload' });
      res.end('ok');
    });
    expect((await ask(world)).text).toBe('ok');
  });
});

describe('failures of the Conductor server', () => {
  const away = { code: 'UPSTREAM_UNAVAILABLE', message: 'The Conductor server did not answer.' };
  const gone = async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  };

  test.each<[what: string, url: () => Promise<string>]>([
    ['refuses connections', async () => `http://127.0.0.1:${await gone()}/hunter2`],
    ['has no address', async () => 'http://hunter2.invalid'],
  ])('if the Conductor server %s, the gateway responds with 502, without the address of the server', async (_, url) => {
    await using world = await behind(() => {}, { url: new URL(await url()) });
    for (const method of ['GET', 'POST']) {
      const answer = await ask(world, {
        method,
        path: '/api/x?hunter3',
        ...(method === 'POST' && { body: 'hunter3' }),
      });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([502, away]);
      expect(answer.text + world.logged()).not.toMatch(/hunter|127\.0\.0\.1:/);
    }
    expect(world.logged()).toMatch(/"reason":"(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)"/);
  });

  test.each<[what: string, bytes: string]>([
    ['hangs up', ''],
    ['talks something else', 'hunter2 nonsense\r\n\r\n'],
    ['stops in its head', 'HTTP/1.1 200 OK\r\nx-a: 1\r\n'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['smuggles', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['changes protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['has a head without end', `HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(100_000)}\r\n\r\n`],
  ])('if the Conductor server %s during its answer, the gateway responds with 502', async (_, bytes) => {
    await using world = await behindBytes((socket) => socket.end(bytes));
    const answer = await ask(world, { method: 'POST', body: 'x' });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([502, away]);
    expect(world.logged()).not.toMatch(/hunter2|unexpected error/);
    expect(world.connections(), 'asked once').toBe(1);
  });

  test('after the Conductor server recovers, it receives the next request', async () => {
    let isBack = false;
    await using world = await behind((req, res) => (isBack ? res.end('back') : req.socket.resetAndDestroy()));
    expect((await ask(world)).status).toBe(502);
    isBack = true;
    expect((await ask(world)).text).toBe('back');
  });

  test('if the Conductor server closes the connection, the gateway does not repeat the request, because the server may have run it', async () => {
    let asked = 0;
    await using world = await behind((req, res) => {
      asked += 1;
      if (asked === 1) res.end('ok');
      else req.socket.destroy();
    });
    await ask(world);
    for (const method of ['GET', 'POST']) expect((await ask(world, { method })).status).toBe(502);
    expect(asked).toBe(3);
  });

  test('if the Conductor server does not answer in time, the gateway responds with 504', async () => {
    await using world = await behind(() => {}, { timeoutMs: 50 });
    const answer = await ask(world, { path: '/api/hunter2?hunter2' });
    const described = { code: 'UPSTREAM_TIMEOUT', message: 'The Conductor server did not answer in time.' };
    expect([answer.status, JSON.parse(answer.text)]).toEqual([504, described]);
  });

  test('if the Conductor server accepts connections and never answers, the gateway responds with 504', async () => {
    // A TLS connection needs an answer from the server, but this server never answers.
    const silent = createTcpServer((socket) => socket.on('error', () => {}));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await using world = await before(silent, { url, timeoutMs: 50 });
    const answer = await ask(world);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([504, 'UPSTREAM_TIMEOUT']);
    expect(world.connections()).toBe(1);
  });

  test('the gateway detects a Conductor server that forwards requests back to the gateway', async () => {
    const { log } = keepingLog();
    let upstream: Upstream | undefined;
    let asked = 0;
    const gateway = createHttpServer({
      log,
      routes: [
        {
          path: '/api/*',
          methods: {
            '*': (incoming) => {
              asked += 1;
              return upstream!.forward(incoming, { id: 'usr_1', name: 'ann' });
            },
          },
        },
      ],
    });
    const port = await gateway.listen('127.0.0.1', 0);
    upstream = createUpstream({ url: new URL(`http://127.0.0.1:${port}/api`), timeoutMs: 5_000 });
    const answer = await ask({ port });
    expect([answer.status, JSON.parse(answer.text).code, asked]).toEqual([508, 'UPSTREAM_LOOP', 2]);
    await gateway.close({ graceMs: 0 });
    await upstream.close();
  });
});

describe('connections to the Conductor server', () => {
  test('one connection to the Conductor server serves several requests in sequence', async () => {
    await using world = await recording();
    for (const body of ['a', 'b', 'c']) await ask(world, { method: 'POST', body });
    expect([world.asked.length, world.connections()]).toEqual([3, 1]);
  });

  test('if the Conductor server closes an idle connection, no request fails', async () => {
    let closed = Promise.resolve<unknown>(undefined);
    let asked = 0;
    await using world = await behind((req, res) => {
      asked += 1;
      closed = once(req.socket, 'close');
      res.end('ok', () => req.socket.end());
    });
    for (let i = 0; i < 20; i++) {
      expect((await ask(world, { method: 'POST', body: 'x' })).text).toBe('ok');
      await closed;
    }
    expect(asked).toBe(20);
  });

  test('every waiting request eventually receives a connection to the Conductor server', async () => {
    const waiting: (() => void)[] = [];
    await using world = await behind((_, res) => {
      waiting.push(() => res.end('polled'));
      if (waiting.length === 50) for (const answer of waiting) answer();
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(world)));
    expect(answers.every(({ text }) => text === 'polled')).toBe(true);
  });
});

describe('stopping a gateway that forwards requests', () => {
  test('a gateway that stops waits for its running request, and then closes its connections to the Conductor server', async () => {
    let release = () => {};
    const ended: Promise<unknown>[] = [];
    const arrived = Promise.withResolvers<void>();
    await using world = await behind((req, res) => {
      ended.push(once(req.socket, 'close'));
      release = () => res.end('done');
      arrived.resolve();
    });
    const running = ask(world);
    await arrived.promise;
    const stopped = world.closeGateway(10_000);
    release();
    expect((await running).text).toBe('done');
    await stopped;
    await world.closeUpstream();
    await Promise.all(ended);
  });

  test('a gateway that stops aborts a request that exceeds the time limit, and closes the connection to the Conductor server', async () => {
    const arrived = Promise.withResolvers<{ closed: Promise<unknown> }>();
    await using world = await behind((req) => arrived.resolve({ closed: once(req.socket, 'close') }));
    const running = ask(world).catch(() => 'cut');
    const { closed } = await arrived.promise;
    await world.closeGateway(0);
    await world.closeUpstream();
    expect(await running).toBe('cut');
    await closed;
  });
});
