import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { type ConductorServer, conductorServer } from '../support/conductor-server.ts';
import { cleanUp, endAll, until } from '../support/gateway-process.ts';
import { type Network, networkTo } from '../support/network.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { readyWorker, startWorker } from '../support/worker-process.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let w: World;
let network: Network;
let conductor: ConductorServer;
let target: TargetServer;
let app: SomeApplication;
const token = sentinel('token');

beforeAll(async () => {
  w = await world();
  // The gateway as the worker sees it.
  network = await networkTo(w.url);
  conductor = await conductorServer();
  target = await targetServer();
  app = await w.application('worker');
  remember(app.keySecret);
  await w.secret('token', { value: token });
  await w.grant(app.id, 'EXECUTE', 'token');
});
afterEach(endAll);
afterAll(async () => {
  await cleanUp();
  await conductor?.stop();
  await target?.close();
  network?.close();
  await w?.close();
});

const at = (more: Record<string, string> = {}) => ({
  conductorUrl: conductor.url,
  gatewayUrl: network.url.replace(/\/$/, ''),
  as: app,
  more,
});
const call = (method = 'GET') => ({
  http_request: {
    method,
    uri: target.url,
    headers: { a: '${workflow.secrets.token}' },
    body: method === 'GET' ? null : {},
  },
});
const lines = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** A target that answers when it is told to. */
function holding(): { release: () => void; asked: () => number } {
  const held: ServerResponse[] = [];
  target.answer((_: unknown, response: ServerResponse) => void held.push(response));
  return {
    release: () => {
      for (const response of held) response.end('{"done":true}');
    },
    asked: () => held.length,
  };
}

