import fc from 'fast-check';
import { Kind, parseValue, type ValueNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import { DateTimeScalar, JSONScalar, ScalarProblem, SecretValueScalar } from '../../src/graphql/scalars.ts';
import { parseJson } from '../../src/primitives/json.ts';
import { Sensitive } from '../../src/sensitive.ts';

describe('the GraphQL scalar DateTime', () => {
  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00.000Z', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.123456789Z', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00Z'],
    ['2026-01-31T23:30:00-01:30', '2026-02-01T01:00:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('DateTime parses %s and serializes it to %s', (input, output) => {
    expect(DateTimeScalar.serialize(DateTimeScalar.parseValue(input))).toBe(output);
  });

  test.each([
    '2026-01-31',
    '2026-01-31T09:30:00',
    '2026-01-31 09:30:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T09:30:60Z',
    '2026-01-31T09:30:00+24:00',
    '2026-01-31T09:30:00+01:60',
    '2026-01-31T09:30:00.Z',
    '0000-12-31T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+12026-01-31T09:30:00Z',
    ' 2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00Z\n',
    '',
    1_769_851_800,
    null,
    true,
    {},
  ])('DateTime rejects the input %j', (input) => {
    expect(() => DateTimeScalar.parseValue(input)).toThrow(ScalarProblem);
  });

  test('if DateTime parses a time that it serialized, the result is the same time', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        dates,
        (date) => void expect(DateTimeScalar.parseValue(DateTimeScalar.serialize(date))).toEqual(date),
      ),
    );
  });

  test.each([new Date(Number.NaN), '2026-01-31T09:30:00Z', 0, new Date(8.64e15)])(
    'DateTime cannot serialize %j',
    (output) => {
      expect(() => DateTimeScalar.serialize(output)).toThrow(TypeError);
    },
  );

  test('DateTime accepts only string literals in a document', () => {
    expect(DateTimeScalar.parseLiteral(parseValue('"2026-01-31T09:30:00Z"'))).toEqual(new Date('2026-01-31T09:30:00Z'));
    expect(() => DateTimeScalar.parseLiteral(parseValue('2026'))).toThrow(ScalarProblem);
  });
});

describe('the GraphQL scalar SecretValue', () => {
  test('every well-formed string passes unchanged through JSON and SecretValue', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = SecretValueScalar.parseValue(text);
        expect(value).toBeInstanceOf(Sensitive);
        expect(JSON.parse(JSON.stringify(SecretValueScalar.serialize(value)))).toBe(text);
      }),
    );
  });

  test.each([1, true, null, ['x'], { x: 1 }, undefined])('SecretValue rejects the input %j', (input) => {
    expect(() => SecretValueScalar.parseValue(input)).toThrow(ScalarProblem);
  });

  test.each(['1', 'true', 'null', 'hunter2', '["x"]', '{ x: "x" }'])(
    'SecretValue rejects the literal %s',
    (literal) => {
      expect(() => SecretValueScalar.parseLiteral(parseValue(literal))).toThrow(ScalarProblem);
    },
  );

  test('SecretValue accepts string literals and block string literals', () => {
    const read = (node: ValueNode) => (SecretValueScalar.parseLiteral(node) as Sensitive).expose();
    expect(read(parseValue('"a\\u00e4\\n"'))).toBe('aä\n');
    expect(read(parseValue('"""block"""'))).toBe('block');
    expect(read({ kind: Kind.STRING, value: '' })).toBe('');
  });

  test.each(['\ud800', 'a\udc00b', '\udc00\ud800'])(
    'SecretValue rejects a lone surrogate, which UTF-8 cannot encode: %j',
    (text) => {
      expect(() => SecretValueScalar.parseValue(text)).toThrow(ScalarProblem);
    },
  );

  test('SecretValue accepts at most 65,535 code points of any width', () => {
    for (const character of ['x', 'ä', '€', '🏃']) {
      expect(() => SecretValueScalar.parseValue(character.repeat(65_535))).not.toThrow();
      expect(() => SecretValueScalar.parseValue(character.repeat(65_536))).toThrow(ScalarProblem);
    }
  });

  test('SecretValue can serialize only a revealed value or the mask', () => {
    expect(SecretValueScalar.serialize(new Sensitive('v'))).toBe('v');
    expect(SecretValueScalar.serialize('***')).toBe('***');
    for (const output of ['v', '****', '', 1, null, undefined, {}, Buffer.from('v'), { expose: () => 'v' }]) {
      expect(() => SecretValueScalar.serialize(output)).toThrow(TypeError);
    }
  });

  test('if SecretValue rejects an input, its error does not repeat the input', () => {
    for (const input of [['hunter2'], { hunter2: 'hunter2' }, `hunter2\ud800`, 'hunter2'.repeat(10_000)]) {
      expect(() => SecretValueScalar.parseValue(input)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
    }
    expect(() => SecretValueScalar.serialize('hunter2')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});

describe('the GraphQL scalar JSON', () => {
  test('the scalar JSON accepts any value unchanged', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(JSONScalar.parseValue(value)).toBe(value)));
  });

  test('the scalar JSON accepts literals in a document', () => {
    const read = (text: string, variables = {}) => JSONScalar.parseLiteral(parseValue(text), variables);
    expect(read('{ a: [1, 2.5, "x", true, null, { b: $v }], c: $gone }', { v: 3 })).toEqual({
      a: [1, 2.5, 'x', true, null, { b: 3 }],
    });
    expect(Object.keys(read('{ __proto__: { polluted: true } }') as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(() => read('{ a: ENUM }')).toThrow(ScalarProblem);
  });

  test('the scalar JSON accepts at most 100 levels of nesting', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(() => JSONScalar.parseValue(nested(100))).not.toThrow();
    expect(() => JSONScalar.parseValue(nested(102))).toThrow(ScalarProblem);
    expect(() => JSONScalar.parseValue(nested(200_000))).toThrow(ScalarProblem);
  });

  test('the scalar JSON rejects a number that JSON would serialize as null', () => {
    expect(() => JSONScalar.parseValue(JSON.parse('{ "a": [1e999] }'))).toThrow(ScalarProblem);
    expect(() => JSONScalar.parseValue(JSON.parse('1e999'))).toThrow(ScalarProblem);
  });

  test('the scalar JSON preserves the notation of a number that a double cannot represent, in a variable and in a literal', () => {
    const written = '[1e999,-1e999,12345678901234567890]';
    expect(JSON.stringify(JSONScalar.parseValue(parseJson(written)))).toBe(written);
    expect(JSON.stringify(JSONScalar.parseLiteral(parseValue(written)))).toBe(written);
  });
});
