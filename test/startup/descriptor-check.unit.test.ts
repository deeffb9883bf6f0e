import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startDescriptorCheck } from '../../src/startup/descriptor-check.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('each check without a free file descriptor counts, and the log contains at most one line a minute', async () => {
  const log = { error: vi.fn(), info: vi.fn() };
  let code: string | undefined = 'EMFILE';
  const check = startDescriptorCheck(log, async () => {
    if (code !== undefined) throw Object.assign(new Error(), { code });
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(check.shortages()).toBe(30);
  expect(log.error).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(log.error).toHaveBeenCalledTimes(2);
  code = undefined;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(check.shortages()).toBe(70);
  expect(log.info).toHaveBeenCalledOnce();
  // A directory without /dev/null is no shortage of file descriptors.
  code = 'ENOENT';
  await vi.advanceTimersByTimeAsync(2_000);
  expect(check.shortages()).toBe(70);
  await check.stop();
});
