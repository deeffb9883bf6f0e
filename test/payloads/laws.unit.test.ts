// Tests properties that every payload must satisfy.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hidingKeys, maskedPayload } from '../../src/payloads/masking/masking.ts';
import { partsOf } from '../../src/payloads/references/expressions.ts';
import { findReferences, secretNames } from '../../src/payloads/references/references.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../src/primitives/json.ts';
import { resolving } from './resolving.ts';

const archived = (payload: Json, keys: ReadonlySet<string>): Json => maskedPayload(payload, { keys, values: [] });

const NAMES = ['a', 'token', 'x_1-y'];
const REFERENCE = fc.constantFrom(...NAMES).map((name) => `\${workflow.secrets.${name}}`);
/** Generates fragments that are relevant for the parser, and arbitrary text. */
const PIECE = fc.oneof(
  fc.constantFrom(
    '${',
    '$${',
    '}',
    '$',
    '$ {',
    '${workflow.secrets.',
    '${ workflow.secrets',
    '${workflow.input.x}',
    '${t.output.y}',
    '***',
    '.',
    '\\',
    '"',
    '%',
    '+',
    ' ',
  ),
  REFERENCE,
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const TEXT = fc.array(PIECE, { maxLength: 6 }).map((pieces) => pieces.join(''));
const KEY = fc.oneof(fc.constantFrom('_secrets', '_masked', 'ssn', '__proto__'), TEXT, fc.string({ maxLength: 4 }));

/** Generates JSON that looks like the output of the parser, including a JSON field `__proto__`. */
function jsonOf(leaf: fc.Arbitrary<string>, key: fc.Arbitrary<string> = KEY): fc.Arbitrary<Json> {
  const { json } = fc.letrec<{ json: string }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf.map((text) => JSON.stringify(text)),
      fc
        .oneof(fc.boolean(), fc.constant(null), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
        .map((one) => JSON.stringify(one)),
      fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
      fc
        .uniqueArray(fc.tuple(key, tie('json')), { maxLength: 4, selector: ([name]) => name })
        .map((members) => `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`),
    ),
  }));
  return json.map(parseJson);
}

const isContainer = (json: Json): json is Json[] | JsonObject => Array.isArray(json) || isJsonObject(json);

describe('resolving a randomly generated payload', () => {
  const secretsOf = (value: string) => Object.fromEntries(NAMES.map((name) => [name, value]));

  test('resolving inserts secret values and workflow input unchanged, and resolves no reference within them', () => {
    fc.assert(
      fc.property(TEXT, TEXT, fc.constantFrom('', '<'), (value, sent, before) => {
        const payload = [`${before}\${workflow.secrets.token}`, `${before}\${workflow.input.x}`];
        const outcome = resolving(payload, { secrets: secretsOf(value), input: { x: sent } });
        expect(outcome).toEqual({ gives: [before + value, before + sent] });
      }),
    );
  });

  test('if a payload contains no reference, resolving returns the same object', () => {
    const plain = jsonOf(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('${', '{')));
    fc.assert(
      fc.property(plain, (payload) => {
        const outcome = resolving(payload, { secrets: {} });
        if ('refused' in outcome) expect(outcome.refused.every(([, problem]) => problem === 'ARCHIVED')).toBe(true);
        else expect(outcome.gives).toBe(payload);
      }),
    );
  });

  test('resolving changes only strings of a payload, and preserves the order of JSON fields', () => {
    const shapeOf = (json: Json): unknown => {
      if (Array.isArray(json)) return json.map(shapeOf);
      if (isJsonObject(json)) return Object.keys(json).map((key) => [key, shapeOf(json[key] as Json)]);
      return typeof json === 'string' ? 'text' : json;
    };
    fc.assert(
      fc.property(jsonOf(TEXT), (payload) => {
        const outcome = resolving(payload, { secrets: secretsOf('value') });
        if ('gives' in outcome) expect(shapeOf(outcome.gives)).toEqual(shapeOf(payload));
      }),
    );
  });

  test('resolving does not change an expression that refers neither to a secret nor to workflow input', () => {
    const other = fc.constantFrom(
      '${t.output.y}',
      '${workflow.env.a}',
      '${workflow.secretsauce}',
      '${a.${b.c}}',
      '${}',
      '${x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(other, REFERENCE), { minLength: 1, maxLength: 5 }), (pieces) => {
        fc.pre(!pieces.slice(0, -1).includes('${x'));
        const outcome = resolving([pieces.join('')], { secrets: secretsOf('v') });
        const expected = pieces.map((piece) => (piece.startsWith('${workflow.secrets.') ? 'v' : piece)).join('');
        expect(outcome).toEqual({ gives: [expected] });
      }),
    );
  });

  test('resolving replaces an escaped expression by the literal expression with one dollar sign less', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(REFERENCE, fc.constantFrom('${a}', 'x')), { maxLength: 5 }), (pieces) => {
        const text = pieces.join('');
        expect(resolving([text.replaceAll('${', () => '$${')], { secrets: {} })).toEqual({ gives: [text] });
      }),
    );
  });

  test('a resolved payload never contains a secret value without a reference to this secret in the payload', () => {
    fc.assert(
      fc.property(jsonOf(TEXT), jsonOf(TEXT), (payload, input) => {
        const outcome = resolving(payload, { secrets: { ...secretsOf('used'), unused: 'UNUSED-VALUE' }, input });
        expect(JSON.stringify(outcome)).not.toContain('UNUSED-VALUE');
      }),
    );
  });

  test('if only the workflow input contains a reference to a secret, the resolved payload does not contain the secret value', () => {
    fc.assert(
      fc.property(jsonOf(TEXT), (input) => {
        const payload = ['${workflow.input}', 'a ${workflow.input.a} b'];
        const outcome = resolving(payload, { secrets: secretsOf('VALUE-OF-A-SECRET'), input });
        expect(JSON.stringify(outcome)).not.toContain('VALUE-OF-A-SECRET');
      }),
    );
  });
});

