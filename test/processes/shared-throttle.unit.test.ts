// All worker processes share one throttle. These tests use the throttle without processes and messages.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createThrottle, LIMITS } from '../../src/identity/throttle.ts';
import { waitingThrottle } from '../../src/identity/waiting-throttle.ts';
import type { Outcome } from '../../src/processes/messages.ts';
import { sharedThrottle } from '../../src/processes/shared-throttle.ts';
import { TestClock } from '../support/clock.ts';

const newThrottle = () => sharedThrottle(waitingThrottle(createThrottle({ clock: new TestClock() })));
const FROM = '192.0.2.1';

test('failed attempts spread over worker processes in any way are limited as in one process', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 30, maxLength: 60 }), async (workers) => {
      const gate = newThrottle();
      let admitted = 0;
      for (const [id, worker] of workers.entries()) {
        const verdict = await gate.attempt(worker, id, 'user:a', FROM);
        if (!verdict?.admitted) continue;
        admitted += 1;
        gate.settle(worker, id, 'failed');
      }
      expect(admitted).toBe(LIMITS.account.failures);
    }),
    { numRuns: 50 },
  );
});

test('a throttled caller receives the number of seconds to wait, and the first refusal is marked for the audit log', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.settle(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: true });
  expect(await gate.attempt(1, 99, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: false });
});

test.each<Outcome>(['succeeded', 'abandoned'])(
  'an attempt that %s does not count as a failure, whether its result is reported once or twice',
  async (outcome) => {
    const gate = newThrottle();
    for (let id = 0; id < 50; id += 1) {
      expect(await gate.attempt(1, id, 'user:a', FROM)).toEqual({ admitted: true });
      gate.settle(1, id, outcome);
      gate.settle(1, id, outcome);
    }
  },
);

test('a worker process cannot affect the pending attempts of another worker process with any attempt number', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.settle(2, id, 'succeeded');
    gate.settle(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toMatchObject({ admitted: false });
});

test('pending attempts of a killed worker process count as failed, and waiting attempts of other worker processes are then decided', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.workerEnded(1);
  expect(await waiting).toMatchObject({ admitted: false });
});

test('an attempt that is admitted for an ended worker process does not count as a failure', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.workerEnded(2);
  gate.settle(1, 0, 'succeeded');
  expect(await waiting).toBeUndefined();
  expect(await gate.attempt(3, 0, 'user:a', FROM)).toEqual({ admitted: true });
});
