// Tests comma-separated values (CSV). Every CSV reader must return the original cells, and no spreadsheet may
// evaluate a cell as a formula.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../src/rest/csv.ts';
import { parseCsv } from '../support/csv.ts';

test('parsing a serialized line of CSV returns the original cells', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[,;"\r\n =+\-@'\t]{0,6}$/),
    fc.constantFrom('', 'plain', '-', 'a,b', '"', 'ä€😀'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
      const read = parseCsv(rows.map(csvLine).join(''));
      expect(read.map((row) => row.length)).toEqual(rows.map((row) => row.length));
      for (const [i, row] of rows.entries()) {
        for (const [j, text] of row.entries()) {
          const got = read[i]![j]!;
          expect(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(got)).toBe(false);
          expect(got === text || got === `'${text}`).toBe(true);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('CSV output contains an apostrophe before exactly those cells that a spreadsheet would evaluate as a formula', () => {
  const cells = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '＝1',
    '＋1',
    '－1',
    '＠1',
    'a=1',
    "'=1",
    ' =1',
    '1-1',
  ];
  expect(parseCsv(csvLine(cells))).toEqual([
    ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "'＝1", "'＋1", "'－1", "'＠1", 'a=1', "'=1", ' =1', '1-1'],
  ]);
  expect(csvLine(['a', null, undefined, 1, true, 'x "y"', 'a,b', 'a\nb'])).toBe(
    'a,,,1,true,"x ""y""","a,b","a\nb"\r\n',
  );
  // Some spreadsheets use different separators. The text after such a separator must not become a new cell.
  expect(csvLine(['a;=1', 'a\t=1'])).toBe('"a;=1","a\t=1"\r\n');
});
