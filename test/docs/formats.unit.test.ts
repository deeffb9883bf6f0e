import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROBLEMS, UNPRINTABLE } from '../../src/formats/format.ts';
import { FORMATS } from '../../src/formats/formats.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/formats.md'), 'utf8');

/** Returns the first cells of the table below the heading. */
function firstCells(heading: string): string[] {
  const [, section = ''] = DOCUMENT.split(`${heading}\n`);
  const table = section.split('\n').slice(1);
  const rows = table.slice(table.findIndex((line) => line.startsWith('|---')) + 1);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((row) => row.split('|')[1]!.trim());
}

test('docs/formats.md lists every format', () => {
  expect(firstCells('## Formats')).toEqual(Object.keys(FORMATS).map((name) => `\`${name}\``));
});

test('docs/formats.md lists every code of a problem with its severity', () => {
  expect(firstCells('### Problems of a file')).toEqual(Object.keys(PROBLEMS));
  for (const [code, { isError }] of Object.entries(PROBLEMS))
    expect(DOCUMENT).toContain(`| ${code} | ${isError ? 'error' : 'warning'} |`);
});

test('docs/formats.md lists every reason why a format cannot express a secret', () => {
  expect(firstCells('### Values that a format cannot express')).toEqual(Object.keys(UNPRINTABLE));
});
