// Checks that masking hides secret values only, and leaves real text as it is.
import { expect, test } from 'vitest';
import { MOST_HIDDEN, overMasking, perMegabyte, sumOf } from '../../bench/over-masking.ts';
import { realLookingSecrets } from '../../bench/real-looking-secrets.ts';
import { maskedPayload } from '../../src/payloads/masking/masking.ts';
import { MASK } from '../../src/sensitive.ts';

test('with a hundred secret values, masking hides at most a hundred characters of a megabyte of real text that contains none of the values', () => {
  const all = overMasking();
  const sum = sumOf(all.values());
  expect(sum.characters).toBeGreaterThan(10_000_000);
  const longest = sum.texts.toSorted((a, b) => b.text.length - a.text.length).slice(0, 10);
  expect({ ok: perMegabyte(sum) <= MOST_HIDDEN, perMegabyte: perMegabyte(sum), longest }).toMatchObject({ ok: true });
}, 120_000);

const unchanged = (value: string) => value;

test.each([
  ['a line of a log', '10:00:02 INFO login of deployer with ', unchanged, ' from 10.20.30.40'],
  ['a query of a URL', 'GET https://example.org/a?first=1&token=', encodeURIComponent, '&page=2'],
  ['JSON in a text', '{"first":["a text",2026],"value":', JSON.stringify, ',"second":"another text","pin":2026}'],
  ['a header in base64', 'authorization: Basic ', (v: string) => Buffer.from(v).toString('base64'), '; next line'],
  ['a command', "curl -u 'deployer:", unchanged, "' --retry 3 https://example.org/orders/2026"],
])('masking hides a value in %s, and nothing before or after the value', (_, before, written, after) => {
  const values = realLookingSecrets(100);
  const wrong = values.flatMap((value) => {
    const shown = maskedPayload(before + written(value) + after, { keys: new Set(), values }) as string;
    // Masking may also hide the signs next to a value, for example quotes.
    const isKept = shown.startsWith(before.replace(/\W+$/, '')) && shown.endsWith(after.replace(/^\W+/, ''));
    return isKept && shown.includes(MASK) ? [] : [`${value.slice(0, 30)}: ${shown.slice(0, 200)}`];
  });
  expect(wrong).toEqual([]);
});
