// Long parts of a payload are masked in steps.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MaskedPart } from '../../src/payloads/masking/alignment.ts';
import { completed, maskedPayload, masking } from '../../src/payloads/masking/masking.ts';
import { indexOfValues } from '../../src/payloads/masking/value-index.ts';
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

/** Masks a part in steps of `most` characters. Returns the masked part and the units of the steps. */
function maskedInSteps(part: MaskedPart, most: number): { masked: Json; units: number[] } {
  const steps = masking([part], { values: completed(indexOfValues([VALUE])), most });
  const units: number[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done) return { masked: step.value[0] as Json, units };
    units.push(step.value);
  }
}

describe('masking in steps', () => {
  test('hides the same as masking the whole payload', () => {
    fc.assert(
      fc.property(
        JSON_OF,
        fc.option(JSON_OF, { nil: undefined }),
        fc.integer({ min: 0, max: 60 }),
        (payload, definition, most) => {
          const whole = maskedPayload(payload, { definition, keys, values: [VALUE] });
          expect(maskedInSteps({ payload, definition, keys }, most).masked).toEqual(whole);
          const itself = maskedPayload(payload, { definition: payload, keys, values: [VALUE] });
          expect(maskedInSteps({ payload, definition: payload, keys }, most).masked).toEqual(itself);
        },
      ),
    );
  });

  test('returns the payload itself if nothing is hidden', () => {
    const payload = parseJson('{"a":[1,"two",{"b":"three"}],"c":{"d":[[],{}]}}');
    for (let most = 0; most < 40; most++)
      expect(maskedInSteps({ payload, definition: undefined, keys }, most).masked).toBe(payload);
  });

  test('searches a long payload in many steps', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ id: i, text: 'x'.repeat(90) }));
    const { units } = maskedInSteps({ payload: { rows }, keys }, 10_000);
    expect(units.length).toBeGreaterThan(10);
    expect(Math.max(...units.slice(2, -1))).toBeLessThan(10_200);
  });
});
