import { expect, test } from 'vitest';
import { snippetsFor } from '../../console/src/secrets/snippets.ts';

test('the console shows no REST example for a secret if the REST path of the secret equals the path of a different endpoint', () => {
  expect(snippetsFor('v2', 'http://localhost:4000').programs.map(({ title }) => title)).toEqual([
    'GraphQL with curl',
    'GraphQL',
  ]);
});
