// Long parts of a payload are masked in slices.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexOfValues, type MaskedPart, maskedPayload, maskingOf } from '../../src/payloads/masking/masking.ts';
import { slicesOf } from '../../src/payloads/masking/slices.ts';
import { type Json, parseJson } from '../../src/primitives/json.ts';

const VALUE = 'a-hidden-value';
const keys = new Set(['_secrets', 'ssn']);
const LEAF = fc.oneof(
  fc.constantFrom(
    VALUE,
    `x ${VALUE} y`,
    'a masked text',
    `\${workflow.secrets.a}`,
    `{"ssn":"a masked text"}`,
    VALUE.slice(2),
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.constant(null),
);
const KEY = fc.oneof(
  fc.constantFrom('_secrets', 'ssn', 'a', 'b', '__proto__', VALUE, `k ${VALUE}`),
  fc.string({ maxLength: 4 }),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    LEAF,
    fc.array(tie('json'), { maxLength: 5 }),
    fc.array(fc.tuple(KEY, tie('json')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const JSON_OF = json.map((value) => parseJson(JSON.stringify(value)));

function maskedInSlices(part: MaskedPart, most: number): Json {
  const masking = maskingOf({ values: indexOfValues([VALUE]) });
  const { slices, join } = slicesOf(part, most);
  for (const slice of slices) masking.collect([slice]);
  const mask = masking.ready();
  return join(slices.flatMap((slice) => mask([slice])));
}

describe('masking in slices', () => {
  test('hides the same as masking the whole payload', () => {
    fc.assert(
      fc.property(
        JSON_OF,
        fc.option(JSON_OF, { nil: undefined }),
        fc.integer({ min: 0, max: 60 }),
        (payload, definition, most) => {
          const whole = maskedPayload(payload, { definition, keys, values: [VALUE] });
          expect(maskedInSlices({ payload, definition, keys }, most)).toEqual(whole);
          const itself = maskedPayload(payload, { definition: payload, keys, values: [VALUE] });
          expect(maskedInSlices({ payload, definition: payload, keys }, most)).toEqual(itself);
        },
      ),
    );
  });

  test('returns the payload itself if nothing is hidden', () => {
    const payload = parseJson('{"a":[1,"two",{"b":"three"}],"c":{"d":[[],{}]}}');
    for (let most = 0; most < 40; most++)
      expect(maskedInSlices({ payload, definition: undefined, keys }, most)).toBe(payload);
  });

  test('splits a long payload', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ id: i, text: 'x'.repeat(90) }));
    const { slices } = slicesOf({ payload: { rows }, definition: undefined, keys }, 10_000);
    expect(slices.length).toBeGreaterThan(10);
    for (const { payload } of slices) expect(JSON.stringify(payload).length).toBeLessThan(13_000);
  });
});
