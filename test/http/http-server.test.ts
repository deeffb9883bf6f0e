import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { NotFound, Unavailable } from '../../src/errors.ts';
import { HttpError, type Incoming, type Route } from '../../src/http/exchange.ts';
import { createHttpServer } from '../../src/http/http-server.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { keepingLog, tinyServer } from '../support/tiny-server.ts';

const text = (body: string, status = 200) => ({ status, headers: { 'content-type': 'text/plain' }, body });
const hasPort = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });

/** Starts a server that serves only `routes`. */
async function serving(routes: Route[], options: { trustedProxies?: string[] } = {}) {
  const { log, logged } = keepingLog();
  const metrics = createMetrics();
  const server = createHttpServer({ routes, log, metrics, ...options });
  const port = await server.listen('127.0.0.1', 0);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    metrics,
    close: server.close,
    logged,
    lines: () =>
      logged()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }),
  };
}

/** Sends raw bytes. Resolves with the received bytes after the server closes the connection. */
function raw(port: number, bytes: string, then?: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes);
      then?.(socket);
    });
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer ? resolve(answer) : reject(error)));
  });
}

const echo: Route = {
  path: '/echo',
  methods: {
    POST: async (incoming) => text((await incoming.readBody(1_000)).toString()),
    GET: async () => text('got'),
  },
};

