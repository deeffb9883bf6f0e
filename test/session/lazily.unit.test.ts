import { expect, test } from 'vitest';
import { lazily } from '../../src/session/lazily.ts';

test('a lazy member is created once when first read, from its object and other members', () => {
  const made: string[] = [];
  const make = lazily<{ of: string }, { one: string[]; two: { and: string[] }; never: string }>({
    one({ of }) {
      made.push(of);
      return [of];
    },
    two: (_, { one }) => ({ and: one }),
    never() {
      throw new Error('This member was not requested.');
    },
  });
  const [first, second] = [make({ of: 'a' }), make({ of: 'b' })];
  expect(made).toEqual([]);
  expect(first.two.and).toEqual(['a']);
  expect(first.one).toBe(first.two.and);
  expect(first.two).toBe(first.two);
  expect(second.one).toEqual(['b']);
  expect(made).toEqual(['a', 'b']);
});