test('if a text is composed of parts, parsing the text returns the same parts', () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      const parts = partsOf(text);
      const written = parts.map((part) => (typeof part === 'string' ? part.replaceAll('${', () => '$${') : part.text));
      expect(partsOf(written.join(''))).toEqual(parts);
      expect(parts.some((part, i) => typeof part === 'string' && typeof parts[i + 1] === 'string')).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

describe('malformed references to a secret', () => {
  const NOTHING = fc.constantFrom('', '', ' ', '\t', '\n', '\u200b', '\ufeff', '\u00ad');
  const wordOf = (word: string) =>
    fc.constantFrom(word, word, word.toUpperCase(), [...word].join('\u200b')).chain((one) =>
      fc.constantFrom(
        one,
        one.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
      ),
    );
  const SIGN = fc.constantFrom(
    '.',
    '.',
    ' . ',
    "['",
    '["',
    '．',
    '\u2024',
    '\u3002',
    ':',
    '/',
    ',',
    ' ',
    '?.',
    '->',
    '\\',
    '<',
    '\u3164',
  );
  const BEFORE_NAME = fc.oneof(SIGN, fc.constantFrom('.$', '.{', '.ä', '.$$$', '.${'));
  /** Malformed and well-formed spellings of a reference. docs/workflows.md describes these spellings. */
  const meant = fc
    .tuple(
      fc.tuple(NOTHING, fc.oneof(NOTHING, SIGN), wordOf('workflow'), NOTHING, SIGN, NOTHING),
      fc.tuple(wordOf('secrets'), fc.oneof(SIGN, BEFORE_NAME)),
      fc.constantFrom('}', ' }', "']}", '', ' '),
    )
    .map(
      ([[a, b, workflow, c, sign, d], [secrets, then], end]) =>
        `$${a}{${b}${workflow}${c}${sign}${d}${secrets}${then}NAME${end}`,
    );

  test('a malformed reference is detected at any position in a text, and masking hides the secret whose name it contains', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'Bearer ', '{"a": "', '${x} '),
        meant,
        fc.constantFrom('', ' more', '"}'),
        (before, text, after) => {
          const found = findReferences([before + text + after], 'payload', 'CERTAIN');
          expect(found.references.map(({ name, problem }) => (problem === null ? name : problem))).toEqual([
            expect.stringMatching(/^(NAME|MALFORMED)$/),
          ]);
          expect(secretNames([before + text + after], 'payload').names).toEqual(['NAME']);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('a text without the word secret never contains a malformed reference', () => {
    const word = fc.constantFrom(
      'workflow',
      '.',
      'secre',
      'input',
      ' ',
      '\u200b',
      '${',
      '$ {',
      '}',
      '"',
      't.output',
      '＄｛',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        fc.pre(!/secret/i.test(words.join('').replaceAll('\u200b', '')));
        expect(findReferences([words.join('')], 'payload', 'CERTAIN').references).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Masking hides these strings everywhere, because a hidden JSON field contains them. */
const LONG = fc.constantFrom('tok-12345-abcdef', 'p@ss "w/rd\\', 'grüße 😀 ok', '12345678', 'a\nb c\td "e"');
/**
 * Ways to encode one string within another string. Masking must find a string in each encoding, and in each
 * combination of two encodings.
 */
const WRITTEN: ((text: string) => string)[] = [
  (text) => text,
  (text) => `Bearer ${text};`,
  (text) => JSON.stringify({ a: text }),
  (text) => JSON.stringify(JSON.stringify([text])),
  (text) => `q=${encodeURIComponent(text)}&x`,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('hex'),
];
/** Generates JSON with long strings in hidden JSON fields and in visible JSON fields, and with JSON inside strings. */
function mixedJson(): fc.Arbitrary<Json> {
  const long = fc.tuple(LONG, fc.constantFrom(...WRITTEN)).map(([text, write]) => write(text));
  const inner = jsonOf(fc.oneof(LONG, long, fc.constantFrom('x', '***')), KEY);
  const asText = fc
    .tuple(inner, fc.constantFrom('', 'got '), fc.constantFrom('', ' so', ',"ssn":', '}'), fc.nat(2), fc.boolean())
    .map(([json, before, after, level, spaced]) => {
      let text = JSON.stringify(json, null, spaced ? 1 : 0);
      for (let i = 0; i < level; i++) text = JSON.stringify({ ssn2: text });
      return before + text + after;
    });
  return jsonOf(fc.oneof({ weight: 2, arbitrary: long }, { weight: 2, arbitrary: asText }, TEXT, LONG), KEY);
}
/** Returns all strings and numbers in the JSON fields `keys`, both in the payload and in strings that contain JSON. */
function textsUnder(json: Json, keys: ReadonlySet<string>, below = false): string[] {
  if (typeof json === 'string') {
    let parsed: Json | undefined;
    try {
      parsed = /^["[{]/.test(json) ? (JSON.parse(json) as Json) : undefined;
    } catch {}
    return [...(below ? [json] : []), ...(parsed === undefined ? [] : textsUnder(parsed, keys, below))];
  }
  if (Array.isArray(json)) return json.flatMap((item) => textsUnder(item, keys, below));
  if (!isJsonObject(json))
    return below && JSON.stringify(json).replace(/\D/g, '').length >= 8 ? [JSON.stringify(json)] : [];
  return Object.keys(json).flatMap((key) => textsUnder(json[key] as Json, keys, below || keys.has(key)));
}

describe('archiving a randomly generated payload', () => {
  const fields = fc.subarray(['ssn', 'a', '__proto__']);

  test('archiving an archived payload changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(jsonOf(TEXT), mixedJson()), fields, (payload, given) => {
        const keys = hidingKeys(given, ['_secrets']);
        const kept = archived(payload, keys);
        expect(JSON.stringify(archived(kept, keys))).toBe(JSON.stringify(kept));
      }),
      { numRuns: 500 },
    );
  });

  test('archiving replaces the content of hidden JSON fields, and does not change the rest of the payload', () => {
    fc.assert(
      fc.property(jsonOf(TEXT), fields, (payload, given) => {
        const keys = hidingKeys(given, ['_secrets']);
        fc.pre(textsUnder(payload, keys).every((text) => text.length < 8));
        const check = (before: Json, after: Json): void => {
          if (!isContainer(before)) {
            expect(after).toBe(before);
            return;
          }
          expect(Object.keys(after as object)).toEqual(Object.keys(before));
          for (const key of Object.keys(before)) {
            const [was, is] = [before, after].map((one) => (one as JsonObject)[key] as Json) as [Json, Json];
            if (!Array.isArray(before) && keys.has(key)) expect(is).toBe('***');
            else check(was, is);
          }
        };
        check(payload, archived(payload, keys));
      }),
    );
  });

  test('if a hidden JSON field contains a long string, archiving removes the string from the complete payload, in any encoding', () => {
    fc.assert(
      fc.property(mixedJson(), fields, (payload, given) => {
        const keys = hidingKeys(given, ['_secrets']);
        const kept = JSON.stringify(archived(payload, keys));
        for (const text of textsUnder(payload, keys)) {
          // A string that consists of a single expression stays visible. Asterisks look like a mask.
          if (text.length < 8 || text.includes('***') || text.includes('${')) continue;
          const base64 = Buffer.from(text).toString('base64');
          for (const written of [text, encodeURIComponent(text), base64, Buffer.from(text).toString('hex')])
            expect(kept).not.toContain(JSON.stringify(written).slice(1, -1));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('if a payload contains nothing to hide, archiving returns the argument itself and not a copy', () => {
    fc.assert(
      fc.property(jsonOf(fc.string({ unit: 'grapheme' }), fc.string()), (payload) => {
        expect(archived(payload, new Set(['no such key']))).toBe(payload);
      }),
    );
  });

  test('if a string contains JSON, archiving removes the content of its hidden JSON fields, and the JSON remains valid', () => {
    fc.assert(
      fc.property(jsonOf(fc.constantFrom('x', 'y "z"', '1')), fields, fc.nat(3), (json, given, level) => {
        const keys = hidingKeys(given, ['_secrets']);
        // The test excludes long strings and numbers, because masking searches for them everywhere. If a string
        // contains many escapes, the result is not specified.
        fc.pre(textsUnder(json, keys).every((one) => one.length < 8));
        let text = JSON.stringify(json);
        for (let i = 0; i < level; i++) text = JSON.stringify(text);
        let kept = archived([text], keys) as Json;
        kept = (kept as string[])[0] as Json;
        for (let i = 0; i <= level; i++) kept = JSON.parse(kept as string) as Json;
        expect(JSON.stringify(kept)).toBe(JSON.stringify(archived(json, keys)));
      }),
    );
  });
});

describe('masking a randomly generated payload', () => {
  /** Generates values of 8 or more letters and digits with signs between them. Masking hides other values only between signs. */
  const VALUE = fc
    .tuple(
      fc.array(
        fc.oneof(
          fc.constantFrom('"', '\\', '+', ' ', '/', '\n', '*', '=', '!', '$', '(', ';'),
          fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'),
          fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'),
        ),
        { minLength: 14, maxLength: 24 },
      ),
      fc.constantFrom('a7', 'x4Q', '9k'),
    )
    .map(([signs, mixed]) => mixed + signs.join(''))
    .filter((value) => value.replace(/[^a-z\d]/gi, '').length >= 8);
  const AROUND = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => text.isWellFormed());

  const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  const html = (text: string) => text.replace(/[&<>"']/g, (sign) => HTML[sign]!);
  const inNumbers = (text: string, of: (point: number) => string) =>
    [...text].map((sign) => of(sign.codePointAt(0)!)).join('');
  /** Encodes form data as a web page in Latin-1 does. Characters outside Latin-1 are encoded in UTF-8. */
  const latin1 = (text: string) =>
    /[\u0100-\uffff]/.test(text)
      ? encodeURIComponent(text)
      : text.replace(/[^\w.~!'()*-]/g, (sign) => `%${Buffer.from(sign, 'latin1').toString('hex').toUpperCase()}`);
  const inLines = (text: string, width: number, indent = '') =>
    (
      Buffer.from(text)
        .toString('base64')
        .match(new RegExp(`.{1,${width}}`, 'g')) ?? []
    ).join(`\n${indent}`);

  const ENCODINGS: Record<string, (value: string, before: string, after: string) => string> = {
    'as it is': (value, before, after) => before + value + after,
    'as JSON': (value, before, after) => JSON.stringify({ [before]: value, after }),
    'as JSON within JSON': (value, before, after) => JSON.stringify(JSON.stringify([before, value, after])),
    'with every character escaped': (value) =>
      [...Array(value.length).keys()].map((i) => `\\u${value.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
    'URL-encoded': (value, before, after) =>
      `https://x/?${encodeURIComponent(before)}=${encodeURIComponent(value)}&${encodeURIComponent(after)}`,
    'URL-encoded in small letters': (value) => encodeURIComponent(value).replace(/%../g, (byte) => byte.toLowerCase()),
    'as a form': (value, before, after) => new URLSearchParams({ before, value, after }).toString(),
    'in base64': (value, before, after) => Buffer.from(before + value + after).toString('base64'),
    'in base64 for URLs': (value, before, after) => Buffer.from(before + value + after).toString('base64url'),
    'in base64 as part of a URL': (value, before) => encodeURIComponent(Buffer.from(before + value).toString('base64')),
    'in HTML': (value, before, after) => html(`<p title="${before}">${value}</p>${after}`),
    'in HTML, by numbers': (value) => inNumbers(value, (point) => `&#${point};`),
    'in HTML, by hexadecimal numbers': (value) => inNumbers(value, (point) => `&#x${point.toString(16)};`),
    'as bytes in a log': (value) =>
      Buffer.from(value)
        .toString('hex')
        .replace(/../g, (byte) => `\\x${byte}`),
    'URL-encoded as by old browsers': (value, before, after) => `q=${escape(value)}&${escape(before)}=${escape(after)}`,
    'URL-encoded in Latin-1': (value, before, after) => `q=${latin1(value)}&${latin1(before)}=${latin1(after)}`,
    'in base64 of Latin-1': (value, before, after) =>
      // The function `btoa` accepts only Latin-1 characters.
      /[\u0100-\uffff]/.test(before + value + after)
        ? value
        : Buffer.from(before + value + after, 'latin1').toString('base64'),
    'in base64 in lines of 8': (value, before, after) => inLines(before + value + after, 8),
    'in base64 in lines of 64': (value, before, after) => inLines(`${before.repeat(9)}${value}${after}`, 64),
    'in base64 in indented lines of 76': (value, before, after) =>
      inLines(`${before.repeat(9)}${value}${after}`, 76, '    '),
    'in hexadecimal': (value, before, after) => Buffer.from(before + value + after).toString('hex'),
  };

  test.each(Object.keys(ENCODINGS))(
    'a masked payload contains no hidden value, even if the value is encoded: %s',
    (name) => {
      const encode = ENCODINGS[name]!;
      const plain = hidingKeys([], ['_secrets', '_masked']);
      fc.assert(
        fc.property(fc.uniqueArray(VALUE, { minLength: 1, maxLength: 4 }), AROUND, AROUND, (values, before, after) => {
          for (const value of values) {
            const text = encode(value, before, after);
            const payload: Json = { text, list: [text, { [text]: 1 }] };
            const shown = maskedPayload(payload, { keys: plain, values });
            const texts: string[] = [];
            const collect = (json: Json): void => {
              if (typeof json === 'string') texts.push(json);
              else if (isContainer(json))
                for (const [key, child] of Object.entries(json)) {
                  texts.push(key);
                  collect(child as Json);
                }
            };
            collect(shown);
            const alone = encode(value, '', '');
            for (const one of texts) {
              expect(one.includes(value)).toBe(false);
              expect(one.includes(alone)).toBe(false);
            }
          }
        }),
      );
    },
  );

  test('if a payload contains nothing to hide, masking returns the argument itself and not a copy', () => {
    fc.assert(
      fc.property(jsonOf(fc.string({ unit: 'grapheme' }), fc.string()), (payload) => {
        const keys = new Set(['no such key']);
        expect(maskedPayload(payload, { keys, values: ['a value that nothing holds'] })).toBe(payload);
      }),
    );
  });

  test('if a text has several possible readings, masking hides all parts that the workflow definition hides in any reading, and shows the rest', () => {
    const literal = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 3 });
    const gap = fc.record({
      hidden: fc.boolean(),
      value: fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'SECRET'), maxLength: 3 }),
    });
    fc.assert(
      fc.property(literal, fc.array(fc.tuple(gap, literal), { minLength: 1, maxLength: 4 }), (first, rest) => {
        const definition =
          first + rest.map(([{ hidden }, text]) => `\${t.output.${hidden ? 'ssn' : 'name'}}${text}`).join('');
        const made =
          first + rest.map(([{ hidden, value }, text]) => (hidden ? value : value.toLowerCase()) + text).join('');
        const shown = maskedPayload([made], { definition: [definition], keys: new Set(['ssn']), values: [] });
        expect(JSON.stringify(shown)).not.toContain('SECRET');
      }),
    );
  });

  test('masking preserves the order of JSON fields and the JSON type of everything that it does not hide', () => {
    fc.assert(
      fc.property(jsonOf(TEXT, fc.string({ maxLength: 3 })), VALUE, (payload, value) => {
        const shown = maskedPayload(payload, { keys: new Set(), values: [value] });
        const check = (before: Json, after: Json): void => {
          if (after === '***') return;
          expect([typeof after, Array.isArray(after)]).toEqual([typeof before, Array.isArray(before)]);
          if (!isContainer(before)) return;
          expect(Object.keys(after as object).length).toBe(Object.keys(before).length);
          for (const [i, child] of Object.values(before).entries())
            check(child as Json, Object.values(after as object)[i]);
        };
        check(payload, shown);
      }),
    );
  });

  test('if the search for secret values takes too much effort, masking hides the complete payload', () => {
    // A secret value can start at every character of the text.
    const values = Array.from({ length: 40 }, (_, i) => `${'a'.repeat(60_000 - i)}b`);
    const text = 'a'.repeat(900_000);
    expect(maskedPayload([text], { keys: new Set(), values })).toEqual(['***']);
  });
});