describe('headers of every HTTP answer', () => {
  test('the headers of every answer forbid storing, sniffing and referrers, and contain no server name', async () => {
    await using server = await tinyServer({
      routes: [echo, { path: '/broken', methods: { GET: () => Promise.reject(new Error()) } }],
    });
    for (const path of [
      '/graphql?query=%7B__typename%7D',
      '/healthz',
      '/readyz',
      '/metrics',
      '/nowhere',
      '/echo',
      '/broken',
    ]) {
      const { headers } = await fetch(server.url + path);
      expect([
        path,
        headers.get('cache-control'),
        headers.get('x-content-type-options'),
        headers.get('referrer-policy'),
      ]).toEqual([path, 'no-store', 'nosniff', 'no-referrer']);
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
    }
  });

  test('the answer to malformed HTTP contains the same security headers as every other answer', async () => {
    await using server = await serving([echo]);
    const answer = await raw(server.port, 'hunter2hunter2 nonsense\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/cache-control: no-store/i);
    expect(answer + server.logged()).not.toContain('hunter2');
  });

  test('the server responds to a request with too long headers with 431', async () => {
    await using server = await serving([echo]);
    const answer = await raw(server.port, `GET /echo HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('the server responds to a request with an unknown expectation with 417', async () => {
    await using server = await serving([echo]);
    const answer = await raw(
      server.port,
      'GET /echo HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 417 [\s\S]*cache-control: no-store/);
  });

  test('every answer contains a request id: the valid id that the client sent, or a new id', async () => {
    await using server = await serving([echo]);
    const idFor = async (given?: string) =>
      (
        await fetch(`${server.url}/echo`, given === undefined ? {} : { headers: { 'x-request-id': given } })
      ).headers.get('x-request-id');
    expect(await idFor('build_7.a-B')).toBe('build_7.a-B');
    for (const given of [undefined, '', 'x'.repeat(65), 'a b', 'a"b', 'a/b', 'ä']) {
      expect(await idFor(given)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});

describe('malformed HTTP requests', () => {
  const HEAD = 'Host: x\r\nConnection: close\r\n';
  const CHUNKED = 'Transfer-Encoding: chunked\r\n';
  const REQUESTS: [what: string, bytes: string][] = [
    ['two Host headers', `GET /echo HTTP/1.1\r\n${HEAD}Host: y\r\n\r\n`],
    ['the same Host header twice', `GET /echo HTTP/1.1\r\n${HEAD}Host: x\r\n\r\n`],
    ['two Host headers in HTTP/1.0', 'GET /echo HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['two tokens', `GET /echo HTTP/1.1\r\n${HEAD}Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n`],
    ['no Host header', 'GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no Host header and a whole address', 'GET http://x/echo HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a list of hosts', 'GET /echo HTTP/1.1\r\nHost: x, y\r\n\r\n'],
    ['a user in the host', 'GET /echo HTTP/1.1\r\nHost: a@x\r\n\r\n'],
    ['a path in the host', 'GET /echo HTTP/1.1\r\nHost: x/y\r\n\r\n'],
    ['a request of HTTP/0.9', 'GET /echo\r\n\r\n'],
    ['HTTP/0.9 by name', 'GET /echo HTTP/0.9\r\n\r\n'],
    ['HTTP/1.2', `GET /echo HTTP/1.2\r\n${HEAD}\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['two lengths', `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a list of lengths', `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 2, 2\r\n\r\nab`],
    ['a length with a sign', `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: +2\r\n\r\nab`],
    ['a length and chunks', `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`],
    ['chunks and a length', `POST /echo HTTP/1.1\r\n${HEAD}${CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n`],
    ['two transfer codings', `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked encoding twice', `POST /echo HTTP/1.1\r\n${HEAD}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`],
    ['an unknown coding', `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['the identity coding', `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', `POST /echo HTTP/1.0\r\nHost: x\r\n${CHUNKED}\r\n0\r\n\r\n`],
    ['a space before a colon', `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `GET /echo HTTP/1.1\r\n${HEAD}X-A: 1\r\n 2\r\n\r\n`],
    ['lines that end in LF alone', `GET /echo HTTP/1.1\nHost: x\nConnection: close\n\n`],
    ['one header that ends in LF alone', 'GET /echo HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n'],
    ['a CR within a header', 'GET /echo HTTP/1.1\r\nHost: x\rX-A: 1\r\n\r\n'],
    ['a NUL within a header', `GET /echo HTTP/1.1\r\n${HEAD}X-A: a\0b\r\n\r\n`],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'],
    ['the address of another protocol', `GET ftp://x/echo HTTP/1.1\r\n${HEAD}\r\n`],
    ['an asterisk with GET', `GET * HTTP/1.1\r\n${HEAD}\r\n`],
    ['a path without a slash', `GET echo HTTP/1.1\r\n${HEAD}\r\n`],
    ['a fragment', `GET /echo#x HTTP/1.1\r\n${HEAD}\r\n`],
    ['a space in the path', `GET /echo x HTTP/1.1\r\n${HEAD}\r\n`],
    ['a method in small letters', `get /echo HTTP/1.1\r\n${HEAD}\r\n`],
  ];
  test.each(REQUESTS)(
    'the server responds to a request with %s with 400, runs no route, and closes the connection',
    async (_, bytes) => {
      let reached = 0;
      const counting = async () => text(String(++reached));
      await using server = await serving([
        { path: '/echo', methods: { '*': counting } },
        { path: '/after', methods: { '*': counting } },
      ]);
      const answer = await raw(server.port, `${bytes}GET /after HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.toLowerCase()).toContain('connection: close');
      expect([answer.match(/HTTP\/1\.1 \d/g)?.length, reached]).toEqual([1, 0]);
    },
  );

  test('if a request contains malformed chunks, its handler never receives a complete body, and the server closes the connection', async () => {
    const bodies: string[] = [];
    const keep = async (incoming: Incoming) => {
      bodies.push((await incoming.readBody(1_000)).toString());
      return text('kept');
    };
    await using server = await serving([{ path: '/keep', methods: { POST: keep } }]);
    for (const chunks of [
      '2\nab\r\n0\r\n\r\n',
      '2;x\nab\r\n0\r\n\r\n',
      '0x2\r\nab\r\n0\r\n\r\n',
      '-2\r\nab\r\n0\r\n\r\n',
    ]) {
      const answer = await raw(server.port, `POST /keep HTTP/1.1\r\n${HEAD}${CHUNKED}\r\n${chunks}`);
      expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
    }
    expect(bodies).toEqual([]);
  });
});

describe('matching a path to a route', () => {
  const routes: Route[] = [
    echo,
    { path: '/api/*', methods: { GET: async (incoming) => text(`api ${incoming.path} ${incoming.query.get('q')}`) } },
    { path: '/api/deep/*', methods: { GET: async () => text('deep') } },
    { path: '/api/deep/exact', methods: { GET: async () => text('exact') } },
    { path: '/*', methods: { GET: async () => text('console') } },
  ];

  test.each([
    ['/echo', 'got'],
    ['/echo?x=1', 'got'],
    ['/api/secrets/a%2Fb?q=1&q=2', 'api /api/secrets/a%2Fb 1'],
    ['/api/deep/other', 'deep'],
    ['/api/deep/exact', 'exact'],
    ['/', 'console'],
    ['/echo/', 'console'],
  ])('the route with the longest matching prefix answers the path %s', async (path, answer) => {
    await using server = await serving(routes);
    expect(await (await fetch(server.url + path)).text()).toBe(answer);
  });

  test('a client can request a path by its absolute URL', async () => {
    await using server = await serving(routes);
    const answer = await raw(
      server.port,
      'GET http://elsewhere/api/x?q=9 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    expect(answer).toContain('api /api/x 9');
  });

  test('the server responds to an unknown path with 404, and to an unsupported method with 405 and the allowed methods', async () => {
    await using server = await serving([echo]);
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await fetch(`${server.url}/echo`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD']);
    }
  });

  test('the answer to HEAD equals the answer to GET without the body', async () => {
    await using server = await serving([echo]);
    const answer = await fetch(`${server.url}/echo`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '3', '']);
  });
});

describe('reading a request body', () => {
  const post = (url: string, body: string, headers = {}) => fetch(`${url}/echo`, { method: 'POST', body, headers });

  test('the server reads a complete request body up to its size limit', async () => {
    await using server = await serving([echo]);
    for (const length of [0, 1, 1_000])
      expect(await (await post(server.url, 'x'.repeat(length))).text()).toHaveLength(length);
  });

  test('the server responds to a request body above its size limit with 413, and closes the connection', async () => {
    await using server = await serving([echo]);
    const declared = await post(server.url, 'x'.repeat(1_001));
    expect([declared.status, declared.headers.get('connection')]).toEqual([413, 'close']);
    const chunked = await raw(
      server.port,
      `POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${`100\r\n${'x'.repeat(256)}\r\n`.repeat(5)}0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
  });

  test('if a handler finds a request body too large, the server responds with 413 and the reason', async () => {
    const refuses: Route = {
      path: '/echo',
      methods: {
        POST: async (incoming) => {
          await incoming.readBody(1_000);
          throw new HttpError(413, 'BAD_REQUEST', 'Too large.');
        },
      },
    };
    await using server = await serving([refuses]);
    const answer = await post(server.url, 'x');
    expect([answer.status, await answer.json()]).toEqual([413, { code: 'BAD_REQUEST', message: 'Too large.' }]);
  });

  test('the server closes the connection of an endless request body after the body exceeds its size limit', async () => {
    await using server = await serving([echo]);
    const started = performance.now();
    const answer = await raw(
      server.port,
      'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n',
      (socket) => {
        const timer = setInterval(() => socket.write('x'.repeat(100)), 50);
        socket.on('close', () => clearInterval(timer));
      },
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('the server refuses a compressed request body, because its decompressed size is unknown', async () => {
    await using server = await serving([echo]);
    expect((await post(server.url, 'x', { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  test('if a request body ends early, no handler receives the request', async () => {
    await using server = await serving([echo]);
    await raw(server.port, 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhunter2', (socket) => {
      setTimeout(() => socket.destroy(), 50);
    });
    await sleep(50);
    expect(server.lines().filter(({ level }) => level > 30)).toEqual([]);
    expect(server.lines()).toMatchObject([{ path: '/echo', status: 499, aborted: true }]);
    expect((await fetch(`${server.url}/echo`)).status).toBe(200);
  });
});

describe('sending an HTTP answer', () => {
  test('a handler may send an answer in parts', async () => {
    const parts = async function* () {
      yield 'a';
      await sleep(5);
      yield 'ä';
    };
    await using server = await serving([
      { path: '/', methods: { GET: async () => ({ status: 200, headers: {}, body: parts() }) } },
    ]);
    expect(await (await fetch(server.url)).text()).toBe('aä');
  });

  test('if an answer fails after its first part, the server closes the connection, so that the client does not accept the answer as complete', async () => {
    const parts = async function* () {
      yield 'a';
      throw new Error('lost');
    };
    await using server = await serving([
      { path: '/', methods: { GET: async () => ({ status: 200, headers: {}, body: parts() }) } },
    ]);
    await expect(fetch(server.url).then((answer) => answer.text())).rejects.toThrow();
    expect(server.lines().filter(({ level }) => level === 50)).toHaveLength(1);
  });

  test('the answer of a failed handler contains no details, and the server logs the error once without content of the request', async () => {
    const fails: Route = {
      path: '/fails',
      methods: {
        POST: async (incoming) => {
          throw new Error(`cannot parse ${(await incoming.readBody(1_000)).toString().slice(0, 20)}…`);
        },
      },
    };
    await using server = await serving([fails]);
    const answer = await fetch(`${server.url}/fails`, {
      method: 'POST',
      body: '{"value":"hunter2hunter2"}',
      headers: { 'x-request-id': 'r-9' },
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      500,
      { code: 'INTERNAL_SERVER_ERROR', requestId: 'r-9' },
    ]);
    const errors = server.lines().filter(({ level }) => level === 50);
    expect(errors).toMatchObject([{ requestId: 'r-9', error: { name: 'Error' } }]);
    expect(errors[0].error.message).toContain('cannot parse');
    expect(server.logged()).not.toContain('hunter2');
  });

  test('if the client disconnects, the server logs the answer as aborted and not as an error', async () => {
    const leaving = new AbortController();
    const GET = async () => {
      leaving.abort();
      return sleep(1_000, text('late'));
    };
    await using server = await serving([{ path: '/', methods: { GET } }]);
    await expect(fetch(server.url, { signal: leaving.signal })).rejects.toThrow();
    await vi.waitFor(() => expect(server.lines()).toMatchObject([{ level: 30, status: 499, aborted: true }]), 5_000);
  });
});

describe('the address of the caller', () => {
  const whoami: Route = { path: '/', methods: { GET: async (incoming: Incoming) => text(incoming.address) } };
  test.each<[what: string, trusted: string[], forwarded: string | undefined, address: string]>([
    ['is the peer’s', [], undefined, '127.0.0.1'],
    ['is the address of the peer if no proxy is trusted', [], '1.2.3.4', '127.0.0.1'],
    ['is the address of the peer if only other proxies are trusted', ['10.0.0.0/8'], '1.2.3.4', '127.0.0.1'],
    ['is the address that a trusted peer forwards', ['127.0.0.1'], '1.2.3.4', '1.2.3.4'],
    [
      'is the last untrusted address, not the first address, which any client can forge',
      ['127.0.0.0/8'],
      '6.6.6.6, 1.2.3.4',
      '1.2.3.4',
    ],
    ['is found behind several proxies', ['127.0.0.1', '10.0.0.0/8'], '6.6.6.6, 1.2.3.4, 10.0.0.1, 10.9.9.9', '1.2.3.4'],
    [
      'is the address of the farthest proxy if all proxies are trusted',
      ['127.0.0.1', '10.0.0.0/8'],
      '10.0.0.1',
      '10.0.0.1',
    ],
    ['may be IPv6', ['127.0.0.1', '2001:db8::/32'], '[2001:dead::1]:443, 2001:db8::7', '2001:dead::1'],
    ['may come with a port', ['127.0.0.1'], '1.2.3.4:5678', '1.2.3.4'],
    ['is the address of the proxy if the proxy forwards nonsense', ['127.0.0.1'], 'unknown', '127.0.0.1'],
    ['is the address of the proxy if the proxy forwards nothing', ['127.0.0.1'], '', '127.0.0.1'],
  ])('the address of the caller %s', async (_, trustedProxies, forwarded, address) => {
    await using server = await serving([whoami], { trustedProxies });
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(await (await fetch(server.url, { headers })).text()).toBe(address);
  });

  test('a trusted proxy must be a valid address or network', async () => {
    await expect(serving([whoami], { trustedProxies: ['localhost'] })).rejects.toThrow();
    await expect(serving([whoami], { trustedProxies: ['10.0.0.0/33'] })).rejects.toThrow();
  });
});

describe('the log of HTTP requests', () => {
  test('the server writes one log line for each request, with the caller and without query, headers and body', async () => {
    const route: Route = {
      path: '/a',
      methods: {
        POST: async (incoming) => {
          await incoming.readBody(100);
          incoming.principal = 'usr_1';
          return text('hunter2');
        },
      },
    };
    await using server = await serving([route]);
    await fetch(`${server.url}/a?q=hunter2`, {
      method: 'POST',
      body: 'hunter2',
      headers: { authorization: 'Bearer hunter2', 'x-request-id': 'r' },
    });
    await sleep(20);
    const lines = server.lines();
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        method: 'POST',
        path: '/a',
        status: 200,
        ms: expect.any(Number),
        requestId: 'r',
        principal: 'usr_1',
      }),
    ]);
    expect(server.logged()).not.toContain('hunter2');
  });
});

/** A promise together with its resolve function. */
function signal(): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

describe('shutting down the HTTP server', () => {
  test('a server that shuts down waits for a running request, accepts no new request, and stops immediately after the running request', async () => {
    const [begun, begin] = signal();
    const GET = async () => {
      begin();
      return sleep(150, text('done'));
    };
    const server = await serving([{ path: '/', methods: { GET } }]);
    const running = fetch(server.url);
    await begun;
    const started = performance.now();
    const closed = server.close({ graceMs: 5_000 });
    expect(await hasPort(server.port)).toBe(false);
    const answer = await running;
    expect([await answer.text(), answer.headers.get('connection')]).toEqual(['done', 'close']);
    await closed;
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('a server that shuts down does not wait for idle connections', async () => {
    const server = await serving([echo]);
    await fetch(`${server.url}/echo`); // The client does not close the connection.
    const silent = raw(server.port, '');
    const half = raw(server.port, 'GET /echo HT');
    await sleep(30);
    const started = performance.now();
    await server.close({ graceMs: 5_000 });
    expect(performance.now() - started).toBeLessThan(5_000);
    await Promise.allSettled([silent, half]);
  });

  test('a server that shuts down closes the connections of requests that exceed the time limit', async () => {
    const [begun, begin] = signal();
    const GET = () => {
      begin();
      return new Promise<never>(() => {});
    };
    const server = await serving([{ path: '/', methods: { GET } }]);
    const running = fetch(server.url).catch(() => 'cut');
    await begun;
    const started = performance.now();
    await server.close({ graceMs: 100 });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await running).toBe('cut');
  });
});

describe('operator endpoints of the HTTP server', () => {
  test('/healthz reports that the process is alive', async () => {
    await using server = await tinyServer();
    const answer = await fetch(`${server.url}/healthz`);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  });

  test.each<[what: string, ready: () => Promise<{ ok: boolean; reason?: string }>, status: number, ok: boolean]>([
    ['ready', async () => ({ ok: true }), 200, true],
    ['not ready, and why', async () => ({ ok: false, reason: 'not migrated' }), 503, false],
    ['not ready if the check fails', () => Promise.reject(new Error('postgres://u:hunter2@db')), 503, false],
    [
      'not ready if the check throws',
      () => {
        throw new Error('hunter2');
      },
      503,
      false,
    ],
    ['not ready if the check does not end', () => new Promise(() => {}), 503, false],
  ])('/readyz reports %s', async (_, ready, status, ok) => {
    await using server = await tinyServer({ ready });
    const answer = await fetch(`${server.url}/readyz`);
    const body = await answer.text();
    expect([answer.status, JSON.parse(body).ok]).toEqual([status, ok]);
    expect(body + server.logged()).not.toContain('hunter2');
  });

  test('/metrics counts requests by route and status, without names from the requests', async () => {
    await using server = await tinyServer();
    await server.post({ query: '{ secret(name: "hunter2") { name } }' });
    await fetch(`${server.url}/hunter2?hunter2`);
    await sleep(20);
    const answer = await fetch(`${server.url}/metrics`);
    const body = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toContain('http_requests_total{route="/graphql",status="200"} 1');
    expect(body).toContain('http_requests_total{route="none",status="404"} 1');
    expect(body).toContain('http_request_duration_seconds_count{route="/graphql"} 1');
    expect(body).toContain('process_cpu_seconds_total');
    expect(body).not.toContain('hunter2');
  });

  test('two servers in one process have separate metrics, and application code can add metrics to a server', async () => {
    const [a, b] = [createMetrics(), createMetrics()];
    a.counter({ name: 'audit_events_total', help: 'Events.' }).inc(3);
    a.gauge({
      name: 'pool_size',
      help: 'Connections.',
      collect() {
        this.set(7);
      },
    });
    const scrape = async (metrics: typeof a) => String((await metrics.handle({} as Incoming)).body);
    expect(await scrape(a)).toMatch(/audit_events_total 3[\s\S]*pool_size 7/);
    expect(await scrape(b)).not.toContain('audit_events_total');
  });
});

test('if a route throws an expected error, the answer contains its error code and has the HTTP status of this code', async () => {
  await using server = await serving([
    { path: '/away', methods: { GET: () => Promise.reject(new Unavailable()) } },
    { path: '/none', methods: { GET: () => Promise.reject(new NotFound('thing')) } },
  ]);
  const described = async (path: string) => {
    const response = await fetch(server.url + path);
    const body = (await response.json()) as { code: string };
    return [response.status, body.code];
  };
  expect(await described('/away')).toEqual([503, 'UNAVAILABLE']);
  expect(await described('/none')).toEqual([404, 'NOT_FOUND']);
  expect(server.logged()).not.toContain('unexpected error');
});
