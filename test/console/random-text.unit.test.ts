import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomText } from '../../console/src/parts/random-text.ts';
import { ALPHABETS } from '../../console/src/secrets/alphabets.ts';
import { generatePassword } from '../../console/src/users/generate-password.ts';
import type { Alphabet } from '../../src/generated/vocabulary.ts';
import { generateValue } from '../../src/secrets/secret.ts';

/** A random source that returns these bytes repeatedly. */
function giving(bytes: readonly number[]) {
  let next = 0;
  return (into: Uint8Array) => {
    for (let i = 0; i < into.length; i += 1) into[i] = bytes[next++ % bytes.length]!;
  };
}

const alphabet = fc.constantFrom(...Object.values(ALPHABETS).map(({ characters }) => characters));

test('each allowed character occurs in generated text with the same probability', () => {
  const every = Array.from({ length: 256 }, (_, byte) => byte);
  fc.assert(
    fc.property(alphabet, (characters) => {
      const times = Math.floor(256 / characters.length);
      const made = randomText(characters, times * characters.length, giving(every));
      const counts = new Map<string, number>();
      for (const one of made) counts.set(one, (counts.get(one) ?? 0) + 1);
      expect(new Set(counts.values())).toEqual(new Set([times]));
      expect([...counts.keys()].sort()).toEqual([...characters].sort());
    }),
  );
});

test('generated text has the requested length and contains only the requested characters', () => {
  fc.assert(
    fc.property(alphabet, fc.integer({ min: 1, max: 400 }), (characters, length) => {
      const made = randomText(characters, length);
      expect(made).toHaveLength(length);
      expect([...made].filter((one) => !characters.includes(one))).toEqual([]);
    }),
  );
});

test('the console and the gateway use the same characters for generated values', () => {
  for (const [alphabet, { characters }] of Object.entries(ALPHABETS)) {
    // The generated text is long enough to contain every allowed character.
    const made = new Set(generateValue(20_000, alphabet as Alphabet).expose());
    expect([...made].sort()).toEqual([...characters].sort());
  }
});

test('a generated password has 24 characters, and no two allowed characters look alike', () => {
  expect(generatePassword()).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
});
