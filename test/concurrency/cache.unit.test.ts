import fc from 'fast-check';
import { expect, test } from 'vitest';
import { remembered } from '../../src/concurrency/cache.ts';

test('the cache evicts the least recently used entry first', () => {
  const kept = remembered<number>({ most: 2 });
  kept.set('a', 1);
  kept.set('b', 2);
  expect(kept.get('a')).toBe(1);
  kept.set('c', 3);
  expect(['a', 'b', 'c'].map(kept.get)).toEqual([1, undefined, 3]);
});

test('the cache never exceeds its weight, and keeps the last value of each key', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), weight: fc.nat(12), forgets: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 20 }), (steps, most) => {
      const kept = remembered<{ weight: number }>({ most, weigh: ({ weight }) => weight });
      const said = new Map<string, { weight: number }>();
      for (const { key, weight, forgets } of steps) {
        if (forgets === 0) kept.forgetAll();
        if (forgets === 1) kept.forget(key);
        else kept.set(key, said.set(key, { weight }).get(key)!);
        if (forgets > 1) expect(kept.get(key)).toBe(weight <= most ? said.get(key) : undefined);
        const all = [...said].flatMap(([one, value]) => (kept.get(one) === value ? [value.weight] : []));
        expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(most);
      }
    }),
  );
});
