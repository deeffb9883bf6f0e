// The sign-in throttle of all worker processes, in the primary process. So the limits do not depend on the number of worker processes.

import { Throttled } from '../identity/throttle.ts';
import type { PendingAttempt, WaitingThrottle } from '../identity/waiting-throttle.ts';
import type { Outcome } from './messages.ts';

export type Verdict = { admitted: true } | { admitted: false; retryAfter: number; first: boolean };

export interface SharedThrottle {
  /** `id` is the worker's own number of the attempt. Returns undefined if the worker process ended in the meantime. */
  attempt(worker: number, id: number, account: string, address: string): Promise<Verdict | undefined>;
  settle(worker: number, id: number, outcome: Outcome): void;
  /** The pending attempts of a worker process that ended stay counted as failed: their outcome is unknown. */
  workerEnded(worker: number): void;
}

/** The number of a worker process is never used again for another one. */
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
