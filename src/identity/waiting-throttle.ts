import { type Attempt, network, type Throttle } from './throttle.ts';

/** An admitted attempt. The caller must call one of the three methods. */
export interface PendingAttempt extends Attempt {
  /** The credentials were wrong: the attempt stays counted. */
  failed(): void;
}

/**
 * A throttle that waits for pending attempts. The plain throttle counts an attempt as failed until it succeeds, so that concurrent attempts cannot
 * exceed the limit. The plain throttle would therefore reject the eleventh of eleven worker processes that start together with the same correct access key.
 * The waiting throttle lets further attempts on the same account or from the same address wait for the pending ones. It rejects an attempt
 * only if no attempt is pending.
 */
export interface WaitingThrottle {
  /** @throws Throttled */
  attempt(account: string, address: string): Promise<PendingAttempt>;
}

export function waitingThrottle(throttle: Throttle): WaitingThrottle {
  /** Pending attempts by account and by network. Each promise resolves when its attempt has ended. */
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
