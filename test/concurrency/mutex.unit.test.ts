import { expect, test } from 'vitest';
import { timedMutex } from '../../src/concurrency/mutex.ts';
import { Unavailable } from '../../src/errors.ts';

test('callers acquire the mutex one at a time, in the order of their calls', async () => {
  const mutex = timedMutex(1_000, 'busy');
  const order: string[] = [];
  const run = async (name: string) => {
    const release = await mutex.acquire();
    order.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
    release();
  };
  await Promise.all(['a', 'b', 'c'].map(run));
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('a caller that waits too long for the mutex receives Unavailable, and the next caller acquires the mutex', async () => {
  const mutex = timedMutex(20, 'The mutex is busy');
  const release = await mutex.acquire();
  const error = await mutex.acquire().catch((reason) => reason);
  expect(error).toBeInstanceOf(Unavailable);
  expect(error.cause.message).toBe('The mutex is busy');
  release();
  await expect(mutex.acquire()).resolves.toBeTypeOf('function');
});

test('if a caller releases the mutex twice, the second release does not release the mutex for the next caller', async () => {
  const mutex = timedMutex(20, 'busy');
  const release = await mutex.acquire();
  const next = mutex.acquire();
  release();
  await next;
  release();
  await expect(mutex.acquire()).rejects.toBeInstanceOf(Unavailable);
});
