import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Sql } from '../../src/database/client.ts';
import { startClockCheck } from '../../src/startup/clock-check.ts';
import { TestClock } from '../support/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;

function checked(query: () => Promise<{ at: Date }[]> = async () => [{ at: new Date() }]) {
  const clock = new TestClock();
  const log = { warn: vi.fn(), info: vi.fn() };
  const check = startClockCheck({ database: { query } as unknown as Sql, clock, log });
  const settled = () => vi.waitFor(() => expect(check.difference()).toBeDefined());
  return { clock, log, check, settled };
}

test('a clock that differs from the clock of the database server is reported once, and reported again when the clocks agree', async () => {
  const { clock, log, check, settled } = checked();
  await settled();
  expect(Math.abs(check.difference()!)).toBeLessThan(1);
  clock.advance({ seconds: 3 });
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(check.difference()).toBeCloseTo(3, 0);
  expect(log.warn).toHaveBeenCalledExactlyOnceWith({ differenceSeconds: expect.closeTo(3, 0) }, expect.any(String));
  clock.advance({ seconds: -3 });
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(log.info).toHaveBeenCalledOnce();
  await check.stop();
});

test('of two gateways whose clocks differ by more than five seconds, at least one reports its clock', async () => {
  for (const share of [0, 1, 2.6, 4, 5.1]) {
    const gateways = [share, share - 5.1].map((seconds) => {
      const gateway = checked();
      gateway.clock.advance({ seconds });
      return gateway;
    });
    for (const { settled } of gateways) await settled();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(gateways.some(({ log }) => log.warn.mock.calls.length > 0)).toBe(true);
    for (const { check } of gateways) await check.stop();
  }
});

test('if the database does not answer, the difference of the clocks is unknown, and nothing is reported', async () => {
  const query = vi.fn(async () => {
    throw new Error('away');
  });
  const { log, check } = checked(query);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  await check.stop();
  expect(query).toHaveBeenCalledTimes(2);
  expect(check.difference()).toBeUndefined();
  expect(log.warn).not.toHaveBeenCalled();
});