describe('a server that is away', () => {
  test('at the start is waited for, and that is said once', async () => {
    await conductor.stop();
    const worker = startWorker(at());
    await until(() => /Conductor server at \S+ is away/.test(worker.printed()));
    expect(worker.printed()).not.toContain('worker ready');
    await conductor.start();
    await until(() => worker.printed().includes('worker ready'));
    target.answer({ ok: true });
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /is away/g)).toBe(1);
    expect(lines(worker.printed(), /is back/g)).toBe(1);
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  test('in the middle of a task gets its result when it is back, and the call is made once', async () => {
    const worker = await readyWorker(at());
    const call1 = holding();
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'));
    await until(() => call1.asked() === 1);
    await conductor.stop();
    call1.release();
    await until(() => /Conductor server at \S+ is away/.test(worker.printed()));
    await conductor.start();
    expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    expect(conductor.results(id)).toHaveLength(1);
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  test('can be left by SIGTERM, also before it ever answered', async () => {
    await conductor.stop();
    const worker = startWorker(at());
    await until(() => /is away/.test(worker.printed()));
    const began = Date.now();
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    await conductor.start();
  });

  test('and asks for a token is waited for in the same way, and polled with it', async () => {
    const keySecret = sentinel('conductor-key');
    const keyed = await conductorServer({ keyId: 'key', keySecret });
    await keyed.stop();
    const more = { CONDUCTOR_KEY_ID: 'key', CONDUCTOR_KEY_SECRET: keySecret };
    const worker = startWorker({ ...at(more), conductorUrl: keyed.url });
    await until(() => /is away/.test(worker.printed()));
    await keyed.start();
    await until(() => worker.printed().includes('worker ready'));
    target.answer({});
    expect((await keyed.resultOf(keyed.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /is away/g)).toBe(1);
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(worker.said()).not.toContain(keySecret);
    await keyed.stop();
  });

  test('does not get what it will not have again and again', async () => {
    const worker = await readyWorker(at());
    target.answer({});
    conductor.refuseResults(404);
    conductor.add('HTTP_WITH_SECRETS', call(), { taskId: 'unwanted' });
    await until(() => worker.said().includes('result not taken'));
    conductor.refuseResults(undefined);
    const next = conductor.add('HTTP_WITH_SECRETS', call());
    expect((await conductor.resultOf(next)).status).toBe('COMPLETED');
    expect(conductor.results('unwanted')).toEqual([]);
  });
});

describe('a gateway that is away', () => {
  test('fails tasks so that they are tried again, is said once, and works again when it is back', async () => {
    const worker = await readyWorker(at());
    target.answer({ ok: 1 });
    network.cut();
    for (const [type, definition] of [
      ['HTTP_WITH_SECRETS', call()],
      ['UPDATE_SECRET', { _secrets: { secretKey: 'token', secretValue: sentinel() } }],
    ] as const) {
      const { status, reasonForIncompletion } = await conductor.resultOf(conductor.add(type, definition));
      expect([status, reasonForIncompletion]).toEqual(['FAILED', 'The gateway does not answer.']);
    }
    expect(target.asked).toEqual([]);
    network.mend();
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /gateway at \S+ is away/g)).toBe(1);
    expect(lines(worker.printed(), /gateway at \S+ is back/g)).toBe(1);
  });

  test('after the call is needed no more: the answer is told, without the values', async () => {
    await readyWorker(at());
    let answer: (() => void) | undefined;
    target.answer((asked: { headers: Record<string, string> }, response: ServerResponse) => {
      answer = () => void response.end(JSON.stringify({ echo: asked.headers.a }));
    });
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'));
    await until(() => answer !== undefined);
    network.cut();
    answer?.();
    expect(await conductor.resultOf(id)).toMatchObject({
      status: 'COMPLETED',
      outputData: { response: { body: { echo: '***' } } },
    });
    expect(target.asked).toHaveLength(1);
    network.mend();
  });

  test('or lets the worker in no more fails tasks in the same way', async () => {
    const worker = await readyWorker({ ...at(), as: { keyId: app.keyId, keySecret: sentinel('wrong') } });
    const { status, reasonForIncompletion } = await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()));
    expect([status, reasonForIncompletion]).toEqual([
      'FAILED',
      'The worker cannot sign in to the gateway: it gives no token for GATEWAY_KEY_ID (HTTP 401).',
    ]);
    expect(worker.printed()).toContain('GATEWAY_KEY_ID');
  });

  test('a secret that is taken away between two tasks is gone for the second', async () => {
    await readyWorker(at());
    target.answer({});
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    await w.revoke(app.id, 'token');
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe(
      'FAILED_WITH_TERMINAL_ERROR',
    );
    await w.grant(app.id, 'EXECUTE', 'token');
  });

  test('a secret that is taken away during the call is hidden all the same', async () => {
    await readyWorker(at());
    let answer: (() => void) | undefined;
    target.answer((asked: { headers: Record<string, string> }, response: ServerResponse) => {
      answer = () => void response.end(JSON.stringify({ echo: asked.headers.a }));
    });
    const id = conductor.add('HTTP_WITH_SECRETS', call());
    await until(() => answer !== undefined);
    await w.revoke(app.id, 'token');
    answer?.();
    expect((await conductor.resultOf(id)).outputData.response.body).toEqual({ echo: '***' });
    await w.grant(app.id, 'EXECUTE', 'token');
  });
});

describe('a task that is handed out twice', () => {
  test('while it is under way is done once', async () => {
    await readyWorker(at());
    const held = holding();
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: 'twice-at-once' });
    await until(() => held.asked() === 1);
    const polls = conductor.polls();
    conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: id, pollCount: 2 });
    await until(() => conductor.polls() > polls + 4);
    held.release();
    expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    expect(conductor.results(id)).toHaveLength(1);
  });

  test('after it was done is told of again, and not done', async () => {
    await readyWorker(at());
    target.answer({ n: 1 });
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: 'twice-after' });
    const first = await conductor.resultOf(id);
    conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: id, pollCount: 2 });
    await until(() => conductor.results(id).length === 2);
    expect(conductor.results(id)[1]).toEqual(first);
    expect(target.asked).toHaveLength(1);
  });

  test('to two workers is done by the second only where that is harmless', async () => {
    await readyWorker(at());
    target.answer({});
    for (const [method, status, calls] of [
      ['POST', 'FAILED', 0],
      ['PATCH', 'FAILED', 0],
      ['GET', 'COMPLETED', 1],
      ['PUT', 'COMPLETED', 2],
    ] as const) {
      const id = conductor.add('HTTP_WITH_SECRETS', call(method), { pollCount: 2, taskId: `second-${method}` });
      expect((await conductor.resultOf(id)).status).toBe(status);
      expect(target.asked).toHaveLength(calls);
    }
  });
});

