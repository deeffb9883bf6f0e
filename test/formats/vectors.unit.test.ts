import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../src/formats/format.ts';
import { FORMATS, type FormatName } from '../../src/formats/formats.ts';
import { FORMAT_VALUES } from './odd-values.ts';

interface Vector {
  tool: string;
  format: FormatName;
  text: string;
  /** The value of the variable `A`. Null if the program rejects the file or the file has no such variable. */
  read: string | null;
}

const VECTORS = readFileSync(join(import.meta.dirname, 'vectors.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);
const TOOLS = [...new Set(VECTORS.map(({ tool }) => tool))];

describe.each(TOOLS)('files with secrets that %s reads', (tool) => {
  const vectors = VECTORS.filter((vector) => vector.tool === tool);

  test('are parsed with the same value, or with a problem that names the difference', () => {
    const wrong = vectors.filter(({ format, text, read }) => {
      const { entries, problems } = FORMATS[format].parse(text);
      const value = entries.find(({ name }) => name === 'A')?.value ?? null;
      const isNamed = problems.some(({ code }) => PROBLEMS[code].isError || code.endsWith('_KEPT'));
      return value !== read && !isNamed;
    });
    expect(wrong).toEqual([]);
  });

  test('are read exactly, if the gateway printed the files', () => {
    const printed = new Map(vectors.map(({ text, read }) => [text, read]));
    const wrong = FORMAT_VALUES.filter((value) => {
      const [{ format }] = vectors as [Vector];
      const { text } = FORMATS[format].print([{ name: 'A', value }]);
      return printed.has(text) && text !== '' && printed.get(text) !== value;
    });
    expect(wrong).toEqual([]);
  });
});

test.each(['dotenv', 'dotenvx', 'docker'])(
  'the vectors of %s contain what the gateway prints for 200 odd values',
  (tool) => {
    const [vector] = VECTORS.filter((one) => one.tool === tool) as [Vector];
    const texts = new Set(VECTORS.filter((one) => one.tool === tool).map(({ text }) => text));
    const missing = FORMAT_VALUES.filter((value) => value.length < 200)
      .map((value) => FORMATS[vector.format].print([{ name: 'A', value }]).text)
      .filter((text) => text !== '' && !texts.has(text));
    expect(missing).toEqual([]);
    expect(texts.size).toBeGreaterThan(200);
  },
);
