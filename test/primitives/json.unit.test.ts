import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRawNumber, jsonPointer, parseJson } from '../../src/primitives/json.ts';

describe('parsing and serializing JSON', () => {
  test.each([
    ['12345678901234567890', 'more digits than a double has'],
    ['-12345678901234567890', 'a negative number with more digits than a double has'],
    ['0.1000000000000000055511151231257827', 'a fraction of many digits'],
    ['9007199254740993', 'the first whole number that a double cannot represent'],
    ['1e400', 'too great'],
    ['1e-400', 'too small'],
    ['4.9e-324', 'nearly too small'],
  ])('parsing and serializing JSON preserves the notation of the number %s: %s', (number) => {
    const [read] = parseJson(`[${number}]`) as [unknown];
    expect(isRawNumber(read)).toBe(true);
    expect(JSON.stringify({ read })).toBe(`{"read":${number}}`);
  });

  test.each([
    ['1.50', 1.5],
    ['1E3', 1000],
    ['0.0', 0],
    ['0e9', 0],
    ['0.10000000000000000000', 0.1],
    ['123456789012345680000', 123456789012345680000],
    ['5e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ])('JSON parsing converts %s to an ordinary number', (text, number) => {
    expect(parseJson(`[${text}]`)).toEqual([number]);
  });

  test('JSON parsing does not convert a string that looks like a large number', () => {
    expect(parseJson('["a: 12345678901234567890", " 1e400 ", " 12345678901234567.8.9 "]')).toEqual([
      'a: 12345678901234567890',
      ' 1e400 ',
      ' 12345678901234567.8.9 ',
    ]);
  });

  test('parsing and serializing JSON preserves every double', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (numbers) => {
        const text = JSON.stringify(numbers);
        expect(JSON.stringify(parseJson(text))).toBe(text);
        expect((parseJson(text) as unknown[]).some(isRawNumber)).toBe(false);
      }),
    );
  });

  test('parseJson rejects exactly those inputs that JSON.parse rejects', () => {
    for (const text of ['', '{', '[1e]', '01', '[12345678901234567890', '{"a":12345678901234567890x}']) {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    }
  });
});

test('a JSON Pointer contains its special characters in escaped form', () => {
  expect([[], ['a', 0], ['a/b', 'c~d', '']].map(jsonPointer)).toEqual(['', '/a/0', '/a~1b/c~0d/']);
});
