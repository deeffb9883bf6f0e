// JSON bodies of one MiB at most. Each kind of body is expensive in another way: to parse, to search or to write.
import { Buffer } from 'node:buffer';
import type { Json } from '../../src/primitives/json.ts';

/** Characters of a payload, so that the whole request fits into the maximum of a body. */
const ROOM = 1_020_000;

/** A list with the largest number of copies of `item` that the limit allows. */
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

/** Payloads by their expensive property. `name` is the name of a secret whose value decrypts. */
export function payloads(name: string): Readonly<Record<string, Json>> {
  const made = known.get(name) ?? makePayloads(name);
  known.set(name, made);
  return made;
}

/** Several fields and routes receive each of these payloads. */
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
