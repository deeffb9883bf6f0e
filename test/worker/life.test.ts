import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
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
  // The simulated network between the worker and the gateway.
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

/** Returns a port on which no program listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

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

/** Makes the target server delay its answers until `release` is called. */
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

describe('a worker whose Conductor server is unavailable', () => {
  test('if the Conductor server is unavailable at the start, the worker waits for it and logs the failure once', async () => {
    await conductor.stop();
    const worker = startWorker(at());
    await until(() => /Conductor server at \S+ is unreachable/.test(worker.printed()));
    expect(worker.printed()).not.toContain('worker ready');
    await conductor.start();
    await until(() => worker.printed().includes('worker ready'));
    target.answer({ ok: true });
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /is unreachable/g)).toBe(1);
    expect(lines(worker.printed(), /is reachable again/g)).toBe(1);
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  test('if the Conductor server is unavailable at the end of a task, the worker sends the result later, and makes the HTTP call of the task only once', async () => {
    const worker = await readyWorker(at());
    const call1 = holding();
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'));
    await until(() => call1.asked() === 1);
    await conductor.stop();
    call1.release();
    await until(() => /Conductor server at \S+ is unreachable/.test(worker.printed()));
    await conductor.start();
    expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    expect(conductor.results(id)).toHaveLength(1);
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  test('SIGTERM stops a worker whose Conductor server never answered', async () => {
    await conductor.stop();
    const worker = startWorker(at());
    await until(() => /is unreachable/.test(worker.printed()));
    const began = Date.now();
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    await conductor.start();
  });

  test('the worker waits for a Conductor server that requires a token, and polls the server with the token', async () => {
    const keySecret = sentinel('conductor-key');
    const keyed = await conductorServer({ keyId: 'key', keySecret });
    await keyed.stop();
    const more = { CONDUCTOR_KEY_ID: 'key', CONDUCTOR_KEY_SECRET: keySecret };
    const worker = startWorker({ ...at(more), conductorUrl: keyed.url });
    await until(() => /is unreachable/.test(worker.printed()));
    await keyed.start();
    await until(() => worker.printed().includes('worker ready'));
    target.answer({});
    expect((await keyed.resultOf(keyed.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /is unreachable/g)).toBe(1);
    expect(await worker.end('SIGTERM')).toBe(0);
    expect(worker.said()).not.toContain(keySecret);
    await keyed.stop();
  });

  test('if the Conductor server rejects its token, the worker fetches a new token', async () => {
    const keySecret = sentinel('conductor-key');
    const keyed = await conductorServer({ keyId: 'key', keySecret });
    const more = { CONDUCTOR_KEY_ID: 'key', CONDUCTOR_KEY_SECRET: keySecret };
    const worker = await readyWorker({ ...at(more), conductorUrl: keyed.url });
    const held = holding();
    const id = keyed.add('HTTP_WITH_SECRETS', call('POST'));
    await until(() => held.asked() === 1);
    keyed.forgetTokens();
    held.release();
    expect((await keyed.resultOf(id)).status).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    expect(await worker.end('SIGTERM')).toBe(0);
    await keyed.stop();
  });

  test.each<[string, { status?: number; type?: string; text: string }]>([
    ['a page', { type: 'text/html', text: '<!doctype html><title>Conductor</title>' }],
    ['an object', { text: '{"message":"here is none"}' }],
    ['half of a list', { text: '[{"taskId":' }],
    ['a refusal', { status: 403, text: '{"message":"not for you"}' }],
    ['an error', { status: 500, text: 'oh no' }],
  ])(
    'if a Conductor server answers %s instead of tasks, the worker treats the server as unavailable and logs the failure once',
    async (_, instead) => {
      conductor.answerPolls(instead);
      const worker = startWorker(at());
      await until(() => /Conductor server at \S+ is unreachable/.test(worker.printed()));
      const polls = conductor.polls();
      await until(() => conductor.polls() > polls);
      expect(worker.printed()).not.toContain('worker ready');
      conductor.answerPolls(undefined);
      target.answer({});
      expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
      expect(lines(worker.printed(), /is unreachable/g)).toBe(1);
      expect(worker.said()).not.toMatch(/here is none|not for you|oh no/);
    },
  );

  test('if a Conductor server returns malformed tasks, the worker continues to poll', async () => {
    conductor.answerPolls({ text: '[null, 7, "x", [], {}, {"taskId": 1}, {"taskId": "no-workflow"}]' });
    const worker = await readyWorker(at());
    conductor.answerPolls({ status: 204, text: '' });
    const polls = conductor.polls();
    await until(() => conductor.polls() > polls + 2);
    conductor.answerPolls(undefined);
    target.answer({});
    const more = { inputData: [], workflowTask: { inputParameters: 'x', taskDefinition: 7 } };
    const odd = await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call(), { more }));
    expect(odd.reasonForIncompletion).toMatch(/^http_request: /);
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(worker.printed()).not.toContain('is unreachable');
  });

  test('if the Conductor server refuses a result, the worker does not repeat the result forever', async () => {
    const worker = await readyWorker(at());
    target.answer({});
    conductor.refuseResults(404);
    conductor.add('HTTP_WITH_SECRETS', call(), { taskId: 'unwanted' });
    await until(() => worker.said().includes('the worker could not report the result'));
    conductor.refuseResults(undefined);
    const next = conductor.add('HTTP_WITH_SECRETS', call());
    expect((await conductor.resultOf(next)).status).toBe('COMPLETED');
    expect(conductor.results('unwanted')).toEqual([]);
  });

  test('if the Conductor server refuses a result as too large, the worker reports a shorter result, and the task ends', async () => {
    const worker = await readyWorker(at());
    target.answer({ long: 'x'.repeat(10_000) });
    conductor.refuseResults(413, 5_000);
    const result = await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call('POST')));
    conductor.refuseResults(undefined);
    expect([result.status, result.outputData]).toEqual(['FAILED_WITH_TERMINAL_ERROR', {}]);
    expect(target.asked).toHaveLength(1);
    expect(await worker.end('SIGTERM')).toBe(0);
  });
});

