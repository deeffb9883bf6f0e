// Tests payloads that try to take a long time, or to reveal text that masking hides. Each test ends long before its
// timeout.
import { describe, expect, test } from 'vitest';
import { hidingKeys, maskedPayload } from '../../src/payloads/masking/masking.ts';
import { checkShape, findReferences, secretNames } from '../../src/payloads/references/references.ts';
import type { Json } from '../../src/primitives/json.ts';
import { MASK } from '../../src/sensitive.ts';
import { tryParseJson } from '../../src/worker/try-parse-json.ts';
import { resolving } from './resolving.ts';

const archived = (payload: Json, keys: ReadonlySet<string>): Json => maskedPayload(payload, { keys, values: [] });

const keys = new Set(['_secrets']);

test('comparing a workflow definition with a text takes linear time, even if the literals of the workflow definition match nearly everywhere', () => {
  const literal = `${'a'.repeat(200_000)}b`;
  const definition = { x: `\${t.output._secrets.q}${literal}\${t.output._secrets.q}` };
  const payload = { x: literal + 'a'.repeat(400_000) };
  expect(maskedPayload(payload, { definition, keys, values: [] })).toEqual({ x: `${MASK}${literal}${MASK}` });
});

test('masking takes linear time to find the last position of a literal from the workflow definition', () => {
  const definition = { x: 'a ${t.output._secrets.q} b ${t.output.p} b ${t.output.r}' };
  const masked = maskedPayload({ x: 'a 1 b 2 b 3 b 4' }, { definition, keys, values: [] });
  expect(masked).toEqual({ x: `a ${MASK} b 3 b 4` });
});

test('if a value could start nearly everywhere in a text, masking quickly hides every long part of the value', () => {
  const value = 'a'.repeat(65_535);
  const text = `${'a'.repeat(65_534)}b`.repeat(4);
  const shown = { text: `${MASK}b`.repeat(4), other: MASK };
  expect(maskedPayload({ text, other: value }, { keys, values: [value] })).toEqual(shown);
});

test('masking searches a text for JSON field names only once, for any number of field names and any share of JSON in the text', () => {
  const texts = [
    '"_secrets":{'.repeat(80_000),
    '"_secrets":"a",'.repeat(60_000),
    '"'.repeat(900_000),
    '":'.repeat(400_000),
  ];
  const [open, many, ...none] = maskedPayload(texts, { keys, values: [] }) as string[];
  expect(open).toBe('"_secrets":"***"');
  expect(many).toBe('"_secrets":"***",'.repeat(60_000));
  expect(none).toEqual(texts.slice(2));
});

test('if a text with too many levels of escapes may contain a hidden JSON field, masking hides the complete text', () => {
  const backslashes = '\\'.repeat(600);
  const texts = [`${backslashes}"_secrets":1`, '\\u005cu005c'.repeat(80_000), `${backslashes}x`];
  expect(maskedPayload(texts, { keys, values: [] })).toEqual([MASK, MASK, texts[2]]);
});

test('masking hides ten thousand different strings of a masked field everywhere, and hides no other string', () => {
  const list = <T>(of: (i: number) => T): T[] => Array.from({ length: 10_000 }, (_, i) => of(i));
  const ssn = (i: number) => `078-05-${100_000 + i}`;
  const token = 'tok-5f2c9a77';
  const payload = {
    customers: list((i) => ({ id: i, ssn: ssn(i), name: `Customer ${i}` })),
    calls: list((i) => `called%20${ssn(i)}`),
    // These strings have the same beginning as the hidden strings.
    others: list((i) => `078-05-${200_000 + i}`),
    text: 'Ring twice, please. '.repeat(5_000),
    // Masking searches for every encoding of this string, even after it has searched for many other strings.
    base64: Buffer.from(token).toString('base64'),
    _secrets: { token },
  };
  const shown = {
    ...payload,
    customers: payload.customers.map((customer) => ({ ...customer, ssn: MASK })),
    calls: list(() => `called%20${MASK}`),
    base64: MASK,
    _secrets: MASK,
  };
  const all = hidingKeys(['ssn'], ['_secrets']);
  expect(maskedPayload(payload, { keys: all, values: ['hunter22'] })).toEqual(shown);
  expect(archived(payload, all)).toEqual(shown);
});

test('if forty thousand hidden strings share a short beginning, masking does not hide a different string with the same beginning', () => {
  const text = (i: number) => `customers/${100_000 + i}`;
  const payload = {
    _secrets: Array.from({ length: 40_000 }, (_, i) => text(2 * i)),
    others: Array.from({ length: 20_000 }, (_, i) => text(2 * i + 1)),
    one: text(4_000),
  };
  expect(archived(payload, keys)).toEqual({ ...payload, _secrets: MASK, one: MASK });
});

test('masking hides a number that equals a short secret value, and shows a number that only contains the value', () => {
  const payload = { n: 482, t: '482', m: 14_825 };
  expect(maskedPayload(payload, { keys, values: ['482'] })).toEqual({ n: MASK, t: MASK, m: 14_825 });
});

