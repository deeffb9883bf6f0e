// A bounded cache of secret values in the memory of the client.
import { LRUCache } from 'lru-cache';
import { Sensitive } from '../sensitive.ts';

/** The bound of the cache: the maximum age of a value, and the maximum number of values. */
export interface CacheBound {
  readonly seconds: number;
  readonly entries: number;
}

export interface ValueCache {
  get(name: string, version: number | undefined): string | undefined;
  /** Returns a function that stores a value which the client requests now. The age of the value counts from now. */
  begin(): (name: string, version: number | undefined, value: string) => void;
  /** Deletes the values of a secret. */
  drop(name: string): void;
  clear(): void;
}

/** @throws RangeError if the bound is not positive */
export function valueCache(bound: CacheBound | undefined): ValueCache {
  if (bound === undefined) return { get: () => undefined, begin: () => () => {}, drop() {}, clear() {} };
  if (!(bound.seconds > 0 && bound.seconds <= 86_400))
    throw new RangeError('cache.seconds: a number from above 0 to 86,400');
  if (!(Number.isInteger(bound.entries) && bound.entries >= 1 && bound.entries <= 100_000))
    throw new RangeError('cache.entries: a whole number from 1 to 100,000');
  // With `ttlAutopurge`, a timer deletes an expired value. Without a timer, the value would stay in memory until the next read.
  const values = new LRUCache<string, Sensitive>({
    max: bound.entries,
    ttl: bound.seconds * 1_000,
    ttlAutopurge: true,
  });
  // INVARIANT: a value that was requested before a drop is not stored after the drop.
  let drops = 0;
  return {
    get: (name, version) => values.get(cacheKeyOf(name, version))?.expose(),
    begin() {
      const [start, before] = [performance.now(), drops];
      return (name, version, value) => {
        if (drops === before) values.set(cacheKeyOf(name, version), new Sensitive(value), { start });
      };
    },
    drop(name) {
      drops++;
      for (const cacheKey of values.keys()) if (cacheKey.startsWith(`${name}:`)) values.delete(cacheKey);
    },
    clear() {
      drops++;
      values.clear();
    },
  };
}

/** Returns the cache key of a value. The name of a secret contains no colon. */
export const cacheKeyOf = (name: string, version: number | undefined) => `${name}:${version ?? ''}`;
