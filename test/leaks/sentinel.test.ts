import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';

test('no value, password, key or token that the run used stands in anything it logged or answered where none belongs', () => {
  const read = (name: string) => readFileSync(join(inject('runDir'), name), 'utf8');
  const values: string[] = read('values.txt')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const overheard = read('overheard.txt');
  expect(values.length).toBeGreaterThan(0);
  expect(overheard.length).toBeGreaterThan(0);
  const leaked = values.filter((value) => overheard.includes(value));
  expect(
    leaked.map((value) =>
      overheard.slice(Math.max(0, overheard.indexOf(value) - 300), overheard.indexOf(value) + value.length),
    ),
  ).toEqual([]);
});
