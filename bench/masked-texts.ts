// Texts to mask: kinds of text that payloads contain, and texts that were made to be slow.
import type { Json } from '../src/primitives/json.ts';
import { randomBytesOf } from './real-looking-secrets.ts';

export interface KindOfText {
  readonly what: string;
  /** Highest allowed ratio between the time to mask the payload and the time to parse and write the payload. */
  readonly most: number;
  /** Makes a payload of about `size` characters of JSON. */
  readonly payload: (size: number) => Json;
}

const list = <T>(count: number, made: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => made(i));
const until = (size: number, made: (i: number) => string): string => {
  let text = '';
  for (let i = 0; text.length < size; i++) text += made(i);
  return text.slice(0, size);
};
const id = (i: number) =>
  Math.imul(i + 1, 2_654_435_761)
    .toString(16)
    .replace('-', '')
    .padStart(8, '0');

const lineOfLog = (i: number) =>
  `2026-01-01T10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.${100 + (i % 900)}Z INFO  orders.http [worker-${i % 8}] GET /api/orders/${10_000 + i}?page=${i % 9} 200 ${i % 90} ms request=${id(i)} user=deployer "ring twice, please"\n`;
const record = (i: number): Json => ({
  id: i,
  order: id(i),
  active: i % 3 === 0,
  price: i * 1.25,
  tags: ['alpha', `t${i % 17}`],
  note: 'Deliver between nine and five; ring twice, please, and leave nothing at the door.',
  address: { street: `${i} Long Acre Road`, city: 'Springfield', zip: String(10_000 + (i % 90_000)) },
});
const records = (size: number) => list(Math.ceil(size / 240), record);
const urlOf = (i: number) =>
  `https://example.org/search?q=${encodeURIComponent(`order "${id(i)}" of käufer & co`)}&next=${encodeURIComponent(`/orders/${i}?a=1&b=[${i % 7}]`)}`;

/** The kinds of text of a megabyte, with the bars of the benchmark. */
export const KINDS: readonly KindOfText[] = [
  { what: 'log in one text', most: 10, payload: (size) => ({ body: until(size, lineOfLog) }) },
  { what: 'log as a list of lines', most: 10, payload: (size) => list(Math.ceil(size / 150), lineOfLog) },
  { what: 'records', most: 10, payload: records },
  {
    what: 'escapes: JSON in JSON in JSON',
    most: 10,
    payload: (size) => ({
      body: JSON.stringify({ body: JSON.stringify(records(size)) }).slice(0, size),
    }),
  },
  {
    what: 'escapes: letters as \\u00e9',
    most: 10,
    payload: (size) => ({ body: JSON.stringify(records(size)).replace(/e/g, '\\u00e9').slice(0, size) }),
  },
  {
    what: 'escapes: HTML',
    most: 10,
    payload: (size) => ({
      body: until(size, (i) => `<p title="&quot;${id(i)}&quot;">Ring twice, please &amp; leave nothing</p>\n`),
    }),
  },
  {
    what: 'numbers',
    most: 10,
    payload: (size) => list(Math.ceil(size / 34), (i) => [1_700_000_000 + i, i * 0.125, i % 97, (i * 7_919) % 100_003]),
  },
  { what: 'URLs', most: 25, payload: (size) => list(Math.ceil(size / 150), urlOf) },
  {
    what: 'form-encoded JSON',
    most: 25,
    payload: (size) => ({
      body: new URLSearchParams({ q: JSON.stringify(records(size)) }).toString().slice(0, size),
    }),
  },
  {
    what: 'base64 of 4 kB each',
    most: 30,
    payload: (size) => {
      const bytes = randomBytesOf('base64');
      return list(Math.ceil(size / 4_000), (i) => ({ id: i, data: bytes(3_000).toString('base64') }));
    },
  },
  {
    what: 'base64 in lines of 76',
    most: 30,
    payload: (size) => {
      const text = randomBytesOf('lines')(Math.ceil(size * 0.73)).toString('base64');
      return { body: text.replace(/.{76}/g, '$&\n') };
    },
  },
];

