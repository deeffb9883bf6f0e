// Decides how long the gateway waits before it replaces a worker process that ended.

/** If a worker process ends within this time after its start, its start has failed. */
export const EARLY_END_MS = 10_000;
/** Maximum number of failed starts in a row. When every worker process has this number of failed starts, the gateway stops. */
export const MAX_FAILED_STARTS = 5;

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;

/**
 * Milliseconds to wait before a worker process is started again. Without failed starts, the wait is 0. Each further failed start in a row doubles the
 * wait.
 */
export function restartDelay(failedStarts: number): number {
  return failedStarts === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failedStarts - 1));
}
