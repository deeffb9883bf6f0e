// JSON of one MiB at most, each of a kind that takes its own work to read, to search or to write.
import { Buffer } from 'node:buffer';
import type { Json } from '../../src/primitives/json.ts';

/** Characters of a payload, so that the request around it is no longer than a body may be. */
const ROOM = 1_020_000;

/** As many of `item` as have room. */
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

/** Payloads by what is special about them. `name` is of a secret that opens. */
export function payloads(name: string): Readonly<Record<string, Json>> {
  const made = known.get(name) ?? makePayloads(name);
  known.set(name, made);
  return made;
}

/** Each is sent to several fields and routes. */
const known = new Map<string, Readonly<Record<string, Json>>>();

const makePayloads = (name: string): Readonly<Record<string, Json>> => ({
  'plain text': text('Ring twice, please. '),
  expressions: text('${x}'),
  'expressions apart': many(() => '${x}'),
  'input by expressions': many(() => '${workflow.input.a}'),
  'expressions never closed': text('${'),
  'expressions in one another': `${'${'.repeat(340_000)}${'}'.repeat(340_000)}`,
  'references, all that may be': many(() => `\${workflow.secrets.${name}}`).slice(0, 5_000),
  'what looks like references': text('${ workflow . secre'),
  'invisible characters': `\${${'\u200b'.repeat(340_000)}`,
  'empty texts': many(() => ''),
  'empty objects': many(() => ({})),
  'small numbers': many(() => 1),
  'long numbers': many((i) => i * 1e12 + 0.123),
  'levels of lists': many(() => nested(90)),
  keys: Object.fromEntries(many((i) => [`k${i}`, 1] as Json[]) as [string, Json][]),
  'below a key that hides': { _secrets: many((i) => `secret-${i}`) },
  'JSON within texts': many((i) => JSON.stringify({ _secrets: { a: `value-${i}` }, b: [i] })),
  'names of keys in a text': text('"_secrets":{'),
  'escapes of URLs': text('%25'),
  'escapes of JSON': text('\\u0041'),
  backslashes: text('\\\\'),
  'entities of HTML': text('&#38;amp;'),
  'lines of base64': text(`${'QUJD'.repeat(16)}\n`),
  stars: text('***a'),
});
