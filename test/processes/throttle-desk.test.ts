// One throttle for several workers. Of processes and messages nothing is here: what they come to.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patient } from '../../src/identity/patience.ts';
import { createThrottle, LIMITS } from '../../src/identity/throttle.ts';
import type { Outcome } from '../../src/processes/messages.ts';
import { throttleDesk } from '../../src/processes/throttle-desk.ts';
import { TestClock } from '../support/clock.ts';

const desk = () => throttleDesk(patient(createThrottle({ clock: new TestClock() })));
const FROM = '192.0.2.1';

test('wrong tries spread over workers in any way are as many as those of one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 30, maxLength: 60 }), async (workers) => {
      const gate = desk();
      let admitted = 0;
      for (const [id, worker] of workers.entries()) {
        const verdict = await gate.attempt(worker, id, 'user:a', FROM);
        if (!verdict?.admitted) continue;
        admitted += 1;
        gate.outcome(worker, id, 'failed');
      }
      expect(admitted).toBe(LIMITS.account.failures);
    }),
    { numRuns: 50 },
  );
});

test('who is held back is told for how long, and the first time that it is the first', async () => {
  const gate = desk();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.outcome(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: true });
  expect(await gate.attempt(1, 99, 'user:a', FROM)).toEqual({ admitted: false, retryAfter: 30, first: false });
});

test.each<Outcome>(['succeeded', 'abandoned'])('a try that %s does not count, told once or twice', async (outcome) => {
  const gate = desk();
  for (let id = 0; id < 50; id += 1) {
    expect(await gate.attempt(1, id, 'user:a', FROM)).toEqual({ admitted: true });
    gate.outcome(1, id, outcome);
    gate.outcome(1, id, outcome);
  }
});

test('one worker says nothing of what another has under way, whatever number it has', async () => {
  const gate = desk();
  for (let id = 0; id < LIMITS.account.failures; id += 1) {
    await gate.attempt(1, id, 'user:a', FROM);
    gate.outcome(2, id, 'succeeded');
    gate.outcome(1, id, 'failed');
  }
  expect(await gate.attempt(2, 0, 'user:a', FROM)).toMatchObject({ admitted: false });
});

test('what a worker had under way when it was killed counts as failed, and lets those go on that waited for it', async () => {
  const gate = desk();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.gone(1);
  expect(await waiting).toMatchObject({ admitted: false });
});

test('what comes to be admitted for a worker that has gone is given back', async () => {
  const gate = desk();
  for (let id = 0; id < LIMITS.account.failures; id += 1) await gate.attempt(1, id, 'user:a', FROM);
  const waiting = gate.attempt(2, 0, 'user:a', FROM);
  gate.gone(2);
  gate.outcome(1, 0, 'succeeded');
  expect(await waiting).toBeUndefined();
  expect(await gate.attempt(3, 0, 'user:a', FROM)).toEqual({ admitted: true });
});
