import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const TOO_LONG = 'x'.repeat(65_536);
const CREATE = 'createSecret(input: { name: "a", value: ';
const REST = ' }) { secret { id } }';

test.each([
  ['as a literal', `mutation { ${CREATE}"${TOO_LONG}"${REST} }`, {}, 'input.value'],
  ['as a variable', `mutation ($v: SecretValue!) { ${CREATE}$v${REST} }`, { v: TOO_LONG }, 'input.value'],
  [
    'within an input object',
    'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }',
    { i: { name: 'a', value: TOO_LONG } },
    'input.value',
  ],
  [
    'through a fragment',
    `mutation ($v: SecretValue!) { ...f } fragment f on Mutation { ${CREATE}$v${REST} }`,
    { v: 1 },
    'input.value',
  ],
  [
    'as a time',
    `mutation { createSecret(input: { name: "a", value: "b", expiresAt: "soon" }) { secret { id } } }`,
    {},
    'input.expiresAt',
  ],
  [
    'deep in a list',
    'mutation ($k: String!) { tagSecret(name: "a", tags: [{ key: "k", value: "v" }, { key: $k, value: "v" }]) { secret { id } } }',
    { k: null },
    'tags.1.key',
  ],
])('the error about a wrong value %s contains the path of the argument', async (_, query, variables, field) => {
  const { status, errors } = await w.admin.ask(query, variables);
  expect(status).toBe(400);
  expect(errors.map(({ extensions }) => extensions)).toEqual([
    { code: 'BAD_USER_INPUT', field, expected: expect.any(String) },
  ]);
});

test('an error does not repeat the name of an unknown argument', async () => {
  const odd = sentinel('field').replaceAll('-', '_');
  const { text, errors } = await w.admin.ask(
    `mutation { createSecret(input: { name: "a", value: 1, ${odd}: 2 }) { secret { id } } }`,
  );
  expect(errors.length).toBeGreaterThan(0);
  expect(text).not.toContain(odd);
});
