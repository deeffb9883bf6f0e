import { expect, test } from 'vitest';
import { createThrottle, Throttled } from '../../src/identity/throttle.ts';
import { waitingThrottle } from '../../src/identity/waiting-throttle.ts';
import { TestClock } from '../support/clock.ts';

const throttle = () => waitingThrottle(createThrottle({ clock: new TestClock() }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the throttle admits all of fifty concurrent correct sign-ins to one account', async () => {
  const gate = throttle();
  const admitted = Array.from({ length: 50 }, async () => {
    const attempt = await gate.attempt('key:a', '192.0.2.1');
    await turn();
    attempt.succeeded();
    return 'in';
  });
  expect(await Promise.all(admitted)).toEqual(Array(50).fill('in'));
});

test('of fifty sign-ins with a wrong password, the throttle admits the same number whether the attempts are concurrent or sequential', async () => {
  const gate = throttle();
  let tried = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, async () => {
      const attempt = await gate.attempt('user:a', '192.0.2.1');
      tried += 1;
      await turn();
      attempt.failed();
    }),
  );
  expect(tried).toBe(10);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(40);
  expect(refused.filter(({ reason }) => reason instanceof Throttled && reason.first)).toHaveLength(1);
});

test('if an attempt ends without a result, the throttle admits the next waiting sign-in', async () => {
  const gate = throttle();
  const first = await Promise.all(Array.from({ length: 10 }, () => gate.attempt('user:a', '192.0.2.1')));
  const late = gate.attempt('user:a', '192.0.2.1');
  first[0]?.abandoned();
  (await late).failed();
  for (const attempt of first.slice(1)) attempt.failed();
  await expect(gate.attempt('user:a', '192.0.2.1')).rejects.toThrow(Throttled);
});
