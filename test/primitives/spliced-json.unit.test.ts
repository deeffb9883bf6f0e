// Changed JSON is written into its source.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject, parseJson, setMember } from '../../src/primitives/json.ts';
import { splicedJson } from '../../src/primitives/spliced-json.ts';

/** Replaces the texts that `isChanged` selects. Shares everything that is unchanged. */
function changed(json: Json, isChanged: (text: string) => boolean): Json {
  if (typeof json === 'string') return isChanged(json) ? '***' : json;
  if (Array.isArray(json)) {
    const items = json.map((item) => changed(item, isChanged));
    return items.every((item, i) => item === json[i]) ? json : items;
  }
  if (!isJsonObject(json)) return json;
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(json)) setMember(result, name, changed(value, isChanged));
  return Object.keys(json).every((name) => result[name] === json[name]) ? json : result;
}

test('the spliced text is the changed JSON', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), fc.integer({ min: 1, max: 3 }), (text, space, every) => {
      const source = JSON.stringify(JSON.parse(text), null, space);
      const before = parseJson(source);
      let count = 0;
      const after = changed(before, () => ++count % every === 0);
      const spliced = splicedJson(source, before, after);
      expect(JSON.stringify(parseJson(spliced))).toBe(JSON.stringify(after));
      if (after === before) expect(spliced).toBe(source);
    }),
  );
});

test.each([
  [
    '{ "a" : 1.0, "b":"x", "2": 1e3,"1":[ "x" , 12345678901234567890 ] }',
    '{ "a" : 1.0, "b":"***", "2": 1e3,"1":[ "***" , 12345678901234567890 ] }',
  ],
  ['["\\u0041\\\\","x","\\"]"]', '["\\u0041\\\\","***","\\"]"]'],
  [' "x" ', ' "***" '],
  ['{"__proto__":"x","\\u0061":"x"}', '{"__proto__":"***","\\u0061":"***"}'],
  ['{"k":{"a":"x","a":"x"},"n":1.0}', '{"k":{"a":"***"},"n":1.0}'],
])('everything unchanged keeps its bytes: %s', (source, expected) => {
  const before = parseJson(source);
  expect(
    splicedJson(
      source,
      before,
      changed(before, (text) => text === 'x'),
    ),
  ).toBe(expected);
});

test('an object with a changed name is written anew', () => {
  const source = '{"n":1.0,"o":{"name":"v", "b":2}}';
  const before = parseJson(source) as JsonObject;
  expect(splicedJson(source, before, { n: 1, o: { '***': 'v', b: 2 } })).toBe('{"n":1.0,"o":{"***":"v","b":2}}');
});
