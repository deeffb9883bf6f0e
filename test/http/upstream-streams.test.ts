import { once } from 'node:events';
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http';
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { ask, type Behind, behind, behindBytes, settled } from './behind.ts';

const CHUNK = Buffer.alloc(64 * 1_024, 'x');
const CHUNKS = 800;
const LENGTH = CHUNK.length * CHUNKS;
const LASTING = { connection: 'keep-alive' };
const ENDING = { connection: 'close' };
const COUNTED = { 'content-length': String(LENGTH) };

/** A request whose body the test sends in parts. */
function open({ port }: Behind, method: 'GET' | 'POST', headers: Record<string, string>) {
  const req = request({ port, host: '127.0.0.1', agent: false, path: '/api/x', method, headers });
  return req.on('error', () => {}); // The tests disconnect before most of these requests are complete.
}
const answerTo = async (req: ClientRequest) => ((await once(req, 'response')) as [IncomingMessage])[0];

/** Writes 50 MB as fast as the reader accepts the data. Calls `count` for each chunk. */
async function pour(into: Writable, count: () => void): Promise<void> {
  for (let i = 0; i < CHUNKS && !into.destroyed; i++) {
    count();
    if (!into.write(CHUNK)) await new Promise<unknown>((go) => into.once('drain', go).once('close', go));
  }
  into.end();
}
async function lengthOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

/** The requests that arrive at the server. The test answers these requests itself. */
function arrivals(): { listener: RequestListener; next(): Promise<{ req: IncomingMessage; res: ServerResponse }> } {
  const waiting: ((arrived: { req: IncomingMessage; res: ServerResponse }) => void)[] = [];
  const come: { req: IncomingMessage; res: ServerResponse }[] = [];
  return {
    listener: (req, res) => {
      req.on('error', () => {});
      const next = waiting.shift();
      if (next) next({ req, res });
      else come.push({ req, res });
    },
    next: async () => come.shift() ?? new Promise((resolve) => waiting.push(resolve)),
  };
}

describe('forwarding data as a stream', () => {
  test('the gateway forwards each part of a request body and of an answer body immediately', async () => {
    const { listener, next } = arrivals();
    await using world = await behind(listener);
    const sending = open(world, 'POST', LASTING);
    sending.write('ping 1');
    const { req, res } = await next();
    expect(req.headers['transfer-encoding']).toBe('chunked');
    expect(String((await once(req, 'data'))[0])).toBe('ping 1');
    res.write('pong 1');
    const answer = await answerTo(sending);
    expect(String((await once(answer, 'data'))[0])).toBe('pong 1');
    sending.end('ping 2');
    expect(String((await once(req, 'data'))[0])).toBe('ping 2');
    res.end('pong 2');
    expect((await buffer(answer)).toString()).toBe('pong 2');
  });

  test('if the client does not read, the gateway stops reading a 50 MB answer of the server, and later the client receives all bytes', async () => {
    let sent = 0;
    await using world = await behind((_, res) => void pour(res, () => sent++));
    const sending = open(world, 'GET', LASTING);
    sending.end();
    const answer = await answerTo(sending);
    expect(await settled(() => sent)).toBeLessThan(CHUNKS * 0.6);
    expect(await lengthOf(answer)).toBe(LENGTH);
  });

  test.each<Record<string, string>>([COUNTED, {}])(
    'if the server does not read, the gateway stops reading a 50 MB body from the client, and later the server receives all bytes (%j)',
    async (headers) => {
      const { listener, next } = arrivals();
      await using world = await behind(listener);
      let sent = 0;
      const sending = open(world, 'POST', headers);
      const poured = pour(sending, () => sent++);
      const { req, res } = await next();
      expect(await settled(() => sent)).toBeLessThan(CHUNKS * 0.6);
      expect(await lengthOf(req)).toBe(LENGTH);
      await poured;
      res.end('ok');
      expect((await buffer(await answerTo(sending))).toString()).toBe('ok');
    },
  );
});

