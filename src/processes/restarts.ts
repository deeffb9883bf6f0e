// Decides how long the gateway waits before it replaces a worker process that ended.

/** If a worker process ends within this time after its start, its start has failed. */
export const EARLY_END_MS = 10_000;
/** Maximum number of consecutive failed starts of a worker process. If all worker processes reach this number, the gateway stops. */
export const MAX_FAILED_STARTS = 5;

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;

/**
 * Returns the number of milliseconds that the gateway waits before the gateway starts a worker process again. Without failed starts, the gateway does
 * not wait. Each further consecutive failed start doubles the wait.
 */
export function restartDelay(failedStarts: number): number {
  return failedStarts === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failedStarts - 1));
}