test('if a masked payload is nested too deeply, masking returns the payload as a single string', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(tryParseJson(deep)).toBeUndefined();
  expect(tryParseJson('[[1]]')).toEqual([[1]]);
});

test('if resolving writes an object of a secret value into a string as JSON, masking hides this JSON', () => {
  const value = '{"pin": "482", "tags": ["ab", "cd"], "none": []}';
  const payload = { y: 'y={"pin":"482","tags":["ab","cd"],"none":[]}', z: '[] stays' };
  expect(maskedPayload(payload, { keys, values: [value] })).toEqual({ y: `y=${MASK}`, z: '[] stays' });
});

test('masking hides a complete text with too many levels of escapes, and does not change a text with a few escapes if it contains no secret value', () => {
  const value = 'correct "horse" battery staple, and more of the same';
  let deep = value;
  for (let level = 0; level < 7; level++) deep = JSON.stringify(deep);
  const many = `C:\\\\\\\\temp 100%2525 a+b\n${encodeURIComponent(JSON.stringify(value)).replaceAll('%20', '+')}`;
  const usual = 'C:\\temp 100%25 of "a+b"\nin the second line';
  const masked = maskedPayload({ deep, many, usual }, { keys, values: [value] });
  expect(masked).toEqual({ deep: MASK, many: expect.not.stringContaining('battery'), usual });
});

test('masking takes linear time to hide a short value that occurs a hundred thousand times in one string', () => {
  const payload = 'hunter22 '.repeat(100_000);
  expect(maskedPayload(payload, { keys, values: ['hunter22'] })).toBe(`${MASK} `.repeat(100_000));
});

test('masking hides a string with too many levels of escapes and three hundred thousand zero characters', () => {
  const payload = `%${'25'.repeat(10)}\0`.repeat(300_000);
  expect(maskedPayload(payload, { keys, values: ['a-hidden-value'] })).toBe(`${MASK}\0`.repeat(300_000));
});

test('masking hides every string of a secret value with very many strings, and shows all other strings', () => {
  const value = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => `text-number-${i}`));
  const payload = { text: 'a'.repeat(200), list: [true, null, 'x text-number-19999 y', 'text-other-20000'] };
  const shown = { text: payload.text, list: [true, null, `x ${MASK} y`, 'text-other-20000'] };
  expect(maskedPayload(payload, { keys, values: [value] })).toEqual(shown);
});

test('masking hides the short strings of a secret value with very many short strings, where they are complete strings', () => {
  const short = (i: number) => String.fromCharCode(0x4e00 + (i % 20_000), 0x61 + Math.floor(i / 20_000));
  const value = JSON.stringify(Array.from({ length: 120_000 }, (_, i) => short(i)));
  expect(maskedPayload(['a text', short(7), `x ${short(7)}`], { keys, values: [value] })).toEqual([
    'a text',
    MASK,
    `x ${short(7)}`,
  ]);
});

describe('JSON that is nested a hundred thousand levels deep', () => {
  const LEVELS = 100_000;
  const nested = (inner: string) => `${'['.repeat(LEVELS)}${inner}${']'.repeat(LEVELS)}`;
  const token = 'tok-8f31c2d97ab04e56';

  test('if a secret value is deeply nested JSON, masking hides it and every string and number in it', () => {
    const value = nested(`{"token":"${token}","list":["ab","cd"],"number":12345678901234567890}`);
    const payload = { token: `a ${token}`, list: ['ab', 'x=["ab"]'], n: '12345678901234567890', other: 'b' };
    const shown = { token: `a ${MASK}`, list: [MASK, 'x=["ab"]'], n: MASK, other: 'b' };
    expect(maskedPayload(payload, { keys, values: [value] })).toEqual(shown);
    expect(maskedPayload(value, { keys, values: [value] })).toBe(MASK);
  });

  test('if a hidden JSON field contains deeply nested JSON, masking hides this JSON and copies of its strings everywhere', () => {
    const text = nested(`"${token}"`);
    expect(archived({ _secrets: text, again: token }, keys)).toEqual({ _secrets: MASK, again: MASK });
    expect(JSON.stringify(archived([`{"_secrets":${text}}`, token], keys))).not.toContain(token);
  });

  test('resolving refuses to insert a deeply nested part of a secret value, even into a string', () => {
    const given = { secrets: { deep: `{"a":${nested('1')},"b":"shallow"}` } };
    const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'payload' });
    for (const payload of ['${workflow.secrets.deep.a}', '<${workflow.secrets.deep.a}>'])
      expect(() => resolving(payload, given)).toThrow(refusal);
    expect(resolving('${workflow.secrets.deep.b}', given)).toEqual({ gives: 'shallow' });
  });

  test('every payload operation refuses a deeply nested payload', () => {
    const payload = JSON.parse(nested('"${workflow.secrets.a}"')) as Json;
    const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'payload' });
    expect(() => findReferences(payload, 'payload', 'ALL')).toThrow(refusal);
    expect(() => secretNames(payload, 'payload')).toThrow(refusal);
    expect(() => checkShape(payload, 'payload')).toThrow(refusal);
  });
});