describe('a running worker whose gateway is unavailable', () => {
  test('while the gateway is unavailable, tasks fail and are retried, and the worker logs the failure once', async () => {
    const worker = await readyWorker(at());
    target.answer({ ok: 1 });
    network.cut();
    for (const [type, definition] of [
      ['HTTP_WITH_SECRETS', call()],
      ['UPDATE_SECRET', { _secrets: { secretKey: 'token', secretValue: sentinel() } }],
    ] as const) {
      const { status, reasonForIncompletion } = await conductor.resultOf(conductor.add(type, definition));
      expect([status, reasonForIncompletion]).toEqual(['FAILED', 'The gateway did not answer.']);
    }
    expect(target.asked).toEqual([]);
    network.mend();
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    expect(lines(worker.printed(), /gateway at \S+ is unreachable/g)).toBe(1);
    expect(lines(worker.printed(), /gateway at \S+ is reachable again/g)).toBe(1);
  });

  test('if the gateway becomes unavailable after the HTTP call of a task, the worker still reports the answer without secret values', async () => {
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

  test('if the gateway no longer admits the worker, tasks fail and are retried', async () => {
    const worker = await readyWorker({ ...at(), as: { keyId: app.keyId, keySecret: sentinel('wrong') } });
    // The worker reports the refused sign-in before it receives a task.
    await until(() => /gateway at \S+ is unreachable .*access key/.test(worker.printed()));
    const { status, reasonForIncompletion } = await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()));
    expect([status, reasonForIncompletion]).toEqual([
      'FAILED',
      'The worker cannot sign in to the gateway with GATEWAY_KEY_ID and GATEWAY_KEY_SECRET.',
    ]);
    expect(lines(worker.printed(), /is unreachable/g)).toBe(1);
    expect(worker.printed()).not.toContain('is reachable again');
  });

  test('if access to a secret is revoked between two tasks, the second task receives no secret', async () => {
    await readyWorker(at());
    target.answer({});
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
    await w.revoke(app.id, 'token');
    expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe(
      'FAILED_WITH_TERMINAL_ERROR',
    );
    await w.grant(app.id, 'EXECUTE', 'token');
  });

  test('if access to a secret is revoked during a call, the worker hides the secret value in the answer', async () => {
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

describe('a task that the Conductor server delivers twice', () => {
  test('if the Conductor server delivers a task again while the task is running, the worker runs the task once', async () => {
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

  test('if the Conductor server delivers a completed task again, the worker reports its result again and does not run the task again', async () => {
    await readyWorker(at());
    target.answer({ n: 1 });
    const id = conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: 'twice-after' });
    const first = await conductor.resultOf(id);
    conductor.add('HTTP_WITH_SECRETS', call('POST'), { taskId: id, pollCount: 2 });
    await until(() => conductor.results(id).length === 2);
    expect(conductor.results(id)[1]).toEqual(first);
    expect(target.asked).toHaveLength(1);
  });

  test('if a person runs a task again, the worker runs the task with its new input', async () => {
    await readyWorker(at());
    const id = 'run-again';
    const add = (pollCount: number, scheduledTime: number, method = 'POST') =>
      conductor.add('HTTP_WITH_SECRETS', call(method), { taskId: id, pollCount, more: { scheduledTime } });
    const results = async (count: number) => {
      await until(() => conductor.results(id).length === count);
      return conductor.results(id).at(-1)?.status;
    };
    await w.revoke(app.id, 'token');
    target.answer({});
    add(1, 1_000);
    expect(await results(1)).toBe('FAILED_WITH_TERMINAL_ERROR');
    await w.grant(app.id, 'EXECUTE', 'token');
    add(2, 1_000);
    expect(await results(2)).toBe('FAILED_WITH_TERMINAL_ERROR');
    add(3, 2_000);
    expect(await results(3)).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    // A second worker ran the task between the two deliveries.
    add(5, 3_000);
    expect(await results(4)).toBe('FAILED');
    expect(target.asked).toHaveLength(1);
  });

  test('if a task was already delivered to one worker, a second worker runs the task only if repeating it is harmless', async () => {
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

describe('stopping the worker process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'a worker that receives %s stops polling, completes and reports its running tasks, and exits with 0',
    async (signal) => {
      const worker = await readyWorker(at());
      const held = holding();
      const id = conductor.add('HTTP_WITH_SECRETS', call('POST'));
      await until(() => held.asked() === 1);
      const ended = worker.end(signal);
      await until(() => worker.printed().includes('worker stopping'));
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
      // The next worker process receives the task, so no task is lost.
      await readyWorker(at());
      expect((await conductor.resultOf(later)).status).toBe('FAILED_WITH_TERMINAL_ERROR');
    },
  );

  test('after the grace period, a stopping worker aborts its tasks, reports the aborted tasks, and exits with 1', async () => {
    const worker = await readyWorker(at({ WORKER_GRACE: '1' }));
    const held = holding();
    const slow = { http_request: { ...call().http_request, readTimeOut: 60_000 } };
    const id = conductor.add('HTTP_WITH_SECRETS', slow);
    await until(() => held.asked() === 1);
    expect(await worker.end('SIGTERM')).toBe(1);
    expect(await conductor.resultOf(id)).toMatchObject({
      status: 'FAILED',
      reasonForIncompletion: 'The call failed: The worker stopped.',
    });
    expect(worker.printed()).toContain('Not finished: 1 task.');
  });

  test('a worker that receives two signals stops immediately and exits with 1', async () => {
    const worker = await readyWorker(at({ WORKER_GRACE: '600' }));
    const held = holding();
    const slow = { http_request: { ...call().http_request, readTimeOut: 60_000 } };
    conductor.add('HTTP_WITH_SECRETS', slow);
    await until(() => held.asked() === 1);
    worker.child.kill('SIGTERM');
    await until(() => worker.printed().includes('worker stopping'));
    // Two signals within one second count as one signal, because npm forwards Ctrl-C.
    await new Promise((wake) => setTimeout(wake, 1_100));
    expect(worker.child.exitCode).toBeNull();
    expect(await worker.end('SIGTERM')).toBe(1);
  });
});

test('the number of tasks that the worker runs at once reaches the configured maximum and never exceeds it', async () => {
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

/** Returns a function that requests a path of the health checks, and returns the status and the text of the answer. */
const healthAt = (port: number) => async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return [answer.status, await answer.text()];
};

test('without a task, /readyz reports that the gateway is unreachable, and that the gateway is reachable again', async () => {
  const port = await freePort();
  const ask = healthAt(port);
  const worker = await readyWorker(at({ WORKER_PORT: String(port) }));
  expect(await ask('/healthz')).toEqual([200, 'ok']);
  expect(await ask('/readyz')).toEqual([200, '{"ok":true}']);
  expect((await ask('/other'))[0]).toBe(404);
  network.cut();
  await until(async () => (await ask('/readyz'))[0] === 503);
  expect(await ask('/readyz')).toEqual([503, '{"ok":false,"reason":"the gateway is unreachable"}']);
  expect((await ask('/healthz'))[0]).toBe(200);
  network.mend();
  await until(async () => (await ask('/readyz'))[0] === 200);
  expect(await worker.end('SIGTERM')).toBe(0);
});

test('without a task, /readyz reports that the gateway refuses the access key', async () => {
  const other = await w.application('worker with a deactivated access key');
  remember(other.keySecret);
  const port = await freePort();
  const ask = healthAt(port);
  const refused = [503, '{"ok":false,"reason":"the gateway refused the access key of the worker"}'];
  const worker = await readyWorker({ ...at({ WORKER_PORT: String(port) }), as: other });
  expect(await ask('/readyz')).toEqual([200, '{"ok":true}']);
  await w.admin.get('mutation ($k: ID!) { setAccessKeyActive(keyId: $k, active: false) { accessKey { id } } }', {
    k: other.keyId,
  });
  await until(async () => (await ask('/readyz'))[0] === 503);
  expect(await ask('/readyz')).toEqual(refused);
  expect(await worker.end('SIGTERM')).toBe(0);
  await readyWorker({ ...at({ WORKER_PORT: String(port) }), as: other });
  expect(await ask('/readyz')).toEqual(refused);
});

test('the worker answers health checks only on the loopback address, unless WORKER_HOST is another address', async () => {
  const port = String(await freePort());
  const asked = (host: string) => fetch(`http://${host}:${port}/healthz`).then(({ status }) => status);
  const worker = await readyWorker(at({ WORKER_PORT: port }));
  expect(await asked('127.0.0.1')).toBe(200);
  // 127.0.0.2 also leads to this machine. A server that listens on all addresses answers at 127.0.0.2.
  await expect(asked('127.0.0.2')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  expect(await worker.end('SIGTERM')).toBe(0);
  await readyWorker(at({ WORKER_PORT: port, WORKER_HOST: '0.0.0.0' }));
  expect(await asked('127.0.0.2')).toBe(200);
});

test('a worker whose port is in use ends with exit code 2, and the error names WORKER_PORT', async () => {
  const worker = startWorker(at({ WORKER_PORT: new URL(network.url).port }));
  const code = await worker.end();
  const said = worker.said();
  expect([code, said]).toEqual([2, expect.stringContaining('WORKER_PORT')]);
});

describe('settings of the worker process', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['missing settings', {}, ['CONDUCTOR_URL', 'GATEWAY_KEY_ID', 'GATEWAY_KEY_SECRET', 'GATEWAY_URL']],
    [
      'invalid settings',
      {
        ...{
          CONDUCTOR_URL: 'conductor',
          GATEWAY_URL: 'ftp://hunter2',
          GATEWAY_KEY_ID: 'k',
          GATEWAY_KEY_SECRET: 'hunter2',
        },
        ...{ CONDUCTOR_KEY_SECRET: 'hunter2', CONDUCTOR_TOKEN: 'hunter2', CONDUCTOR_AUTH_SECRET: 'hunter2' },
        ...{ WORKER_TASKS: '0', WORKER_GRACE: 'x', WORKER_HOST: 'a/b', WORKER_PORT: '0' },
        ...{ WORKER_UNREGISTERED: 'yes', LOG_LEVEL: 'loud' },
      },
      [
        ...['CONDUCTOR_AUTH_SECRET', 'CONDUCTOR_KEY_ID', 'CONDUCTOR_TOKEN', 'CONDUCTOR_URL', 'GATEWAY_URL'],
        ...['LOG_LEVEL', 'WORKER_GRACE', 'WORKER_HOST', 'WORKER_PORT', 'WORKER_TASKS', 'WORKER_UNREGISTERED'],
      ],
    ],
  ])('the worker refuses %s, reports all invalid settings at once, and quotes no value', async (_, settings, names) => {
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

  test('the worker prints its settings for --help, and prints its usage for unknown arguments', async () => {
    const { code, out } = await command(['worker', '--help'], {});
    expect([code, out]).toEqual([0, expect.stringContaining('GATEWAY_KEY_ID')]);
    expect((await command(['worker', 'now'], {})).code).toBe(2);
  });
});

// This test must be the last test in this file, because it invalidates the tokens of the file.
test('if a gateway token expires while the worker runs, the worker replaces the token', async () => {
  const worker = await readyWorker(at());
  target.answer({});
  expect((await conductor.resultOf(conductor.add('HTTP_WITH_SECRETS', call()))).status).toBe('COMPLETED');
  w.clock.advance({ hours: 2 });
  const results = [call(), call()].map((definition) => conductor.add('HTTP_WITH_SECRETS', definition));
  for (const id of results) expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
  expect(worker.printed()).not.toContain('is unreachable');
});
