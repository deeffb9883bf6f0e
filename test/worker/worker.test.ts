import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ConductorServer, conductorServer, type Result } from '../support/conductor-server.ts';
import { cleanUp, type GatewayProcess } from '../support/gateway-process.ts';
import { overhear, remember, sentinel } from '../support/sentinel.ts';
import { type Asked, type TargetServer, targetServer } from '../support/target-server.ts';
import { readyWorker } from '../support/worker-process.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

// These tests start a real worker process, and the process needs more time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let w: World;
let conductor: ConductorServer;
let target: TargetServer;
let app: SomeApplication;
let worker: GatewayProcess;

const token = sentinel('token');
const admins = sentinel('admins');
const login = { user: sentinel('user'), password: `${sentinel('pass')} "ünd" &+/` };
const old = sentinel('old');

beforeAll(async () => {
  remember(login.password);
  w = await world();
  conductor = await conductorServer();
  target = await targetServer();
  app = await w.application('worker');
  remember(app.keySecret);
  await w.secret('token', { value: token, tags: ['env:prod'] });
  await w.secret('login', { value: JSON.stringify(login), tags: ['env:prod'] });
  await w.secret('rotated', { value: old, tags: ['env:prod'] });
  await w.secret('admins', { value: admins });
  await w.secret('late', { tags: ['env:prod'], expiresAt: w.clock.in({ seconds: 1 }) });
  await w.grant(app.id, 'EXECUTE', 'env:prod');
  await w.grant(app.id, ['READ', 'UPDATE'], 'rotated');
  w.clock.advance({ seconds: 2 });
  worker = await readyWorker({
    conductorUrl: `${conductor.url}/api`,
    gatewayUrl: w.url,
    as: app,
    more: { LOG_LEVEL: 'trace' },
  });
});
afterAll(async () => {
  await cleanUp();
  await conductor?.stop();
  await target?.close();
  await w?.close();
});

/** A task in the format of workflow definitions. */
const written = { name: 'http_with_secrets', taskReferenceName: 'the_task', type: 'HTTP_WITH_SECRETS' };

/** Delivers a task to the worker and returns the result of the task. */
async function done(
  type: string,
  ...[definition, options]: Parameters<ConductorServer['add']> extends [string, ...infer R] ? R : never
): Promise<Result> {
  return conductor.resultOf(conductor.add(type, definition, options));
}
const http = (request: Record<string, unknown>, options = {}) =>
  done('HTTP_WITH_SECRETS', { http_request: request }, options);

