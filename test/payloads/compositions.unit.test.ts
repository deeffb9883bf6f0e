// Prints random secret values through up to three random tools, one after another, and checks what masking still shows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskedPayload } from '../../src/payloads/masking/masking.ts';
import { MASK } from '../../src/sensitive.ts';
import { NODE_PRINTINGS, RULE_PRINTINGS, YAML_PRINTINGS } from './printers.ts';
import { RUN, shownEncoding, skeletonOf } from './skeleton-runs.ts';

/** This printing shows only the first fifty bytes, so the length of an encoding cannot be measured. */
const SHORTENS = ['util.inspect of a Buffer'];
const PRINTINGS = Object.entries({ ...NODE_PRINTINGS, ...YAML_PRINTINGS, ...RULE_PRINTINGS }).filter(
  ([name]) => !SHORTENS.includes(name),
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
const steps = fc.array(fc.constantFrom(...PRINTINGS), { minLength: 1, maxLength: 3 });

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
    if (found !== undefined) shown.push(`${printings.map(([name]) => name).join(', ')}: ${value}`);
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
      const payload = { text, list: [text.slice(0, 100), 1, null] };
      expect(maskedPayload(payload, { keys: new Set(), values: [value] })).toBe(payload);
    }),
    { numRuns: 300 },
  );
});
