// Payloads made to take long, or to be told from what is hidden. Each ends well before its test's time is over.
import { expect, test } from 'vitest';
import { parsed } from '../../src/commands/worker/parsed.ts';
import { maskedPayload } from '../../src/payloads/masking.ts';
import { MASK } from '../../src/sensitive.ts';

const keys = new Set(['_secrets']);

test('a definition whose literals nearly stand everywhere is laid over a text in time linear in both', () => {
  const literal = `${'a'.repeat(200_000)}b`;
  const definition = { x: `\${t.output._secrets.q}${literal}\${t.output._secrets.q}` };
  const payload = { x: literal + 'a'.repeat(400_000) };
  expect(maskedPayload(payload, { definition, keys, values: [] })).toEqual({ x: `${MASK}${literal}${MASK}` });
});

test('the latest place of a literal is found from the end', () => {
  const definition = { x: 'a ${t.output._secrets.q} b ${t.output.p} b ${t.output.r}' };
  const masked = maskedPayload({ x: 'a 1 b 2 b 3 b 4' }, { definition, keys, values: [] });
  expect(masked).toEqual({ x: `a ${MASK} b 3 b 4` });
});

test('a text that begins a value nearly everywhere is hidden whole before it takes long', () => {
  const value = 'a'.repeat(65_535);
  const text = `${'a'.repeat(65_534)}b`.repeat(4);
  expect(maskedPayload({ text, other: value }, { keys, values: [value] })).toEqual({ text: MASK, other: MASK });
});

test('a text is searched for keys once, however often it has them and however little of it is JSON', () => {
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

test('a text of more levels of escapes than anybody writes is hidden whole where it may name a key', () => {
  const backslashes = '\\'.repeat(600);
  const texts = [`${backslashes}"_secrets":1`, '\\u005cu005c'.repeat(80_000), `${backslashes}x`];
  expect(maskedPayload(texts, { keys, values: [] })).toEqual([MASK, MASK, texts[2]]);
});

test('more texts below keys than can be looked for are refused, and not if nothing is long enough for them', () => {
  const texts = Array.from({ length: 2_001 }, (_, i) => `text number ${i}`);
  const act = (other: string) => maskedPayload({ _secrets: texts, other }, { keys, values: [] });
  expect(() => act('x'.repeat(100))).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'payload' }));
  expect(act('x')).toMatchObject({ _secrets: MASK, other: 'x' });
});

test('a number that is a short value is hidden, and a number that has it in itself is not', () => {
  const payload = { n: 482, t: '482', m: 14_825 };
  expect(maskedPayload(payload, { keys, values: ['482'] })).toEqual({ n: MASK, t: MASK, m: 14_825 });
});

test('an answer nested beyond what can be handed on is a text', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(parsed(deep)).toBeUndefined();
  expect(parsed('[[1]]')).toEqual([[1]]);
});

test('an object or a list of a value is hidden where resolving wrote it into a text', () => {
  const value = '{"pin": "482", "tags": ["ab", "cd"], "none": []}';
  const payload = { x: 'x=["ab","cd"]', y: 'y={"pin":"482","tags":["ab","cd"],"none":[]}', z: '[] stays' };
  expect(maskedPayload(payload, { keys, values: [value] })).toEqual({ x: `x=${MASK}`, y: `y=${MASK}`, z: '[] stays' });
});

test('escapes past what is undone hide a text whole; a few of every kind do not', () => {
  const value = 'correct "horse" battery staple, and more of the same';
  let deep = value;
  for (let level = 0; level < 6; level++) deep = JSON.stringify(deep);
  const many = `C:\\\\\\\\temp 100%2525 a+b\n${encodeURIComponent(JSON.stringify(value)).replaceAll('%20', '+')}`;
  const usual = 'C:\\temp 100%25 of "a+b"\nin the second line';
  const masked = maskedPayload({ deep, many, usual }, { keys, values: [value] });
  expect(masked).toEqual({ deep: MASK, many: expect.not.stringContaining('battery'), usual });
});