describe('the task type HTTP_WITH_SECRETS', () => {
  test('HTTP_WITH_SECRETS makes the HTTP call with the secret values, and reports the answer', async () => {
    target.answer({ parcels: [1, 2] });
    const { status, outputData, reasonForIncompletion } = await http(
      {
        method: 'POST',
        uri: `${target.url}/parcels?for=\${workflow.input.customer}`,
        headers: {
          Authorization: 'Bearer ${workflow.secrets.token}',
          'X-Trace': '${workflow.input.trace}',
          'X-None': null,
        },
        body: { user: '${workflow.secrets.login.user}', password: '${workflow.secrets.login.password}', n: 1 },
      },
      { input: { customer: 'c 7', trace: 12 } },
    );
    expect(reasonForIncompletion).toBeUndefined();
    expect(status).toBe('COMPLETED');
    expect(outputData.response).toMatchObject({ statusCode: 200, reasonPhrase: 'OK', body: { parcels: [1, 2] } });
    expect(outputData.response.headers['content-type']).toEqual(['application/json']);
    expect(target.asked).toHaveLength(1);
    const { method, path, headers, body } = target.asked[0]!;
    expect([method, path]).toEqual(['POST', '/parcels?for=c%207']);
    expect(headers).toMatchObject({ authorization: `Bearer ${token}`, 'x-trace': '12', accept: 'application/json' });
    expect(headers['content-type']).toBe('application/json');
    expect(headers).not.toHaveProperty('x-none');
    expect(JSON.parse(body)).toEqual({ ...login, n: 1 });
  });

  test('HTTP_WITH_SECRETS records one use of each secret, with the application as the actor', async () => {
    target.answer({});
    const used = async () => {
      const { auditEvents } = await w.admin.get(
        '{ auditEvents(first: 200, filter: { actions: [SECRET_USE], secret: "token" }) { nodes { outcome actor { name } } } }',
      );
      return auditEvents.nodes;
    };
    const before = await used();
    await http({
      method: 'GET',
      uri: target.url,
      headers: { a: '${workflow.secrets.token}', b: 'x ${workflow.secrets.token}' },
    });
    const after = await used();
    expect(after).toHaveLength(before.length + 1);
    expect(after[0]).toEqual({ outcome: 'DONE', actor: { name: 'worker' } });
  });

  test('HTTP_WITH_SECRETS accepts bodies that are forms, strings or other content types, and accepts input without the field http_request', async () => {
    target.answer((_: unknown, response: ServerResponse) => void response.writeHead(201).end('made: <b>'));
    const form = await done('HTTP_WITH_SECRETS', {
      method: 'put',
      uri: `${target.url}/form`,
      contentType: 'application/x-www-form-urlencoded',
      accept: 'text/plain',
      body: { grant_type: 'password', password: '${workflow.secrets.login.password}' },
    });
    expect(form).toMatchObject({
      status: 'COMPLETED',
      outputData: { response: { statusCode: 201, body: 'made: <b>' } },
    });
    expect(target.asked[0]?.method).toBe('PUT');
    expect(target.asked[0]?.headers.accept).toBe('text/plain');
    expect(new URLSearchParams(target.asked[0]?.body).get('password')).toBe(login.password);

    await http({ method: 'POST', uri: target.url, contentType: 'text/plain', body: 'hello ${workflow.secrets.token}' });
    expect(target.asked[1]).toMatchObject({ body: `hello ${token}` });
    await http({ method: 'GET', uri: target.url });
    expect(target.asked[2]?.headers).not.toHaveProperty('content-type');
  });

  test('HTTP_WITH_SECRETS hides secret values in every part of the answer', async () => {
    target.answer(({ headers }: { headers: Record<string, string> }, response: ServerResponse) => {
      const sent = headers.authorization ?? '';
      response
        .setHeader('x-echo', sent)
        .setHeader('set-cookie', [`t=${token}`, `u=${encodeURIComponent(login.password)}`]);
      response.end(
        JSON.stringify({
          text: `You sent ${sent}!`,
          [sent]: 'as a key',
          url: `https://x/?p=${encodeURIComponent(login.password)}&q=${new URLSearchParams({ p: login.password })}`,
          base64: Buffer.from(token).toString('base64'),
          basic: Buffer.from(`${login.user}:${login.password}`).toString('base64'),
          json: JSON.stringify(login),
          list: [[token], { deep: `x${login.user}y` }],
          kept: 'this',
        }),
      );
    });
    const { status, outputData } = await http({
      method: 'GET',
      uri: target.url,
      headers: { Authorization: '${workflow.secrets.token}', X: '${workflow.secrets.login}' },
    });
    expect(status).toBe('COMPLETED');
    const { body, headers } = outputData.response;
    expect(body).toMatchObject({
      text: 'You sent ***!',
      '***': 'as a key',
      base64: '***',
      list: [['***'], { deep: 'x***y' }],
      kept: 'this',
    });
    expect(headers['x-echo']).toEqual(['***']);
    const said = JSON.stringify(outputData);
    for (const value of [
      token,
      login.user,
      JSON.stringify(login.password).slice(1, -1),
      encodeURIComponent(login.password),
      Buffer.from(`${login.user}:${login.password}`).toString('base64').slice(4, -4),
    ])
      expect(said).not.toContain(value);
  });

  test('HTTP_WITH_SECRETS hides the secret values of the request in the answer, and does not hide JSON fields because of their names', async () => {
    const body = { _secrets: { token: 'fresh' }, _masked: 'kept', password: 'kept' };
    for (const headers of [{ a: '${workflow.secrets.token}' }, { a: 'none' }]) {
      target.answer((asked: { headers: Record<string, string> }, response: ServerResponse) => {
        response.end(JSON.stringify({ ...body, echo: asked.headers.a }));
      });
      const { outputData } = await http({ method: 'GET', uri: target.url, headers });
      const echo = headers.a === 'none' ? 'none' : '***';
      expect(outputData.response.body).toEqual({ ...body, echo });
    }
  });

  describe('HTTP_WITH_SECRETS with the field outputFilter', () => {
    const outputFilter = {
      _secrets: { token: '$${the_task.output.response.body.token}' },
      list: ['HTTP $${the_task.output.response.statusCode}', '$${the_task.output.response.body.list[1]}', 1],
      gone: '$${the_task.output.response.body.gone}',
    };

    test.each<[string, Record<string, string>]>([
      ['with secrets', { a: '${workflow.secrets.token}' }],
      ['without secrets', {}],
    ])(
      'HTTP_WITH_SECRETS reports only the result of the outputFilter, %s, and does not change this result',
      async (_, headers) => {
        target.answer({
          token: '${the_task.output.response.body.list}',
          list: [0, { a: token }],
          other: 'not described',
        });
        const used = Object.keys(headers).length > 0;
        if (!used) target.answer({ token: '${the_task.output.response.body.list}', list: [0, { a: '***' }] });
        const { status, outputData } = await http({ method: 'GET', uri: target.url, headers, outputFilter });
        expect(status).toBe('COMPLETED');
        expect(outputData).toEqual({
          _secrets: { token: '${the_task.output.response.body.list}' },
          list: ['HTTP 200', { a: '***' }, 1],
          gone: null,
        });
      },
    );

    test('HTTP_WITH_SECRETS applies the outputFilter to an error answer as well, and reports no additional content', async () => {
      target.answer((_: unknown, response: ServerResponse) => {
        response.writeHead(403).end(JSON.stringify({ token: 'x', other: 'not described' }));
      });
      expect(await http({ method: 'GET', uri: target.url, outputFilter })).toMatchObject({
        status: 'FAILED',
        reasonForIncompletion: 'HTTP 403',
        outputData: { _secrets: { token: 'x' } },
      });
    });

    test.each<[string, unknown]>([
      ['a text', '$${the_task.output.response}'],
      ['another task', { a: '$${other.output.response}' }],
      ['a part of its name', { a: '$${the_task.outputs}' }],
      ['an expression in another', { a: '$${the_task.output.${x}}' }],
      ['a secret', { a: '${workflow.secrets.token}' }],
      ['a secret that is escaped', { a: '$${workflow.secrets.token}' }],
    ])('if the outputFilter of HTTP_WITH_SECRETS selects %s, the task makes no HTTP call', async (_, filter) => {
      target.answer({});
      const headers = { a: '${workflow.secrets.token}' };
      const result = await http({ method: 'GET', uri: target.url, headers, outputFilter: filter });
      expect(result.status).toBe('FAILED_WITH_TERMINAL_ERROR');
      expect(result.reasonForIncompletion).toMatch(/^http_request\.outputFilter: /);
      expect(target.asked).toEqual([]);
    });
  });

  test('if the called server refuses or does not answer, HTTP_WITH_SECRETS fails with a retry, and its reason contains no secret value', async () => {
    target.answer((_: unknown, response: ServerResponse) => void response.writeHead(403).end(`no ${token} for you`));
    const headers = { a: '${workflow.secrets.token}' };
    expect(await http({ method: 'GET', uri: target.url, headers })).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'HTTP 403: no *** for you',
      outputData: { response: { statusCode: 403, body: 'no *** for you' } },
    });
    expect(await http({ method: 'GET', uri: 'http://127.0.0.1:9/', headers })).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'The call failed: ECONNREFUSED.',
      outputData: {},
    });
    target.answer((_: unknown, response: ServerResponse) => void response.destroy());
    expect(await http({ method: 'GET', uri: target.url, headers })).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'The call failed: connection lost.',
    });
    target.answer(() => {});
    expect(await http({ method: 'GET', uri: target.url, headers, readTimeOut: 300 })).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'The call failed: no response within readTimeOut.',
    });
  });

  test.each<[string, (text: string) => Buffer, Record<string, string>]>([
    ['gzip', gzipSync, { 'content-encoding': 'gzip' }],
    ['deflate', deflateSync, { 'content-encoding': 'Deflate' }],
    ['deflate without its frame', deflateRawSync, { 'content-encoding': 'deflate' }],
    ['brotli', brotliCompressSync, { 'content-encoding': 'br' }],
    ['zstd', zstdCompressSync, { 'content-encoding': 'zstd' }],
    ['two of them', (text) => brotliCompressSync(gzipSync(text)), { 'content-encoding': 'gzip, br' }],
    ['UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), { 'content-type': 'text/plain; charset="UTF-16LE"' }],
    ['Latin-1', (text) => Buffer.from(text, 'latin1'), { 'content-type': 'application/json;charset=ISO-8859-1' }],
    ['an unknown charset', Buffer.from, { 'content-type': 'application/json;charset=none' }],
  ])('HTTP_WITH_SECRETS reads an answer in %s, and hides secret values in the answer', async (_, encoded, headers) => {
    target.answer((asked: Asked, response: ServerResponse) => {
      const text = JSON.stringify({ echo: `${asked.headers.a} ${asked.body}` });
      response.writeHead(200, headers).end(encoded(text));
    });
    const body = '${workflow.secrets.login.password}';
    const request = { method: 'POST', uri: target.url, headers: { a: '${workflow.secrets.token}' }, body };
    const { outputData } = await http(request);
    expect(outputData.response.body).toEqual({ echo: '*** ***' });
    expect(outputData.response.headers).not.toHaveProperty('content-encoding');
    expect(outputData.response.headers).not.toHaveProperty(headers['content-encoding'] ? 'content-length' : 'none');
  });

  test.each<[string, string, Buffer, string, string]>([
    [
      'grows without end',
      'gzip',
      gzipSync(Buffer.alloc(50_000_000)),
      'FAILED_WITH_TERMINAL_ERROR',
      'longer than 512 KiB',
    ],
    ['is in an unknown encoding', 'toString', Buffer.from('x'), 'FAILED_WITH_TERMINAL_ERROR', 'does not support'],
    ['has a wrong content-encoding', 'gzip', Buffer.from('x'), 'FAILED', 'does not match its content-encoding'],
  ])('if an answer %s, HTTP_WITH_SECRETS reports no body', async (_, encoding, answer, status, described) => {
    target.answer((_: Asked, response: ServerResponse) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(answer);
    });
    expect(await http({ method: 'GET', uri: target.url })).toMatchObject({
      status,
      reasonForIncompletion: expect.stringContaining(described),
      outputData: {},
    });
  });

  test('HTTP_WITH_SECRETS hides a secret value even if the server removed the blanks before and after the value', async () => {
    const value = sentinel('blank');
    await w.secret('blanks', { value: ` ${value}  `, tags: ['env:prod'] });
    target.answer((asked: Asked, response: ServerResponse) => void response.end(JSON.stringify(asked.headers.a)));
    const { outputData } = await http({ method: 'GET', uri: target.url, headers: { a: '${workflow.secrets.blanks}' } });
    expect(outputData.response.body).toBe('***');
  });

  test('HTTP_WITH_SECRETS determines the framing of its HTTP request, regardless of the headers in the task', async () => {
    target.answer({});
    const framing = {
      ...{ 'Content-Length': '1', 'Transfer-Encoding': 'chunked', Connection: 'upgrade', Upgrade: 'h2c' },
      ...{ Expect: '100-continue', TE: 'trailers' },
    };
    const { status } = await http({ method: 'POST', uri: target.url, headers: framing, body: 'all of it' });
    expect([status, target.asked[0]?.body]).toEqual(['COMPLETED', 'all of it']);
    expect(target.asked[0]?.headers['content-length']).toBe('9');
    for (const name of ['upgrade', 'expect', 'te']) expect(target.asked[0]?.headers).not.toHaveProperty(name);
  });

  test('HTTP_WITH_SECRETS omits null from forms and headers, and preserves the notation of numbers', async () => {
    target.answer({});
    await w.secret('numbers', { value: '{"n": 12345678901234567890}', tags: ['env:prod'] });
    await http({
      ...{ method: 'POST', uri: target.url, contentType: 'application/x-www-form-urlencoded' },
      headers: { n: '${workflow.secrets.numbers.n}' },
      body: { a: '${workflow.input.none}', b: 1, n: '${workflow.secrets.numbers.n}' },
    });
    expect(target.asked[0]?.headers.n).toBe('12345678901234567890');
    expect(target.asked[0]?.body).toBe('b=1&n=12345678901234567890');
  });

  test('if a different party completes the task, HTTP_WITH_SECRETS makes no HTTP call', async () => {
    target.answer({});
    const inputParameters = { http_request: { method: 'GET', uri: target.url } };
    const workflowTask = { taskReferenceName: 'the_task', asyncComplete: true, inputParameters };
    const { status, reasonForIncompletion } = await done('HTTP_WITH_SECRETS', inputParameters, {
      more: { workflowTask },
    });
    expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
    expect(reasonForIncompletion).toMatch(/^asyncComplete: /);
    expect(target.asked).toEqual([]);
  });

  test('HTTP_WITH_SECRETS accepts an answer of at most 512 KiB', async () => {
    target.answer('x'.repeat(600_000));
    const { status, reasonForIncompletion } = await http({
      method: 'GET',
      uri: target.url,
      headers: { a: '${workflow.secrets.token}' },
    });
    expect([status, reasonForIncompletion]).toEqual([
      'FAILED_WITH_TERMINAL_ERROR',
      'The call failed: The response (HTTP 200) is longer than 512 KiB.',
    ]);
  });

  test('HTTP_WITH_SECRETS follows redirects to the same server, and does not follow redirects to a different server', async () => {
    const other = await targetServer();
    const headers = { a: '${workflow.secrets.token}' };
    const to =
      (location: string) =>
      ({ path }: { path: string }, response: ServerResponse) =>
        void response.writeHead(path === '/from' ? 302 : 200, path === '/from' ? { location } : {}).end('{}');
    target.answer(to('/there'));
    expect((await http({ method: 'GET', uri: `${target.url}/from`, headers })).status).toBe('COMPLETED');
    expect(target.asked.map(({ path }) => path)).toEqual(['/from', '/there']);

    target.answer(to(`${other.url}/?secret`));
    expect(await http({ method: 'GET', uri: `${target.url}/from`, headers })).toMatchObject({
      status: 'FAILED_WITH_TERMINAL_ERROR',
      reasonForIncompletion: expect.stringContaining('another server'),
    });
    expect(other.asked).toEqual([]);

    target.answer(to('/from'));
    expect((await http({ method: 'GET', uri: `${target.url}/from`, headers })).reasonForIncompletion).toContain(
      'more than 5 times',
    );
    target.answer(to('/there'));
    expect((await http({ method: 'POST', uri: `${target.url}/from`, headers })).reasonForIncompletion).toBe(
      'HTTP 302: {}',
    );
    await other.close();
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'missing',
      { a: 'Bearer ${workflow.secrets.nobody}' },
      'nobody at /http_request/headers/a (the secret does not exist, or the application may not use the secret)',
    ],
    [
      'forbidden',
      { a: '${workflow.secrets.admins}' },
      'admins at /http_request/headers/a (the secret does not exist, or the application may not use the secret)',
    ],
    ['expired', { a: '${workflow.secrets.late}' }, 'late at /http_request/headers/a (the secret has expired)'],
    [
      'without the field',
      { a: '${workflow.secrets.login.pin}' },
      'login at /http_request/headers/a (the path does not exist in the secret value)',
    ],
    [
      'no JSON',
      { a: '${workflow.secrets.token.x}' },
      'token at /http_request/headers/a (the secret value is not JSON)',
    ],
    [
      'nested',
      { a: '${workflow.secrets.${workflow.input.name}}' },
      '${workflow.secrets.${workflow.input.name}} at /http_request/headers/a (the reference is malformed)',
    ],
  ])(
    'if a secret reference is %s, HTTP_WITH_SECRETS ends the workflow, and the error contains the reference',
    async (_, headers, described) => {
      target.answer({});
      const result = await http(
        { method: 'GET', uri: target.url, headers: { ...headers, b: '${workflow.secrets.token}' } },
        { input: { name: 'token' } },
      );
      expect(result).toMatchObject({
        status: 'FAILED_WITH_TERMINAL_ERROR',
        reasonForIncompletion: `Unresolved references: ${described}.`,
        outputData: {},
      });
      expect(target.asked).toEqual([]);
    },
  );

  test('if a secret is the complete host or the complete address of a URL, HTTP_WITH_SECRETS calls the server that the secret names', async () => {
    target.answer({});
    const { host } = new URL(target.url);
    await w.secret('server', {
      value: JSON.stringify({ host, address: `${target.url}/v1`, more: `${host}/v1?` }),
      tags: ['env:prod'],
    });
    for (const [uri, path] of [
      ['http://${workflow.secrets.server.host}/parcels/${workflow.input.id}', '/parcels/7'],
      ['${workflow.secrets.server.address}/parcels/${workflow.input.id}', '/v1/parcels/7'],
    ] as const) {
      expect((await http({ method: 'GET', uri }, { input: { id: 7 } })).status).toBe('COMPLETED');
      expect(target.asked.at(-1)?.path).toBe(path);
    }
    for (const [uri, id] of [
      ['http://${workflow.secrets.server.more}/parcels/${workflow.input.id}', '7'],
      ['http://pat@${workflow.secrets.server.host}/parcels/${workflow.input.id}', '7'],
      ['${workflow.secrets.server.host}/parcels/${workflow.input.id}', '7'],
      ['${workflow.secrets.server.address}/parcels/${workflow.input.id}', '../../v2'],
      ['${workflow.secrets.server.address}/parcels/${workflow.input.id}', '..%2fv2'],
    ] as const) {
      const { status, reasonForIncompletion } = await http({ method: 'GET', uri }, { input: { id } });
      expect([status, reasonForIncompletion]).toEqual([
        'FAILED_WITH_TERMINAL_ERROR',
        expect.stringMatching(/^http_request\.uri: /),
      ]);
    }
    expect(target.asked).toHaveLength(2);
  });

  test('if a URL contains an expression before its path, HTTP_WITH_SECRETS refuses the task, the error contains the expression, and no secret is used', async () => {
    target.answer({});
    const uri = '${workflow.env.base}/parcels';
    const used = async () => {
      const filter = '{ actions: [SECRET_USE], secret: "token" }';
      return (await w.admin.get(`{ auditEvents(first: 200, filter: ${filter}) { nodes { id } } }`)).auditEvents.nodes
        .length;
    };
    const before = await used();
    expect(await http({ method: 'GET', uri, headers: { a: '${workflow.secrets.token}' } })).toMatchObject({
      status: 'FAILED_WITH_TERMINAL_ERROR',
      reasonForIncompletion: expect.stringContaining('${workflow.env.base} comes before the path'),
    });
    expect(await used()).toBe(before);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no address', { method: 'GET' }, /^http_request\.uri: /],
    ['another protocol', { method: 'GET', uri: 'file:///etc/passwd' }, /^http_request\.uri: /],
    ['a user in its address', { method: 'GET', uri: 'http://u:p@127.0.0.1/' }, /^http_request\.uri: .*header/],
    ['no method', { uri: 'http://127.0.0.1/' }, /^http_request\.method: /],
    ['an unknown method', { method: 'CONNECT', uri: 'http://127.0.0.1/' }, /^http_request\.method: /],
    ['a wrong time', { method: 'GET', uri: 'http://127.0.0.1/', readTimeOut: -1 }, /^http_request\.readTimeOut: /],
    [
      'a header of two lines',
      { method: 'GET', uri: 'http://127.0.0.1/', headers: { a: 'x\r\ny: z' } },
      /^http_request\.headers\.a: /,
    ],
    [
      'a header of objects',
      { method: 'GET', uri: 'http://127.0.0.1/', headers: { a: { b: 1 } } },
      /^http_request\.headers\.a: /,
    ],
  ])('if its request has %s, HTTP_WITH_SECRETS ends the workflow', async (_, request, described) => {
    const { status, reasonForIncompletion } = await http(request);
    expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
    expect(reasonForIncompletion).toMatch(described);
  });
});

