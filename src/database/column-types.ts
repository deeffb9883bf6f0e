// Converts the text of a column to a value, for the two types that cost the most CPU time in lists. `pg` needs four times as long.
import pg from 'pg';

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;
/** The OID of the type text[]. */
const TEXT_ARRAY = 1009;

const HYPHEN = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
/** An array that is empty, that contains quotes, nulls or arrays, or that states the numbers of its elements. */
const UNUSUAL = /^[^{]|^\{\}$|["\\]|NULL|.\{/;

type TypeId = Parameters<pg.CustomTypesConfig['getTypeParser']>[0];
type Parse = (text: string) => unknown;

const parserOf = (oid: number): Parse => pg.types.getTypeParser(oid as TypeId, 'text') as Parse;
const [anyTimestamp, anyArray] = [parserOf(TIMESTAMPTZ), parserOf(TEXT_ARRAY)];

/** The type parsers of a connection. Every text that is not in the most frequent form is parsed by `pg`. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (oid === TIMESTAMPTZ) return parseTimestamp;
      if (oid === TEXT_ARRAY) return parseTexts;
    }
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Parses a timestamp such as `2026-01-31 09:30:00.123456+00`. Ignores the digits after the milliseconds, as `pg` does. */
function parseTimestamp(text: string): unknown {
  const last = text.length - 3;
  const isUsual = text.charCodeAt(4) === HYPHEN && text.charCodeAt(0) !== ZERO && last >= 19 && text.endsWith('+00');
  if (!isUsual) return anyTimestamp(text);
  const at = (place: number) => (place < last ? text.charCodeAt(place) - ZERO : 0);
  const two = (place: number) => at(place) * 10 + at(place + 1);
  const milliseconds = at(20) * 100 + at(21) * 10 + at(22);
  return new Date(Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17), milliseconds));
}

/** Parses an array such as `{a,b}`. */
function parseTexts(text: string): unknown {
  return UNUSUAL.test(text) ? anyArray(text) : text.slice(1, -1).split(',');
}
