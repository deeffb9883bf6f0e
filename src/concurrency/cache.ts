/** What is kept in memory so as not to be found out again, no more of it than is said. */
export interface Remembered<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  forget(key: string): void;
  forgetAll(): void;
}

/**
 * Keeps values that weigh `most` together, each as much as `weigh` says (1 if left out), and forgets those first that were not asked for
 * for longest. One that weighs more than all may is not kept.
 */
export function remembered<Value>({
  most,
  weigh = () => 1,
}: {
  most: number;
  weigh?: (value: Value) => number;
}): Remembered<Value> {
  // In the order of their last use.
  const kept = new Map<string, { value: Value; weight: number }>();
  let total = 0;

  const forget = (key: string) => {
    total -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    set(key, value) {
      forget(key);
      const weight = weigh(value);
      if (weight > most) return;
      for (const oldest of kept.keys()) {
        if (total + weight <= most) break;
        forget(oldest);
      }
      kept.set(key, { value, weight });
      total += weight;
    },
    forget,
    forgetAll() {
      kept.clear();
      total = 0;
    },
  };
}
