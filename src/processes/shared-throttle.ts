// The one throttle of all workers, kept by their parent: however many there are, the limits are those of one process.

import { Throttled } from '../identity/throttle.ts';
import type { PatientAttempt, PatientThrottle } from '../identity/waiting-throttle.ts';
import type { Outcome } from './messages.ts';

export type Verdict = { admitted: true } | { admitted: false; retryAfter: number; first: boolean };

export interface ThrottleDesk {
  /** Numbers are those of the worker. Undefined: the worker has gone meanwhile. */
  attempt(worker: number, id: number, account: string, address: string): Promise<Verdict | undefined>;
  outcome(worker: number, id: number, outcome: Outcome): void;
  /** What it had under way stays counted: nobody knows that it was right. */
  gone(worker: number): void;
}

/** `worker` is a number that no other process has had. */
export function throttleDesk(throttle: PatientThrottle): ThrottleDesk {
  const underWay = new Map<number, Map<number, PatientAttempt>>();
  const left = new Set<number>();
  return {
    async attempt(worker, id, account, address) {
      try {
        const attempt = await throttle.attempt(account, address);
        if (left.has(worker)) {
          attempt.abandoned(); // nothing was checked
          return undefined;
        }
        underWay.set(worker, (underWay.get(worker) ?? new Map()).set(id, attempt));
        return { admitted: true };
      } catch (error) {
        if (!(error instanceof Throttled)) throw error;
        return { admitted: false, retryAfter: error.details.retryAfter as number, first: error.first };
      }
    },
    outcome(worker, id, outcome) {
      const own = underWay.get(worker);
      own?.get(id)?.[outcome]();
      own?.delete(id);
    },
    gone(worker) {
      left.add(worker);
      for (const attempt of underWay.get(worker)?.values() ?? []) attempt.failed();
      underWay.delete(worker);
    },
  };
}
