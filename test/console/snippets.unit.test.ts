import { expect, test } from 'vitest';
import { snippetsFor } from '../../console/src/secrets/snippets.ts';

test('there is no REST example for a secret whose REST path is another endpoint', () => {
  expect(snippetsFor('v2', 'http://localhost:4000').programs.map(({ title }) => title)).toEqual([
    'GraphQL with curl',
    'GraphQL',
  ]);
});
