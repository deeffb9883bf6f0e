// When a worker process that ended is started again.

/** A worker process that ends within this time after its start counts as a failed start. */
export const EARLY_END_MS = 10_000;
/** Failed starts in a row. When every worker process has this many, the gateway gives up. */
export const MAX_FAILED_STARTS = 5;

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;

/** Milliseconds to wait before a worker process is started again. The wait is 0 without failed starts; each failed start in a row doubles the wait. */
export function restartDelay(failedStarts: number): number {
  return failedStarts === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failedStarts - 1));
}
