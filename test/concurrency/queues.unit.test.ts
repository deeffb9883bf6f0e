import { afterEach, expect, test, vi } from 'vitest';
import { queues } from '../../src/concurrency/queues.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Returns whether the promise is fulfilled after all pending microtasks. */
const isFulfilled = async (promise: Promise<unknown>): Promise<boolean> => {
  let fulfilled = false;
  promise.then(() => {
    fulfilled = true;
  });
  await new Promise((resume) => setImmediate(resume));
  return fulfilled;
};

test('callers for one object get their turns in the order of their calls, and callers for other objects do not wait', async () => {
  const { enter } = queues(60_000);
  const first = await enter('a');
  const [second, third] = [enter('a'), enter('a')];
  expect(first.hasWaited).toBe(false);
  expect((await enter('b')).hasWaited).toBe(false);
  expect(await isFulfilled(second)).toBe(false);
  first.end();
  expect((await second).hasWaited).toBe(true);
  expect(await isFulfilled(third)).toBe(false);
  (await second).end();
  (await third).end();
  await isFulfilled(third);
  expect((await enter('a')).hasWaited).toBe(false);
});

test('a caller that waited for the maximum time gets its turn, and later callers wait until both turns have ended', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { enter } = queues(3_000);
  const first = await enter('a');
  const second = enter('a');
  expect(await isFulfilled(second)).toBe(false);
  vi.advanceTimersByTime(3_000);
  expect((await second).hasWaited).toBe(true);
  (await second).end();
  const third = enter('a');
  expect(await isFulfilled(third)).toBe(false);
  first.end();
  expect((await third).hasWaited).toBe(true);
});