/** A payload and values that were made to make masking slow. */
export interface SlowText {
  readonly what: string;
  readonly made: (size: number) => { payload: Json; values: readonly string[] };
}

const slow = (what: string, values: readonly string[], payload: (size: number) => Json): SlowText => ({
  what,
  made: (size) => ({ payload: payload(size), values }),
});
const token = randomBytesOf('slow')(24).toString('base64url');
/** Values that share their beginnings and ends. */
const alike = list(200, (i) => `${'Ab1'.repeat(20)}${id(i)}${'Ab1'.repeat(20)}`);

export const SLOW: readonly SlowText[] = [
  slow('%25 in %25', [token], (size) => `%${'25'.repeat(size / 2)}`),
  slow('%2541 in a row', [token], (size) => '%2541'.repeat(size / 5)),
  slow('backslashes', [token], (size) => '\\'.repeat(size)),
  slow('\\u005c in \\u005c', [token], (size) => '\\u005cu005c'.repeat(size / 11)),
  slow('&amp; in &amp;', [token], (size) => `&${'amp;'.repeat(size / 4)}`),
  slow('open tags', [token], (size) => '<br<br'.repeat(size / 6)),
  slow('one repeated letter, as value and text', ['a'.repeat(65_535)], (size) =>
    `${'a'.repeat(65_534)}b`.repeat(size / 65_535),
  ),
  slow('repetitive values in repetitive text', alike, (size) => 'Ab1'.repeat(size / 3)),
  slow('beginnings of values', alike, (size) => until(size, (i) => `${'Ab1'.repeat(20)}${id(i + 1_000)} `)),
  slow('windows of a value, each broken', [token.repeat(20)], (size) =>
    until(size, (i) => `${token.slice(i % 8, (i % 8) + 14)}x`),
  ),
  slow('a long value with repeated windows', [until(65_535, (i) => `${token.slice(0, 14)}${i % 7}`)], (size) =>
    until(size, (i) => `${token.slice(0, 14)}${i % 9}`),
  ),
  slow('one run of base64', [token], (size) => randomBytesOf('one')(size * 0.75).toString('base64')),
  slow('base64 of base64 of base64', [token], (size) => {
    let text = 'ring twice, please '.repeat(size / 19);
    for (let i = 0; i < 3; i++) text = Buffer.from(text).toString('base64').slice(0, size);
    return text;
  }),
  slow('many short runs of base64', [token], (size) =>
    until(size, (i) => `${Buffer.from(`ring ${id(i)}`).toString('base64')} `),
  ),
  slow('one run of hex digits', [token], (size) => randomBytesOf('hex')(size / 2).toString('hex')),
  slow('hex of hex of hex', [token], (size) => {
    let text = 'ring twice, please '.repeat(size / 19);
    for (let i = 0; i < 3; i++) text = Buffer.from(text).toString('hex').slice(0, size);
    return text;
  }),
  slow('lists of bytes', [token], (size) => `[${[...randomBytesOf('bytes')(size / 4)].join(',')}]`),
  slow('lists of bytes in base64', [token], (size) =>
    Buffer.from(`[${[...randomBytesOf('bytes')(size / 5)].join(',')}]`).toString('base64'),
  ),
  slow('list of single letters', [token], (size) => [...token.repeat(size / token.length / 4)]),
  slow('UTF-8 read as Latin-1, again and again', [token], (size) => {
    let text = 'ä'.repeat(size / 16);
    for (let i = 0; i < 4; i++) text = Buffer.from(text).toString('latin1');
    return text.slice(0, size);
  }),
  slow('combining marks', [token], (size) => `a${'\u0301'.repeat(size - 1)}`),
  slow('quoted-printable', [token], (size) => '=3D'.repeat(size / 3)),
  slow('ESC without an end', [token], (size) => '\u001b['.repeat(size / 2)),
  slow('every escape, mixed', [token], (size) =>
    until(size, (i) => `%2${i % 10}\\u00${10 + (i % 80)}&#${30 + (i % 90)};=${41 + (i % 9)}\\x4${i % 10}`),
  ),
  slow('digits', ['4929123456781234', '1234567890123456'], (size) => '1234567890'.repeat(size / 10)),
];
