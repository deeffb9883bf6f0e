import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CallFailed, httpCall } from '../../src/worker/http-call.ts';
import { type Asked, type TargetServer, targetServer } from '../support/target-server.ts';

let target: TargetServer;
beforeAll(async () => {
  target = await targetServer();
});
afterAll(() => target.close());

const call = (path = '/', headers: Record<string, string> = {}) => ({
  ...{ method: 'GET', uri: new URL(path, target.url), headers, body: undefined },
  ...{ connectMs: 1_000, readMs: 5_000 },
});
const forever = new AbortController().signal;
const failure = (longestMs?: number) => httpCall(call(), forever, longestMs).catch((error: unknown) => error);

test.each<[string, (asked: Asked, response: ServerResponse) => void]>([
  [
    'sends a little from time to time',
    (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    },
  ],
  ['redirects slowly', (_, response) => void setTimeout(() => response.writeHead(302, { location: '/' }).end(), 200)],
])('if a task calls a server that %s, the call ends after the time limit', async (_, how) => {
  target.answer(how);
  const error = await failure(500);
  expect(error).toBeInstanceOf(CallFailed);
  expect(error).toMatchObject({ message: 'timeout', final: false });
});

test('the worker does not read an endless answer to the end', async () => {
  let open = true;
  target.answer((_: Asked, response: ServerResponse) => {
    response.on('close', () => {
      open = false;
    });
    const more = () => {
      while (open && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  expect(await failure()).toMatchObject({ message: expect.stringContaining('512 KiB'), final: true });
  await expect.poll(() => open).toBe(false);
});

test.each<[string, (socket: NonNullable<ServerResponse['socket']>) => void]>([
  ['shorter than announced', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')],
  ['no HTTP', (socket) => socket.end('hunter2 hunter2\r\n\r\n')],
  ['a megabyte of headers', (socket) => socket.end(`HTTP/1.1 200 OK\r\na: ${'hunter2'.repeat(150_000)}\r\n\r\n`)],
  [
    'another protocol',
    (socket) => socket.end('HTTP/1.1 101 hunter2\r\nupgrade: hunter2\r\nconnection: upgrade\r\n\r\n'),
  ],
])('if an answer is %s, the call fails, and the error does not contain the answer', async (_, how) => {
  target.answer((_: Asked, response: ServerResponse) => response.socket !== null && how(response.socket));
  const error = await failure();
  expect(error).toBeInstanceOf(CallFailed);
  expect(String(error)).not.toMatch(/hunter2|half/);
});

test('if the worker follows a redirect, it sends the headers of the task and no cookies', async () => {
  target.answer(({ path }: Asked, response: ServerResponse) => {
    if (path === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=b' }).end();
    else response.end('{}');
  });
  expect((await httpCall(call('/', { x: '1' }), forever)).statusCode).toBe(200);
  expect(target.asked[1]?.headers).toMatchObject({ x: '1' });
  expect(target.asked[1]?.headers).not.toHaveProperty('cookie');
});

test.each(['http://127.0.0.2:1/', '//127.0.0.2/', 'file:///etc/passwd', 'https://127.0.0.1/'])(
  'the worker does not follow a redirect to %s',
  async (location) => {
    target.answer((_: Asked, response: ServerResponse) => void response.writeHead(307, { location }).end());
    expect(await failure()).toMatchObject({ message: expect.stringContaining('another server'), final: true });
  },
);