describe('attacks by a caller who writes a secret reference into workflow input', () => {
  const ATTACK = '${workflow.secrets.admins}';
  const OWN = '${workflow.secrets.token}';

  test('if workflow input contains a secret reference, the worker sends the reference as literal text', async () => {
    // The application of the worker may use the secret. The caller who starts the workflow may not use the secret.
    await w.grant(app.id, 'EXECUTE', 'admins');
    target.answer({});
    const request = {
      method: 'POST',
      uri: `${target.url}/x?q=\${workflow.input.q}&t=\${workflow.secrets.token}`,
      headers: {
        A: '${workflow.input.q}',
        B: 'Bearer ${workflow.secrets.token}',
        C: 'of ${workflow.input.q}, ${workflow.secrets.token}',
      },
      body: { whole: '${workflow.input.deep}', part: 'id ${workflow.input.q}', out: '${before.output.body}' },
    };
    const deep = { a: [ATTACK, OWN] };
    const { status } = await http(request, { input: { q: ATTACK, deep }, outputs: { before: { body: ATTACK } } });
    expect(status).toBe('COMPLETED');
    const { path, headers, body } = target.asked[0]!;
    expect(decodeURIComponent(path)).toBe(`/x?q=${ATTACK}&t=${token}`);
    expect(headers).toMatchObject({ a: ATTACK, b: `Bearer ${token}`, c: `of ${ATTACK}, ${token}` });
    expect(JSON.parse(body)).toEqual({ whole: deep, part: `id ${ATTACK}`, out: ATTACK });
    expect(JSON.stringify(target.asked)).not.toContain(admins);
    await w.revoke(app.id, 'admins');
  });

  test('a caller who passes the complete HTTP request in workflow input obtains no secret', async () => {
    target.answer({});
    const request = { method: 'GET', uri: target.url, headers: { a: ATTACK, b: OWN } };
    const { status } = await done(
      'HTTP_WITH_SECRETS',
      { http_request: '${workflow.input.request}' },
      { input: { request } },
    );
    expect(status).toBe('COMPLETED');
    expect(target.asked[0]?.headers).toMatchObject({ a: ATTACK, b: OWN });
  });

  test('a caller who adds a task without a workflow definition obtains no secret', async () => {
    target.answer({});
    await http({ method: 'GET', uri: target.url, headers: { a: OWN } }, { more: { workflowTask: undefined } });
    expect(target.asked[0]?.headers).toMatchObject({ a: OWN });
  });

  test('a caller cannot use workflow input to send secrets of the workflow definition to a different server', async () => {
    const own = await targetServer();
    const headers = { a: '${workflow.secrets.token}' };
    for (const [uri, input] of [
      ['${workflow.input.url}', { url: own.url }],
      ['http://${workflow.input.host}/x', { host: own.url.slice('http://'.length) }],
      [`${target.url}\${workflow.input.path}`, { path: `@${own.url.slice('http://'.length)}/` }],
    ] as const) {
      expect(await http({ method: 'GET', uri, headers }, { input })).toMatchObject({
        status: 'FAILED_WITH_TERMINAL_ERROR',
        reasonForIncompletion: expect.stringMatching(/^http_request\.uri: a task with secrets/),
      });
    }
    expect(own.asked).toEqual([]);
    // A task without secrets may call any server.
    expect((await http({ method: 'GET', uri: '${workflow.input.url}' }, { input: { url: own.url } })).status).toBe(
      'COMPLETED',
    );
    await own.close();
  });

  test('a caller cannot change the HTTP request by giving the task different input', async () => {
    const own = await targetServer();
    target.answer({});
    const headers = { a: '${workflow.secrets.token}' };
    const inputData = {
      http_request: {
        ...{ method: 'POST', uri: `${own.url}/steal`, body: 'mine', headers: { ...headers, extra: 'mine' } },
      },
      uri: `${own.url}/steal`,
    };
    const { status } = await http({ method: 'GET', uri: `${target.url}/parcels`, headers }, { more: { inputData } });
    expect(status).toBe('COMPLETED');
    expect(target.asked).toMatchObject([{ method: 'GET', path: '/parcels', headers: { a: token }, body: '' }]);
    expect(target.asked[0]?.headers).not.toHaveProperty('extra');

    for (const [uri, given] of [
      [`${target.url}/parcels/\${workflow.input.id}`, `${own.url}/steal`],
      [`${target.url}/parcels/\${workflow.input.id}`, `${target.url}/parcels/../admin`],
      ['${workflow.env.base}/parcels', `${own.url}/parcels`],
    ]) {
      const request = { method: 'GET', uri, headers };
      const more = { inputData: { http_request: { ...request, uri: given } } };
      const result = await http(request, { more });
      expect(result.status).toBe('FAILED_WITH_TERMINAL_ERROR');
      expect(result.reasonForIncompletion).toMatch(/http_request.uri: /);
    }
    expect(target.asked).toHaveLength(1);
    expect(own.asked).toEqual([]);
    await own.close();
  });

  test('a caller cannot send secrets to a different server behind the same address', async () => {
    target.answer({});
    const body = '${workflow.secrets.token}';
    const request = (headers: unknown) => ({ method: 'POST', uri: target.url, headers, body });
    for (const headers of ['${workflow.input.headers}', { host: '${workflow.input.host}' }]) {
      const input = { headers: { Host: 'thief.example' }, host: 'thief.example' };
      const { status, reasonForIncompletion } = await http(request(headers), { input });
      expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
      expect(reasonForIncompletion).toMatch(/^http_request\.headers\.host: /);
    }
    expect(target.asked).toEqual([]);
    expect((await http(request({ Host: 'post.example', a: '1' }))).status).toBe('COMPLETED');
    expect((await http(request('${workflow.input.headers}'), { input: { headers: { a: '1' } } })).status).toBe(
      'COMPLETED',
    );
    expect(target.asked.map(({ headers }) => headers.host)).toEqual(['post.example', new URL(target.url).host]);
  });

  test('a caller cannot add a second HTTP request to the request in the workflow definition, with or without secrets', async () => {
    const own = await targetServer();
    target.answer({});
    const second = { method: 'GET', uri: `${own.url}/steal`, headers: { a: OWN } };
    for (const headers of [{ a: OWN }, { a: 'none' }]) {
      const first = { method: 'GET', uri: `${target.url}/parcels`, headers };
      for (const [definition, inputData] of [
        [first, { ...first, http_request: second }],
        [{ http_request: first }, { ...second, http_request: first }],
      ])
        expect(
          (await done('HTTP_WITH_SECRETS', definition as object as Record<string, unknown>, { more: { inputData } }))
            .status,
        ).toBe('COMPLETED');
    }
    expect(target.asked.map(({ path, headers }) => [path, headers.a])).toEqual([
      ...[
        ['/parcels', token],
        ['/parcels', token],
      ],
      ...[
        ['/parcels', 'none'],
        ['/parcels', 'none'],
      ],
    ]);
    // The worker refuses a request that is not in the workflow definition, even if the input contains no second
    // request.
    const nothing = await done(
      'HTTP_WITH_SECRETS',
      { uri: '${workflow.input.uri}', headers: { a: 'none' } },
      { more: { inputData: { http_request: second } } },
    );
    expect(nothing.reasonForIncompletion).toMatch(/^http_request\.uri: /);
    expect(own.asked).toEqual([]);
    await own.close();
  });

  test('a caller cannot make the worker repeat a call by declaring in workflow input that repeating is harmless', async () => {
    target.answer({});
    const request = { method: 'POST', uri: target.url, headers: { a: '${workflow.secrets.token}' } };
    const inputData = { http_request: { ...request, method: 'GET' } };
    expect((await http(request, { pollCount: 2, more: { inputData } })).status).toBe('FAILED');
    expect(target.asked).toEqual([]);
  });

  test('a caller cannot use workflow input to make an UPDATE_SECRET task update a different secret', async () => {
    const value = sentinel('given');
    const definition = { _secrets: { secretKey: 'rotated', secretValue: '${before.output.token}' } };
    const inputData = { _secrets: { secretKey: 'token', secretValue: value } };
    expect((await done('UPDATE_SECRET', definition, { more: { inputData } })).status).toBe('COMPLETED');
    expect(await w.reveal(w.admin, 'token')).toBe(token);
    expect(await w.reveal(w.admin, 'rotated')).toBe(value);
  });

  test('if the worker cannot distinguish text of the workflow input from the workflow definition, it refuses the task', async () => {
    target.answer({});
    const result = await http(
      {
        method: 'GET',
        uri: target.url,
        headers: { a: '${workflow.input.x} ${workflow.secrets.token} ${workflow.input.y}' },
      },
      { input: { x: `p ${OWN} q`, y: 'z' } },
    );
    expect(result.status).toBe('FAILED_WITH_TERMINAL_ERROR');
    expect(result.reasonForIncompletion).toMatch(/^\/http_request\/headers\/a: /);
    expect(target.asked).toEqual([]);
  });

  test('a caller cannot make the worker insert one secret value into another secret value', async () => {
    const { status } = await done(
      'UPDATE_SECRET',
      { _secrets: { secretKey: 'rotated', secretValue: '${workflow.input.value}' } },
      { input: { value: ATTACK } },
    );
    expect(status).toBe('COMPLETED');
    expect(await w.reveal(w.admin, 'rotated')).toBe(ATTACK);
  });
});

