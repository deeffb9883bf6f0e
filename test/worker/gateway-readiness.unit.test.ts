// Tests how the worker finds out for its health checks whether it can use the gateway.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SecretsGatewayError } from '../../src/client/secrets-client.ts';
import { connectionStatus } from '../../src/worker/connection.ts';
import { gatewayReadiness } from '../../src/worker/gateway-readiness.ts';

const status = () => connectionStatus('The gateway', () => {});
const refusal = new SecretsGatewayError('UNAUTHENTICATED', 'refused', { status: 401 });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('while the gateway answers, the worker sends one request in three seconds, for any number of health checks', async () => {
  const check = vi.fn(async () => {});
  const problem = gatewayReadiness({ check }, status());
  expect(await Promise.all([problem(), problem()])).toEqual([undefined, undefined]);
  await pass(2_900);
  expect(await problem()).toBeUndefined();
  expect(check).toHaveBeenCalledOnce();
  await pass(200);
  expect(await problem()).toBeUndefined();
  expect(check).toHaveBeenCalledTimes(2);
});

test.each<[string, string, Error]>([
  ['does not answer', 'the gateway is unreachable', new SecretsGatewayError('UNREACHABLE', 'x')],
  ['has no database', 'the gateway is unreachable', new SecretsGatewayError('UNAVAILABLE', 'x', { status: 503 })],
  ['limits sign-ins', 'the gateway is unreachable', new SecretsGatewayError('RATE_LIMITED', 'x', { status: 429 })],
  ['refuses the access key', 'the gateway refused the access key of the worker', refusal],
  [
    'is another server',
    'the gateway sent an unexpected answer',
    new SecretsGatewayError('UNEXPECTED_ANSWER', 'x', { status: 200 }),
  ],
])('if the gateway %s, the worker is not ready, because %s', async (_, reason, error) => {
  const problem = gatewayReadiness({ check: vi.fn().mockRejectedValue(error) }, status());
  expect(await problem()).toBe(reason);
});

test('a silent gateway delays a health check by at most 1.5 seconds', async () => {
  const problem = gatewayReadiness({ check: () => new Promise<void>(() => {}) }, status());
  const first = problem();
  await pass(1_500);
  expect(await first).toBe('the gateway does not answer');
});

test('if a task finds the gateway unreachable after a check, the next health check asks the gateway again', async () => {
  const check = vi.fn(async () => {});
  const connection = status();
  const problem = gatewayReadiness({ check }, connection);
  await problem();
  connection.down('ECONNREFUSED');
  check.mockRejectedValue(new SecretsGatewayError('UNREACHABLE', 'x'));
  expect(await problem()).toBe('the gateway is unreachable');
});

test('after a refused access key, the worker signs in again after a minute, or after a task has succeeded', async () => {
  const connection = status();
  connection.down('HTTP 401');
  const check = vi.fn().mockRejectedValue(refusal);
  const problem = gatewayReadiness({ check }, connection);
  await problem();
  await pass(59_000);
  expect(await problem()).toBe('the gateway refused the access key of the worker');
  expect(check).toHaveBeenCalledOnce();
  await pass(2_000);
  await problem();
  expect(check).toHaveBeenCalledTimes(2);
  connection.up();
  check.mockResolvedValue(undefined);
  await pass(3_100);
  expect(await problem()).toBeUndefined();
});
