import fc from 'fast-check';
import { expect, test } from 'vitest';
import { occurrences } from '../support/occurrences.ts';

const found = (text: string, values: string[]) => occurrences(Buffer.from(text), values).map(({ value }) => value);

test('values are found wherever they stand: at both ends, within each other, overlapping, of any script', () => {
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

test('what is told of a value is the text before its first place, and the value', () => {
  expect(occurrences(Buffer.from(`${'-'.repeat(400)}x-12345678 x-12345678`), ['x-12345678'])).toEqual([
    { value: 'x-12345678', context: `${'-'.repeat(300)}x-12345678` },
  ]);
});

test('the same are found as by looking for one after the other', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(letters), fc.array(letters), (values, texts) => {
      const text = texts.join('');
      expect(found(text, values).sort()).toEqual([...new Set(values)].filter((value) => text.includes(value)).sort());
    }),
  );
});
