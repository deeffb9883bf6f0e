import { type Attempt, network, type Throttle } from './throttle.ts';

/** A sign-in attempt that the throttle admitted. The caller must call one of the three methods when the outcome is known. */
export interface PendingAttempt extends Attempt {
  /** Reports that the credentials were wrong. The attempt remains in the buckets as a failed sign-in. */
  failed(): void;
}

/**
 * A throttle that waits for pending attempts. The plain throttle treats an attempt as failed until the attempt succeeds, so that concurrent attempts
 * cannot exceed the limit. If eleven worker processes start together with the same correct access key, the plain throttle would therefore reject the
 * eleventh. When the limit is reached, the waiting throttle makes a new attempt wait for all pending attempts that have the account or the address of
 * the new attempt. The waiting throttle rejects an attempt only if the limit is reached and no attempt with the account or the address of the new
 * attempt is pending.
 */
export interface WaitingThrottle {
  /** @throws Throttled */
  attempt(account: string, address: string): Promise<PendingAttempt>;
}

export function waitingThrottle(throttle: Throttle): WaitingThrottle {
  /** The pending attempts of each account and of each network. Each promise resolves when the outcome of its attempt is known. */
  const pendingByKey = new Map<string, Set<Promise<void>>>();

  return {
    async attempt(account, address) {
      const keys = [`account ${account}`, `network ${network(address)}`];
      while (!throttle.admits(account, address)) {
        const others = keys.flatMap((key) => [...(pendingByKey.get(key) ?? [])]);
        if (others.length === 0) break;
        await Promise.race(others);
      }
      const admitted = throttle.attempt(account, address);

      const { promise, resolve } = Promise.withResolvers<void>();
      for (const key of keys) pendingByKey.set(key, (pendingByKey.get(key) ?? new Set()).add(promise));
      const settle = (count?: () => void) => () => {
        count?.();
        for (const key of keys) {
          const pending = pendingByKey.get(key);
          pending?.delete(promise);
          if (pending?.size === 0) pendingByKey.delete(key);
        }
        resolve();
      };
      return {
        succeeded: settle(admitted.succeeded),
        abandoned: settle(admitted.abandoned),
        failed: settle(),
      };
    },
  };
}
