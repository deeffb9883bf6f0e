import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { occurrences } from '../support/occurrences.ts';

test('no log line and no answer of the complete test run contains a secret value, password, key or token in a forbidden part', () => {
  const read = (name: string) => readFileSync(join(inject('runDir'), name));
  const values: string[] = read('values.txt')
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const overheard = read('overheard.txt');
  expect(values.length).toBeGreaterThan(0);
  expect(overheard.length).toBeGreaterThan(0);
  expect(occurrences(overheard, values)).toEqual([]);
}, 120_000);
