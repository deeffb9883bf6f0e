// The sign-in throttle of all worker processes. The throttle runs in the primary process, so that its limits do not depend on the number of worker
// processes.

import { Throttled } from '../identity/throttle.ts';
import type { PendingAttempt, WaitingThrottle } from '../identity/waiting-throttle.ts';
import type { Outcome } from './messages.ts';

export type Verdict = { admitted: true } | { admitted: false; retryAfter: number; first: boolean };

export interface SharedThrottle {
  /**
   * Starts an attempt to sign in. The argument `id` is the number of the attempt in its worker process. Returns undefined if the worker process ended
   * before the throttle decided.
   */
  attempt(worker: number, id: number, account: string, address: string): Promise<Verdict | undefined>;
  settle(worker: number, id: number, outcome: Outcome): void;
  /**
   * Handles the end of a worker process. The throttle counts the pending sign-in attempts of this worker process as failed, because the outcome is
   * unknown.
   */
  workerEnded(worker: number): void;
}

/** Node's cluster module does not use the number of an ended worker process for a new worker process. */
export function sharedThrottle(throttle: WaitingThrottle): SharedThrottle {
  const pending = new Map<number, Map<number, PendingAttempt>>();
  const ended = new Set<number>();
  return {
    async attempt(worker, id, account, address) {
      try {
        const attempt = await throttle.attempt(account, address);
        if (ended.has(worker)) {
          attempt.abandoned(); // the worker process ended before it could check the credentials
          return undefined;
        }
        pending.set(worker, (pending.get(worker) ?? new Map()).set(id, attempt));
        return { admitted: true };
      } catch (error) {
        if (!(error instanceof Throttled)) throw error;
        return { admitted: false, retryAfter: error.details.retryAfter as number, first: error.first };
      }
    },
    settle(worker, id, outcome) {
      const attempts = pending.get(worker);
      attempts?.get(id)?.[outcome]();
      attempts?.delete(id);
    },
    workerEnded(worker) {
      ended.add(worker);
      for (const attempt of pending.get(worker)?.values() ?? []) attempt.failed();
      pending.delete(worker);
    },
  };
}