describe('attacks by a caller who starts a workflow and cannot write workflow definitions', () => {
  const stolen = (url: string) => ({
    http_request: { method: 'GET', uri: url, headers: { a: '${workflow.secrets.token}' } },
  });

  test('a caller who has registered no workflow definition obtains no secret through a dynamic fork, which creates tasks from workflow data', async () => {
    const own = await targetServer();
    // ForkJoinDynamicTaskMapper creates these tasks in three ways: by forkTaskInputs, by
    // dynamicForkTasksInputParamName, and with a name from the workflow definition.
    const registered = { name: 'forking', version: 1, tasks: [{ ...written, inputParameters: stolen(target.url) }] };
    for (const taskReferenceName of ['_http_with_secrets_0', 'forked', written.taskReferenceName]) {
      const { status, reasonForIncompletion } = await done('HTTP_WITH_SECRETS', stolen(own.url), {
        ...{ registered, written: { taskReferenceName }, more: { referenceTaskName: taskReferenceName } },
      });
      expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
      expect(reasonForIncompletion).toContain(`Task "${taskReferenceName}": `);
    }
    expect(own.asked).toEqual([]);
    await own.close();
  });

  test('a caller who has registered no workflow definition obtains no secret by sending a workflow definition with a new or a registered name', async () => {
    const own = await targetServer();
    const tasks = [{ ...written, inputParameters: stolen(target.url) }];
    for (const registered of [null, { name: 'theirs', version: 1, tasks }, { name: 'theirs', version: 1, tasks: [] }]) {
      const started = { name: 'theirs', version: 1, tasks: [{ ...written, inputParameters: stolen(own.url) }] };
      const { status } = await done('HTTP_WITH_SECRETS', stolen(own.url), { registered, started });
      expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
    }
    expect(own.asked).toEqual([]);
    await own.close();
  });

  test('a caller who has registered no workflow definition overwrites no secret, neither through a dynamic fork nor through a workflow definition that reads the secret name from data', async () => {
    const overwriting = (secretKey: string) => ({ _secrets: { secretKey, secretValue: 'mine' } });
    const forked = await done('UPDATE_SECRET', overwriting('rotated'), {
      registered: { name: 'forking', version: 1, tasks: [] },
    });
    expect(forked.status).toBe('FAILED_WITH_TERMINAL_ERROR');
    for (const key of ['${workflow.input.key}', 'rot${workflow.input.key}', '${workflow.secrets.token}']) {
      const { status, reasonForIncompletion } = await done('UPDATE_SECRET', overwriting(key), {
        input: { key: 'rotated' },
      });
      expect([status, reasonForIncompletion]).toEqual([
        'FAILED_WITH_TERMINAL_ERROR',
        expect.stringMatching(/^_secrets\.secretKey: /),
      ]);
    }
    const whole = await done(
      'UPDATE_SECRET',
      { _secrets: '${workflow.input.all}' },
      { input: { all: overwriting('rotated') } },
    );
    expect(whole.reasonForIncompletion).toMatch(/^_secrets: /);
    expect(await w.reveal(w.admin, 'rotated')).not.toBe('mine');
  });

  test('if the worker cannot read workflow definitions, it resolves no secret reference', async () => {
    target.answer({});
    for (const [status, expected] of [
      [403, 'FAILED_WITH_TERMINAL_ERROR'],
      [404, 'FAILED_WITH_TERMINAL_ERROR'],
      [500, 'FAILED'],
      [429, 'FAILED'],
    ] as const) {
      conductor.answerDefinitions(status);
      expect((await done('HTTP_WITH_SECRETS', stolen(target.url))).status).toBe(expected);
      // A task without secrets needs no workflow definition.
      expect((await http({ method: 'GET', uri: `${target.url}/free` })).status).toBe('COMPLETED');
    }
    conductor.answerDefinitions(undefined);
    expect(target.asked.map(({ path }) => path)).toEqual(Array(4).fill('/free'));
  });

  test('a caller who has registered no workflow definition can start a workflow whose registered task definition uses secrets', async () => {
    target.answer({});
    const inputTemplate = stolen(target.url);
    const { status } = await done(
      'HTTP_WITH_SECRETS',
      {},
      { written: { name: 'with_template' }, taskDefinition: { name: 'with_template', inputTemplate } },
    );
    expect([status, target.asked[0]?.headers.a]).toEqual(['COMPLETED', token]);
  });
});

