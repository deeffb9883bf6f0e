// Tests how the worker handles the answers of its gateway, including wrong answers.
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SecretsGatewayError } from '../../src/client/secrets-client.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { type Gateway, gatewayAt } from '../../src/worker/gateway.ts';
import { outcomeOfError } from '../../src/worker/gateway-errors.ts';
import { httpTask } from '../../src/worker/http-task.ts';
import { sentinel } from '../support/sentinel.ts';
import { type Asked, type TargetServer, targetServer } from '../support/target-server.ts';

let server: TargetServer;
let gateway: Gateway;
let described: string[];
const keySecret = sentinel('key');

beforeAll(async () => {
  server = await targetServer();
});
afterAll(() => server.close());
beforeEach(() => {
  described = [];
  const said = { down: (reason: string) => void described.push(reason), up: () => void described.push('up') };
  gateway = gatewayAt({ url: server.url, keyId: 'k', keySecret: new Sensitive(keySecret) }, said);
});

/** Issues tokens. Responds to all other requests with this status and text. */
function answering(status: number, text: string, headers: Record<string, string> = {}): void {
  server.answer(({ path }: Asked, response: ServerResponse) => {
    if (path === '/api/token') response.end(JSON.stringify({ token: 'a.b.c' }));
    else response.writeHead(status, headers).end(text);
  });
}
const asked = () => server.asked.map(({ path }) => path.replace('/api/', ''));
const failure = async () => gateway.resolve({}, {}).catch((error: unknown) => error);

describe('a worker whose gateway is unavailable', () => {
  test.each<[string, number, string]>([
    ['limits the rate', 429, '{"message":"slowly"}'],
    ['has no database', 503, '{"code":"UNAVAILABLE"}'],
    ['fails', 500, 'oh no'],
    ['answers with a page', 200, '<!doctype html>'],
    ['answers with other JSON', 200, '{"other":1}'],
    ['answers with nothing', 200, ''],
  ])('if the gateway %s, the worker reports that the task must be retried', async (_, status, text) => {
    answering(status, text);
    const error = await failure();
    expect(outcomeOfError(error).status).toBe('FAILED');
    expect(String(error)).not.toMatch(/slowly|oh no|doctype/);
    expect(asked()).toEqual(['token', 'payloads/resolve']);
  });

  test('if the gateway answers with too few values, the worker reports that the task must be retried', async () => {
    answering(200, JSON.stringify({ payload: { places: ['x'], values: [] } }));
    const headers = { a: '${workflow.secrets.token}' };
    const inputParameters = { http_request: { method: 'GET', uri: `${server.url}/x`, headers } };
    const outcome = await httpTask({ definition: inputParameters }, gateway, new AbortController().signal);
    expect(outcome).toMatchObject({ status: 'FAILED', output: {} });
    expect(asked()).not.toContain('x');
  });

  test("if the gateway responds with a redirect, the target of the redirect does not receive the worker's access key", async () => {
    const other = await targetServer();
    server.answer((_: Asked, response: ServerResponse) => {
      response.writeHead(307, { location: `${other.url}/api/token` }).end();
    });
    expect(outcomeOfError(await failure()).status).toBe('FAILED');
    expect(other.asked).toEqual([]);
    await other.close();
  });

  test.each([
    ['no token', 401, '{}'],
    ['a page in place of a token', 200, '<!doctype html>'],
    ['an empty answer', 200, ''],
  ])(
    'if the gateway answers with %s, the worker reports a retry with the reason, and its log does not contain the access key',
    async (_, status, text) => {
      server.answer((_: Asked, response: ServerResponse) => void response.writeHead(status).end(text));
      const error = await failure();
      expect(outcomeOfError(error).status).toBe('FAILED');
      // The worker does not report in between that the gateway is reachable.
      expect(described).toEqual([expect.stringContaining(`HTTP ${status}`)]);
      expect(`${error}${described}`).not.toContain(keySecret);
    },
  );

  test('if the gateway rejects a token that it has just issued, the worker fetches at most two tokens', async () => {
    answering(401, '{}');
    expect(outcomeOfError(await failure()).status).toBe('FAILED');
    expect(asked()).toEqual(['token', 'payloads/resolve', 'token', 'payloads/resolve']);
  });
});

test('if the gateway refuses a task, the task is not retried, and the worker shortens the message of the refusal', async () => {
  answering(403, JSON.stringify({ code: 'FORBIDDEN', message: 'x'.repeat(10_000) }));
  const error = await failure();
  expect(error).toBeInstanceOf(SecretsGatewayError);
  expect(outcomeOfError(error).status).toBe('FAILED_WITH_TERMINAL_ERROR');
  expect(error).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect((error as Error).message.length).toBeLessThan(1_000);
});

test('after its token expires, the worker fetches one new token, for any number of waiting tasks', async () => {
  let tokens = 0;
  server.answer(({ path, headers }: Asked, response: ServerResponse) => {
    if (path === '/api/token') response.end(JSON.stringify({ token: `a.b.${++tokens}` }));
    else if (headers['x-authorization'] === 'a.b.1') response.writeHead(401).end('{}');
    else response.end('{"payload":1}');
  });
  expect(await Promise.all([1, 2, 3].map(() => gateway.resolve({}, {})))).toEqual([1, 1, 1]);
  expect(asked().filter((path) => path === 'token')).toHaveLength(2);
});
