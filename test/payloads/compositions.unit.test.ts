// Prints random secret values through up to three random tools, one after another, and checks what masking still shows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskedPayload } from '../../src/payloads/masking/masking.ts';
import { MASK } from '../../src/sensitive.ts';
import { NODE_PRINTINGS, RULE_PRINTINGS, YAML_PRINTINGS } from './printers.ts';
import { RUN, shownEncoding, skeletonOf } from './skeleton-runs.ts';

/**
 * Printings that this test does not use. A Buffer shows only its first fifty bytes. printings.yaml names the others as printings that masking does not
 * find.
 */
const OTHERS = ['util.inspect of a Buffer', 'JSON of a Uint8Array', 'asciinema frames', 'CSS escapes'];
/** Printings that put signs between the characters. After another printing, they would put the signs into its escape sequences or its base64. */
const FIRST_ONLY = [
  'HTML highlighted by word',
  'terminal colours by word',
  'zero-width spaces',
  'soft hyphens',
  'JavaScript concatenation',
  'wrapped with arrows',
];
const PRINTINGS = Object.entries({ ...NODE_PRINTINGS, ...YAML_PRINTINGS, ...RULE_PRINTINGS }).filter(
  ([name]) => !OTHERS.includes(name),
);

const characters = (alphabet: string) => fc.constantFrom(...alphabet);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const alphabets = [
  '0123456789abcdef',
  LETTERS,
  `${LETTERS}+/`,
  `${LETTERS}-_`,
  `${LETTERS}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`,
  `${LETTERS}äöüßéñçø -_`,
];
/** Three random values of one form, of 24 to 48 characters. Masking hides the first value. The others show what the printing itself writes. */
const sample = fc
  .tuple(fc.constantFrom(...alphabets), fc.integer({ min: 24, max: 48 }))
  .chain(([alphabet, length]) =>
    fc.tuple(
      ...Array.from({ length: 3 }, () =>
        fc.array(characters(alphabet), { minLength: length, maxLength: length }).map((all) => all.join('')),
      ),
    ),
  )
  .filter((values) => values.every((value) => skeletonOf(value).length > RUN + 4));
const LATER = PRINTINGS.filter(([name]) => !FIRST_ONLY.includes(name));
const steps = fc
  .tuple(fc.constantFrom(...PRINTINGS), fc.array(fc.constantFrom(...LATER), { maxLength: 2 }))
  .map(([first, others]) => [first, ...others]);

test('random values in up to three random printings show no 15 letters or digits in a row after masking, in at least 99 of 100 cases', () => {
  const cases = fc.sample(fc.tuple(sample, steps), { numRuns: 3_000, seed: 16 });
  const shown: string[] = [];
  for (const [values, printings] of cases) {
    const printed = (value: string) => printings.reduce((text, [, print]) => print(text), value);
    const [value = '', ...others] = values;
    const encoded = printed(value);
    // The letters and digits that encode the last letters and digits of the value.
    const shorter = value.slice(0, endOf(value));
    const length = Math.max(RUN, skeletonOf(encoded).length - skeletonOf(printed(shorter)).length);
    const masked = maskedPayload(encoded, { keys: new Set(), values: [value] }) as string;
    const found = shownEncoding(masked, { encoded, length, frame: others.map(printed) });
    if (found !== undefined) shown.push(`${printings.map(([name]) => name).join(' | ')} | ${value}`);
  }
  expect({ most: cases.length / 100, shown: shown.length, examples: shown.slice(0, 30) }).toEqual({
    most: cases.length / 100,
    shown: Math.min(shown.length, cases.length / 100),
    examples: expect.any(Array),
  });
}, 120_000);

/** Returns the position before the last 15 letters and digits. */
function endOf(value: string): number {
  let at = value.length;
  while (at > 0 && skeletonOf(value.slice(at)).length < RUN) at--;
  return at;
}

test('masking returns a printed text as it is, if the text contains no secret value', () => {
  fc.assert(
    fc.property(sample, steps, ([value = '', ...others], printings) => {
      const text = printings.reduce((text, [, print]) => print(text), others.join('\n'));
      fc.pre(!text.includes(MASK));
      // Random values can be equal, or share a part.
      const parts = Array.from({ length: value.length - 7 }, (_, i) => value.slice(i, i + 8));
      fc.pre(others.every((other) => !parts.some((part) => other.includes(part))));
      const payload = { text, list: [text.slice(0, 100), 1, null] };
      expect(maskedPayload(payload, { keys: new Set(), values: [value] })).toBe(payload);
    }),
    { numRuns: 300, seed: 16 },
  );
});