describe('the task type UPDATE_SECRET', () => {
  const update = (secretKey: unknown, secretValue: unknown, options = {}) =>
    done('UPDATE_SECRET', { _secrets: { secretKey, secretValue } }, options);
  const version = async () => (await w.admin.get('{ secret(name: "rotated") { version } }')).secret.version;

  test('UPDATE_SECRET stores the output of a previous task as a secret value, and returns no output', async () => {
    const fresh = sentinel('fresh');
    // In this test, the workflow engine forwards the secret value. The leak test searches only later output.
    const before = await version();
    const result = await update('rotated', '${retrieve.output.body.token}', {
      outputs: { retrieve: { body: { token: fresh } } },
    });
    expect(result).toMatchObject({ status: 'COMPLETED', outputData: {} });
    expect(result.reasonForIncompletion).toBeUndefined();
    expect(await w.reveal(w.admin, 'rotated')).toBe(fresh);
    expect(await version()).toBe(before + 1);
  });

  test('if an UPDATE_SECRET task runs twice, it creates no second version, even if the second delivery has a different task id', async () => {
    const fresh = sentinel('fresh');
    await update('rotated', fresh, { taskId: 'update-1' });
    const after = await version();
    conductor.add(
      'UPDATE_SECRET',
      { _secrets: { secretKey: 'rotated', secretValue: fresh } },
      { taskId: 'update-1', pollCount: 2 },
    );
    expect((await update('rotated', fresh)).status).toBe('COMPLETED');
    await vi.waitFor(() => expect(conductor.results('update-1')).toHaveLength(2));
    expect(await version()).toBe(after);
  });

  test('if an UPDATE_SECRET task is delivered again after a newer update, it does not restore the old value', async () => {
    const [first, second] = [sentinel('first'), sentinel('second')];
    await update('rotated', first, { taskId: 'update-old' });
    await update('rotated', second);
    conductor.add(
      'UPDATE_SECRET',
      { _secrets: { secretKey: 'rotated', secretValue: first } },
      { taskId: 'update-old', pollCount: 2 },
    );
    await vi.waitFor(() =>
      expect(conductor.results('update-old').map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']),
    );
    expect(await w.reveal(w.admin, 'rotated')).toBe(second);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['_secrets', {}, /_secrets/],
    ['an object in _secrets', { _secrets: 'x' }, /_secrets/],
    ['secretKey', { _secrets: { secretValue: 'x' } }, /_secrets\.secretKey/],
    ['secretValue', { _secrets: { secretKey: 'rotated' } }, /_secrets\.secretValue/],
    ['a non-empty secretKey', { _secrets: { secretKey: '', secretValue: 'x' } }, /_secrets\.secretKey/],
    ['a non-empty secretValue', { _secrets: { secretKey: 'rotated', secretValue: '' } }, /_secrets\.secretValue/],
    [
      'a resolved secretValue',
      { _secrets: { secretKey: 'rotated', secretValue: '${gone.output.x}' } },
      /_secrets\.secretValue/,
    ],
  ])('if the workflow definition lacks %s, UPDATE_SECRET ends the workflow', async (_, definition, described) => {
    const before = await version();
    const { status, reasonForIncompletion, outputData } = await done('UPDATE_SECRET', definition);
    expect([status, outputData]).toEqual(['FAILED_WITH_TERMINAL_ERROR', {}]);
    expect(reasonForIncompletion).toMatch(described);
    expect(await version()).toBe(before);
  });

  test('if the application lacks permission to update or create the secret, UPDATE_SECRET ends the workflow with a 403', async () => {
    for (const name of ['token', 'a_new_one']) {
      const { status, reasonForIncompletion } = await update(name, sentinel());
      expect(status).toBe('FAILED_WITH_TERMINAL_ERROR');
      expect(reasonForIncompletion).toMatch(/^FORBIDDEN \(HTTP 403\): /);
    }
    expect(await w.reveal(w.admin, 'token')).toBe(token);
  });
});

test('the output and the task results of the worker contain no secret value', () => {
  const reported = JSON.stringify(conductor.results());
  overhear(reported);
  expect(conductor.results().length).toBeGreaterThan(40);
  for (const text of [worker.said(), reported])
    for (const value of [token, admins, old, login.user, login.password, app.keySecret, 'eyJ'])
      expect(text).not.toContain(value);
});