describe('a worker that is told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s takes no more, finishes what it began, reports it, and ends with 0',
    async (signal) => {
      const worker = await readyWorker(at());
      const held = holding();
      const id = conductor.add('HTTP_WITH_SECRETS', call('POST'));
      await until(() => held.asked() === 1);
      const ended = worker.end(signal);
      await until(() => worker.printed().includes('worker stops'));
      await new Promise((wake) => setTimeout(wake, 500));
      const later = conductor.add('UPDATE_SECRET', { _secrets: { secretKey: 'token', secretValue: 'x' } });
      expect(worker.child.exitCode).toBeNull();
      held.release();
      expect(await conductor.resultOf(id)).toMatchObject({
        status: 'COMPLETED',
        outputData: { response: { body: { done: true } } },
      });
      expect(await ended).toBe(0);
      expect(conductor.results(later)).toEqual([]);
      // The next one takes it up: nothing is lost.
      await readyWorker(at());
      expect((await conductor.resultOf(later)).status).toBe('FAILED_WITH_TERMINAL_ERROR');
    },
  );

  test('cuts what does not end within its grace short, tells the server so, and ends with 1', async () => {
    const worker = await readyWorker(at({ WORKER_GRACE: '1' }));
    const held = holding();
    const slow = { http_request: { ...call().http_request, readTimeOut: 60_000 } };
    const id = conductor.add('HTTP_WITH_SECRETS', slow);
    await until(() => held.asked() === 1);
    expect(await worker.end('SIGTERM')).toBe(1);
    expect(await conductor.resultOf(id)).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'The call failed: The worker was stopped.',
    });
    expect(worker.printed()).toContain('Not finished: 1 task.');
  });
});

test('as many tasks at one moment as it is set to, and not one more', async () => {
  await readyWorker(at({ WORKER_TASKS: '2' }));
  const held = holding();
  const ids = [1, 2, 3].map(() => conductor.add('HTTP_WITH_SECRETS', call()));
  await until(() => held.asked() === 2);
  await new Promise((wake) => setTimeout(wake, 600));
  expect(held.asked()).toBe(2);
  target.answer({});
  held.release();
  for (const id of ids) expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
});

describe('its settings', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['none at all', {}, ['CONDUCTOR_URL', 'GATEWAY_KEY_ID', 'GATEWAY_KEY_SECRET', 'GATEWAY_URL']],
    [
      'wrong ones',
      {
        ...{
          CONDUCTOR_URL: 'conductor',
          GATEWAY_URL: 'ftp://hunter2',
          GATEWAY_KEY_ID: 'k',
          GATEWAY_KEY_SECRET: 'hunter2',
        },
        ...{ CONDUCTOR_KEY_SECRET: 'hunter2', CONDUCTOR_TOKEN: 'hunter2', CONDUCTOR_AUTH_SECRET: 'hunter2' },
        ...{ WORKER_TASKS: '0', WORKER_GRACE: 'x', LOG_LEVEL: 'loud' },
      },
      [
        ...['CONDUCTOR_AUTH_SECRET', 'CONDUCTOR_KEY_ID', 'CONDUCTOR_TOKEN', 'CONDUCTOR_URL', 'GATEWAY_URL'],
        ...['LOG_LEVEL', 'WORKER_GRACE', 'WORKER_TASKS'],
      ],
    ],
  ])('%s: refused, all at once, and none is quoted', async (_, settings, names) => {
    const { code, said } = await command(['worker'], settings);
    expect(code).toBe(2);
    expect(
      said
        .match(/^ {2}[A-Z_]+/gm)
        ?.map((name) => name.trim())
        .sort(),
    ).toEqual(names);
    expect(said).not.toContain('hunter2');
  });

  test('--help tells them, and other words are misuse', async () => {
    const { code, out } = await command(['worker', '--help'], {});
    expect([code, out]).toEqual([0, expect.stringContaining('GATEWAY_KEY_ID')]);
    expect((await command(['worker', 'now'], {})).code).toBe(2);
  });
});
