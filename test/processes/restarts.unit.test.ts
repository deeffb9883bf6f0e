import { expect, test } from 'vitest';
import { restartDelay } from '../../src/processes/restarts.ts';

test('a worker process that has served requests is restarted immediately, and a worker process that fails to start is restarted after increasing delays', () => {
  expect([0, 1, 2, 3, 4].map(restartDelay)).toEqual([0, 250, 500, 1_000, 2_000]);
  expect([8, 20, 2_000].map(restartDelay)).toEqual([30_000, 30_000, 30_000]);
});
