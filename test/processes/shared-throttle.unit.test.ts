// All worker processes share one sign-in throttle. These tests use the throttle without processes and messages.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createThrottle, LIMITS } from '../../src/identity/throttle.ts';
import { waitingThrottle } from '../../src/identity/waiting-throttle.ts';
import type { Outcome } from '../../src/processes/messages.ts';
import { sharedThrottle } from '../../src/processes/shared-throttle.ts';
import { TestClock } from '../support/clock.ts';

const newThrottle = () => sharedThrottle(waitingThrottle(createThrottle({ clock: new TestClock() })));
const FROM = '192.0.2.1';

test('the shared throttle counts the failed sign-ins of all worker processes together, as one process counts its failed sign-ins', async () => {
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

test('a throttled caller receives the number of seconds to wait, and the throttle marks the first refusal for the audit log', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.settle(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: true });
  expect(await gate.attempt(1, 99, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: false });
});

test.each<Outcome>(['succeeded', 'abandoned'])(
  'the throttle does not count an attempt that %s as a failure, whether its result is reported once or twice',
  async (outcome) => {
    const gate = newThrottle();
    for (let id = 0; id < 50; id += 1) {
      expect(await gate.attempt(1, id, 'user:a', FROM)).toEqual({ admitted: true });
      gate.settle(1, id, outcome);
      gate.settle(1, id, outcome);
    }
  },
);

test('a worker process cannot affect pending sign-in attempts of a different worker process with any attempt number', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.settle(2, id, 'succeeded');
    gate.settle(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toMatchObject({ admitted: false });
});

test('if a worker process is killed, its pending attempts count as failed, and the throttle then decides waiting attempts of the remaining worker processes', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.workerEnded(1);
  expect(await waiting).toMatchObject({ admitted: false });
});

test('if an attempt is admitted for a worker process that has ended, the attempt does not count as a failure', async () => {
  const gate = newThrottle();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.workerEnded(2);
  gate.settle(1, 0, 'succeeded');
  expect(await waiting).toBeUndefined();
  expect(await gate.attempt(3, 0, 'user:a', FROM)).toEqual({ admitted: true });
});
