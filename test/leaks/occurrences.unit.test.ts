import fc from 'fast-check';
import { expect, test } from 'vitest';
import { occurrences } from '../support/occurrences.ts';

const found = (text: string, values: string[]) => occurrences(Buffer.from(text), values).map(({ value }) => value);

test('the leak search finds secret values at both ends of a text, within each other, overlapping, and in any script', () => {
  const values = [
    'snt-value-01',
    'snt-value-012',
    'value-01',
    '01|schlüssel',
    'schlüssel✓',
    'snt-value-99',
    '✓',
    'hunter2',
  ];
  expect(found('snt-value-012|snt-value-01|schlüssel✓', values).sort()).toEqual(
    values.filter((value) => !['snt-value-99', 'hunter2'].includes(value)).sort(),
  );
  expect(found('snt-value-0', values)).toEqual([]);
});

test('the result of the leak search shows the found value and the text before its first occurrence', () => {
  expect(occurrences(Buffer.from(`${'-'.repeat(400)}x-12345678 x-12345678`), ['x-12345678'])).toEqual([
    { value: 'x-12345678', context: `${'-'.repeat(300)}x-12345678` },
  ]);
});

test('one leak search for all values finds the same values as a separate search for each value', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(letters), fc.array(letters), (values, texts) => {
      const text = texts.join('');
      expect(found(text, values).sort()).toEqual([...new Set(values)].filter((value) => text.includes(value)).sort());
    }),
  );
});
