// Creates JSON bodies of at most one MiB. Each kind of body is expensive in a different way: to parse, to search or to write.
import { Buffer } from 'node:buffer';
import type { Json } from '../../src/primitives/json.ts';

/** The maximum number of characters of a payload. With this maximum, the whole request fits into a request body of the maximum size. */
const ROOM = 1_020_000;

/** Creates a list with as many copies of `item` as the limit allows. */
export function many<T extends Json>(item: (i: number) => T, room = ROOM): T[] {
  const items: T[] = [];
  for (let left = room; ; ) {
    const next = item(items.length);
    left -= JSON.stringify(next).length + 1;
    if (left < 0) return items;
    items.push(next);
  }
}

const text = (unit: string) => unit.repeat(Math.floor(ROOM / (Buffer.byteLength(JSON.stringify(unit)) - 2)));

function nested(levels: number): Json {
  let json: Json = [];
  for (let i = 1; i < levels; i++) json = [json];
  return json;
}

/** Creates the payloads, by their expensive property. The argument `name` is the name of a secret whose value can be decrypted. */
export function payloads(name: string): Readonly<Record<string, Json>> {
  const made = known.get(name) ?? makePayloads(name);
  known.set(name, made);
  return made;
}

/** The benchmark sends each of these payloads to several GraphQL fields and REST routes. */
const known = new Map<string, Readonly<Record<string, Json>>>();

const makePayloads = (name: string): Readonly<Record<string, Json>> => ({
  'plain text': text('Ring twice, please. '),
  expressions: text('${x}'),
  'separate expressions': many(() => '${x}'),
  'expressions on the input': many(() => '${workflow.input.a}'),
  'unclosed expressions': text('${'),
  'nested expressions': `${'${'.repeat(340_000)}${'}'.repeat(340_000)}`,
  'the maximum number of references': many(() => `\${workflow.secrets.${name}}`).slice(0, 5_000),
  'texts that look like references': text('${ workflow . secre'),
  'invisible characters': `\${${'\u200b'.repeat(340_000)}`,
  'empty texts': many(() => ''),
  'empty objects': many(() => ({})),
  'small numbers': many(() => 1),
  'long numbers': many((i) => i * 1e12 + 0.123),
  'nested lists': many(() => nested(90)),
  keys: Object.fromEntries(many((i) => [`k${i}`, 1] as Json[]) as [string, Json][]),
  'texts below _secrets': { _secrets: many((i) => `secret-${i}`) },
  'JSON inside texts': many((i) => JSON.stringify({ _secrets: { a: `value-${i}` }, b: [i] })),
  'member names in a text': text('"_secrets":{'),
  'URL escapes': text('%25'),
  'JSON escapes': text('\\u0041'),
  backslashes: text('\\\\'),
  'HTML entities': text('&#38;amp;'),
  'base64 in lines': text(`${'QUJD'.repeat(16)}\n`),
  stars: text('***a'),
});