describe.each([LASTING, ENDING])('an answer of the server that ends early (%j)', (headers) => {
  test.each<[what: string, breakOff: (res: ServerResponse) => void]>([
    ['ends the connection', (res) => res.socket?.end()],
    ['resets the connection', (res) => res.socket?.resetAndDestroy()],
  ])(
    'if the server %s in the middle of its answer, the gateway closes the connection to the client before the end of the answer',
    async (_, breakOff) => {
      for (const framing of [{ 'content-length': '100' }, {}]) {
        await using world = await behind((_, res) => {
          res.writeHead(200, framing);
          res.write('half', () => breakOff(res));
        });
        await expect(ask(world, { headers })).rejects.toThrow('aborted');
        await expect.poll(world.logged).toContain('answer cut');
      }
    },
  );

  test('if the answer of the server contains a malformed chunk, the gateway closes the connection to the client before the end of the answer', async () => {
    await using world = await behindBytes((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nhunter2\r\n'),
    );
    await expect(ask(world, { headers })).rejects.toThrow('aborted');
    await expect.poll(world.logged).toContain('answer cut');
    expect(world.logged()).not.toContain('hunter2');
  });

  test('if the server stops sending in the middle of its answer, the gateway closes the connection to the client before the end of the answer', async () => {
    await using world = await behind((_, res) => void res.write('half'), { timeoutMs: 50 });
    await expect(ask(world, { headers })).rejects.toThrow('aborted');
    await expect.poll(world.logged).toContain('UND_ERR_BODY_TIMEOUT');
  });
});

/** The request log contains the disconnect and no error. */
async function leftQuietly({ logged }: Behind): Promise<void> {
  await expect.poll(logged).toContain('"aborted":true');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(logged()).not.toMatch(/"level":(40|50)/);
}

describe.each([LASTING, ENDING])('a client that disconnects early (%j)', (connection) => {
  test('if the client disconnects before the answer, the gateway cancels the request to the server', async () => {
    const { listener, next } = arrivals();
    await using world = await behind(listener);
    const sending = open(world, 'GET', connection);
    sending.end();
    const { req } = await next();
    const closed = once(req.socket, 'close');
    sending.destroy();
    await closed;
    await leftQuietly(world);
  });

  test('if the client disconnects during the answer, the server stops sending', async () => {
    let sent = 0;
    const stopped = Promise.withResolvers<void>();
    await using world = await behind((_, res) => void pour(res.once('close', stopped.resolve), () => sent++));
    const sending = open(world, 'GET', connection);
    sending.end();
    await once(await answerTo(sending), 'data');
    sending.destroy();
    await stopped.promise;
    expect(sent).toBeLessThan(CHUNKS);
    await leftQuietly(world);
  });

  test('if the client disconnects after the headers of a long poll, the gateway closes the connection to the server', async () => {
    const { listener, next } = arrivals();
    await using world = await behind(listener);
    const sending = open(world, 'GET', connection);
    sending.end();
    const { req, res } = await next();
    res.flushHeaders();
    await answerTo(sending);
    const closed = once(req.socket, 'close');
    sending.destroy();
    await closed;
    await leftQuietly(world);
  });

  test.each<Record<string, string>>([{ 'content-length': '100' }, {}])(
    'if the client disconnects during the request body, the server never receives the end of the body (%j)',
    async (framing) => {
      const { listener, next } = arrivals();
      await using world = await behind(listener);
      const sending = open(world, 'POST', { ...connection, ...framing });
      sending.write('half');
      const { req } = await next();
      const body = buffer(req);
      sending.destroy();
      await expect(body).rejects.toThrow('aborted');
      await leftQuietly(world);
    },
  );
});

describe('a request body that never ends', () => {
  test.each(['content-length: 100\r\n\r\nhalf', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'])(
    'the gateway responds to an endless request body with 408, and closes the connections to the client and the server (%j)',
    async (half) => {
      const { listener, next } = arrivals();
      await using world = await behind(listener, { timeoutMs: 100 });
      const socket = connect(world.port, '127.0.0.1');
      socket.write(`POST /api/x HTTP/1.1\r\nhost: x\r\n${half}`);
      const answer = buffer(socket);
      const { req } = await next();
      await new Promise((closed) => req.once('close', closed));
      expect((await answer).toString()).toMatch(/^HTTP\/1\.1 408 [\s\S]*connection: close/i);
      expect(req.complete).toBe(false);
    },
  );

  test('if the server does not read an endless request body, the gateway responds with 504', async () => {
    await using world = await behind(() => {}, { timeoutMs: 100 });
    const sending = open(world, 'POST', LASTING);
    const poured = pour(sending, () => {});
    const answer = await answerTo(sending);
    expect([answer.statusCode, JSON.parse((await buffer(answer)).toString()).code]).toEqual([504, 'UPSTREAM_TIMEOUT']);
    sending.destroy();
    await poured;
  });
});

describe('an answer before the end of the request body', () => {
  test.each([400, 401, 413])(
    'if the server answers before it reads the request body, the gateway forwards the answer: %i',
    async (status) => {
      for (const headers of [{ ...COUNTED, ...LASTING }, { ...COUNTED, ...ENDING }, LASTING, ENDING]) {
        await using world = await behind((_, res) => {
          res.writeHead(status, { 'content-type': 'text/plain' });
          res.end('no more of this');
        });
        const sending = open(world, 'POST', headers);
        const poured = pour(sending, () => {});
        const answer = await answerTo(sending);
        expect([answer.statusCode, (await buffer(answer)).toString()]).toEqual([status, 'no more of this']);
        sending.destroy();
        await poured;
      }
    },
  );

  test("if the server disconnects, the client receives the gateway's answer before the end of the request body", async () => {
    for (const headers of [LASTING, ENDING]) {
      const { listener, next } = arrivals();
      await using world = await behind(listener);
      let sent = 0;
      const sending = open(world, 'POST', headers);
      const poured = pour(sending, () => sent++);
      const { req } = await next();
      await settled(() => sent);
      req.socket.resetAndDestroy();
      const answer = await answerTo(sending);
      expect([answer.statusCode, (await buffer(answer)).toString()]).toEqual([
        502,
        expect.stringContaining('UPSTREAM'),
      ]);
      sending.destroy();
      await poured;
    }
  });

  test('if the server does not read the request body, the gateway answers the client and discards the rest of the body', async () => {
    const { listener, next } = arrivals();
    await using world = await behind(listener);
    let sent = 0;
    const socket = connect(world.port, '127.0.0.1').on('error', () => {}); // Finally, the gateway closes the connection.
    socket.write(`POST /api/x HTTP/1.1\r\nhost: x\r\ncontent-length: ${LENGTH}\r\n\r\n`);
    const poured = pour(socket, () => sent++);
    const { res } = await next();
    expect(await settled(() => sent)).toBeLessThan(CHUNKS);
    res.writeHead(400).end('no');
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 400 /);
    await poured;
    expect(sent).toBe(CHUNKS);
  });

  test('after an early answer, the client can use the same connection for its next request', async () => {
    await using world = await behind((_, res) => res.writeHead(401).end('no'));
    const socket = connect(world.port, '127.0.0.1');
    socket.write('POST /api/x HTTP/1.1\r\nhost: x\r\ncontent-length: 200001\r\n\r\nx');
    const [first] = await once(socket, 'data');
    const answer = buffer(socket);
    socket.write(`${'x'.repeat(200_000)}GET /api/y HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(`${first}${await answer}`.match(/HTTP\/1\.1 401 /g)).toHaveLength(2);
  });
});
