// When a worker that ended is started again.

/** A worker that ends sooner than this after its start has something that keeps it from serving. */
export const SOON_MS = 10_000;
/** So many times in a row each: then none can be started. */
export const MOST_FAILURES = 5;

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after so many ends in a row that came soon: none at first, then longer and longer. */
export function pauseAfter(soonEnds: number): number {
  return soonEnds === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (soonEnds - 1));
}
