// Limits the total time that one request waits for the database, for the audit log, and for turns. Without a common limit, the limits of the single
// waits would add up.
import { Unavailable } from '../errors.ts';

/** How often the module looks for spent budgets, in milliseconds. */
const TICK_MS = 100;

/** The budgets of all requests of the process that are waiting. One timer for all requests costs less than one timer a request. */
const waiting = new Set<WaitBudget>();
let isTimerSet = false;

function setTimer(): void {
  if (isTimerSet || waiting.size === 0) return;
  isTimerSet = true;
  setTimeout(() => {
    // After a pause of the process, the event loop runs timers before it reads the answers that arrived during the pause. An immediate runs after
    // these reads.
    setImmediate(() => {
      isTimerSet = false;
      const now = performance.now();
      for (const budget of waiting) budget.endIfSpent(now);
      setTimer();
    });
  }, TICK_MS).unref();
}

/**
 * The time that a request may still wait. Waits that overlap count once. The time between waits does not count: for example, the gateway computes,
 * reads the body of the request, or forwards the request to the Conductor server.
 */
export class WaitBudget {
  readonly #totalMs: number;
  #leftMs: number;
  #since = 0;
  readonly #fails = new Set<(error: Unavailable) => void>();

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
    this.#leftMs = totalMs;
  }

  /** Whether a wait used the rest of the budget. The request is then answered with UNAVAILABLE, so it must begin nothing new. */
  get isSpent(): boolean {
    return this.#leftMs <= 0;
  }

  /** @throws Unavailable if the budget is spent */
  requireLeft(): void {
    if (this.isSpent) throw this.#spent();
  }

  /** Gives the request its full budget again, for one more step of a long answer. A spent budget stays spent. */
  renew(): void {
    if (this.isSpent) return;
    this.#leftMs = this.#totalMs;
    this.#since = performance.now();
  }

  /**
   * Waits for the result of `work`, at most until the budget is spent. The work itself continues.
   * @param onLate receives a result that came after the budget was spent, so that the caller can give the result back
   * @throws Unavailable when the budget is spent, and the error of `work`
   */
  within<T>(work: () => Promise<T>, onLate?: (result: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.requireLeft();
      this.#begin(reject);
      let promise: Promise<T>;
      try {
        promise = work();
      } catch (error) {
        this.#end(reject);
        throw error;
      }
      promise.then(
        (result) => {
          if (this.#end(reject)) resolve(result);
          else onLate?.(result);
        },
        (error) => {
          this.#end(reject);
          reject(error);
        },
      );
    });
  }

  /** The module's timer calls this method. */
  endIfSpent(now: number): void {
    if (this.#leftMs - (now - this.#since) > 0) return;
    this.#leftMs = 0;
    waiting.delete(this);
    for (const fail of this.#fails) fail(this.#spent());
    this.#fails.clear();
  }

  #begin(fail: (error: Unavailable) => void): void {
    if (this.#fails.size === 0) {
      this.#since = performance.now();
      waiting.add(this);
      setTimer();
    }
    this.#fails.add(fail);
  }

  /** Ends a wait. Returns false if the budget was spent before. */
  #end(fail: (error: Unavailable) => void): boolean {
    if (!this.#fails.delete(fail)) return false;
    if (this.#fails.size === 0) {
      waiting.delete(this);
      // The wait ended in time, so the budget is not spent, even if the timer was late.
      this.#leftMs = Math.max(1, this.#leftMs - (performance.now() - this.#since));
    }
    return true;
  }

  #spent(): Unavailable {
    return new Unavailable(new Error(`The request waited ${this.#totalMs} ms in all, see REQUEST_TIMEOUT`));
  }
}

/** The budget of work that is not a request, and of tests. */
export const unlimited = (): WaitBudget => new WaitBudget(Number.POSITIVE_INFINITY);
