import { type Attempt, network, type Throttle } from './throttle.ts';

/** An attempt under way. One of the three must be called. */
export interface PatientAttempt extends Attempt {
  /** It was refused: it stays counted. */
  failed(): void;
}

/**
 * A throttle counts an attempt as failed until it is known to have succeeded, so that those made at one moment cannot be more than
 * the limit. By itself it would thus refuse the eleventh of eleven workers that start together with the same good key. This one has
 * those that find no room wait for the outcome of attempts under way on the same account or from the same address, and refuses
 * only when there are none.
 */
export interface PatientThrottle {
  /** @throws Throttled */
  attempt(account: string, address: string): Promise<PatientAttempt>;
}

export function patient(throttle: Throttle): PatientThrottle {
  /** Attempts under way, by account and by network; each promise resolves when one of them has its outcome. */
  const underWay = new Map<string, Set<Promise<void>>>();

  return {
    async attempt(account, address) {
      const keys = [`account ${account}`, `network ${network(address)}`];
      while (!throttle.hasRoom(account, address)) {
        const others = keys.flatMap((key) => [...(underWay.get(key) ?? [])]);
        if (others.length === 0) break;
        await Promise.race(others);
      }
      const admitted = throttle.attempt(account, address);

      const { promise, resolve } = Promise.withResolvers<void>();
      for (const key of keys) underWay.set(key, (underWay.get(key) ?? new Set()).add(promise));
      const settle = (count?: () => void) => () => {
        count?.();
        for (const key of keys) {
          const among = underWay.get(key);
          among?.delete(promise);
          if (among?.size === 0) underWay.delete(key);
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
