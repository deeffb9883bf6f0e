import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALPHABET, generatePassword } from '../../console/src/users/generate-password.ts';

/** A source that gives these bytes, over and over. */
function giving(bytes: readonly number[]) {
  let next = 0;
  return (into: Uint8Array) => {
    for (let i = 0; i < into.length; i += 1) into[i] = bytes[next++ % bytes.length]!;
  };
}

test('every character of a generated password is as likely as every other', () => {
  const every = Array.from({ length: 256 }, (_, byte) => byte);
  const times = Math.floor(256 / ALPHABET.length);
  const made = generatePassword(times * ALPHABET.length, giving(every));
  const counts = new Map<string, number>();
  for (const one of made) counts.set(one, (counts.get(one) ?? 0) + 1);
  expect(new Set(counts.values())).toEqual(new Set([times]));
  expect([...counts.keys()].sort()).toEqual([...ALPHABET].sort());
});

test('a generated password has the length that was asked for, of characters that do not look alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 200 }), (length) => {
      const made = generatePassword(length);
      expect(made).toHaveLength(length);
      expect(made).toMatch(/^[A-HJ-NP-Za-km-z2-9]+$/);
    }),
  );
});
