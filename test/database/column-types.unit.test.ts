import fc from 'fast-check';
import pg from 'pg';
import { expect, test } from 'vitest';
import { columnTypes } from '../../src/database/column-types.ts';

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;
const TEXT_ARRAY = 1009;
const parsed = (types: pg.CustomTypesConfig, oid: number, text: string) =>
  (
    types.getTypeParser(oid as Parameters<pg.CustomTypesConfig['getTypeParser']>[0], 'text') as (
      text: string,
    ) => unknown
  )(text);

/** Returns the text with which PostgreSQL prints an array. */
const printed = (items: readonly (string | null)[]) =>
  `{${items.map((item) => (item === null ? 'NULL' : /^$|^null$|[{}",\\\s]/i.test(item) ? `"${item.replaceAll(/["\\]/g, '\\$&')}"` : item)).join(',')}}`;

test('every array of texts is parsed to the texts that PostgreSQL printed', () => {
  const item = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'é', '😀', ':', ',', '{', '}', '"', '\\', ' ', '[', '='), maxLength: 4 }),
    fc.constantFrom('NULL', 'null', 'nullable', null),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 5 }), (items) => {
      expect(parsed(columnTypes, TEXT_ARRAY, printed(items))).toEqual(items);
    }),
    { numRuns: 2_000 },
  );
  for (const text of ['{{a,b},{c,d}}', '[0:1]={a,b}', '{}'])
    expect(parsed(columnTypes, TEXT_ARRAY, text)).toEqual(parsed(pg.types, TEXT_ARRAY, text));
});

test('every timestamp is parsed to the same millisecond as by pg', () => {
  for (let ms = 0; ms < 1_000; ms++) {
    const at = new Date(Date.UTC(2026, ms % 12, 1 + (ms % 28), ms % 24, ms % 60, (ms * 7) % 60, ms));
    const [day, time = ''] = at.toISOString().slice(0, -1).split('T');
    for (const text of [`${day} ${time}+00`, `${day} ${time}999+00`, `${day} ${time.replace(/\.?0*$/, '')}+00`]) {
      const isCut = /:\d$|:$/.test(text.slice(0, -3));
      if (!isCut) expect(parsed(columnTypes, TIMESTAMPTZ, text)).toEqual(parsed(pg.types, TIMESTAMPTZ, text));
    }
    expect(parsed(columnTypes, TIMESTAMPTZ, `${day} ${time}+00`)).toEqual(at);
  }
});

test.each([
  '2026-01-31 09:30:00+05:30',
  '2026-01-31 09:30:00.5-08',
  '0001-01-01 00:00:00+00',
  '0099-12-31 23:59:59.999999+00',
  '9999-12-31 23:59:59.999+00',
  '10000-01-01 00:00:00+00',
  '294276-12-31 23:59:59.999999+00',
  '0044-03-15 00:00:00+00 BC',
  'infinity',
  '-infinity',
])('the timestamp %s is parsed as by pg', (text) => {
  expect(parsed(columnTypes, TIMESTAMPTZ, text)).toEqual(parsed(pg.types, TIMESTAMPTZ, text));
});
