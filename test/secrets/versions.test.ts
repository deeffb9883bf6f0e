import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { refusals, rotate, versions } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
  for (const name of ['seven', 'three']) {
    await w.secret(name);
    for (let number = 2; number <= (name === 'seven' ? 7 : 3); number += 1)
      await rotate(w.admin, { name, value: sentinel() });
  }
});
afterAll(() => w.close());

const page = (first: number, after: string | null) =>
  w.admin.ask(
    `query ($first: Int!, $after: String) { secret(name: "seven") { versions(first: $first, after: $after) {
      nodes { number } pageInfo { hasNextPage endCursor } } } }`,
    { first, after },
  );

test('each version shows its author and its time to every caller who sees the secret', async () => {
  const who = await w.user('executes');
  await w.grant(who.id, 'EXECUTE', 'three');
  const { secret } = await who.get(
    '{ secret(name: "three") { versions { nodes { number createdAt createdBy { ... on User { username } } destroyedAt } } } }',
  );
  expect(secret.versions.nodes).toEqual(
    [3, 2, 1].map((number) => ({
      number,
      createdAt: expect.any(String),
      createdBy: { username: 'admin' },
      destroyedAt: null,
    })),
  );
});

test.each([1, 2, 3, 7, 200])('pages of %i versions together contain all versions, newest first', async (first) => {
  const numbers: number[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await page(first, after);
    const { nodes, pageInfo } = answer.data.secret.versions;
    numbers.push(...nodes.map((node: { number: number }) => node.number));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(numbers).toEqual([7, 6, 5, 4, 3, 2, 1]);
});

test('if one query reads versions of several secrets, each secret shows only its own versions', async () => {
  const { secrets } = await w.admin.get('{ secrets { nodes { name versions(first: 2) { nodes { number } } } } }');
  expect(secrets.nodes).toEqual([
    { name: 'seven', versions: { nodes: [{ number: 7 }, { number: 6 }] } },
    { name: 'three', versions: { nodes: [{ number: 3 }, { number: 2 }] } },
  ]);
});

test('the list of versions is up to date, even after a change in the same request', async () => {
  await w.secret('quick');
  const { a, b } = await w.admin.get(
    `mutation ($a: SecretValue!, $b: SecretValue!) {
      a: rotateSecret(input: { name: "quick", value: $a }) { secret { versions { nodes { number } } } }
      b: rotateSecret(input: { name: "quick", value: $b }) { secret { versions { nodes { number } } } }
    }`,
    { a: sentinel(), b: sentinel() },
  );
  expect(a.secret.versions.nodes).toHaveLength(2);
  expect(b.secret.versions.nodes).toHaveLength(3);
});

describe('invalid pages of versions', () => {
  test.each([0, 201, -1])('the field versions rejects the page size %i', async (first) => {
    expect(refusals(await page(first, null))).toMatchObject([{ code: 'BAD_USER_INPUT', field: 'first' }]);
  });

  const cursor = (key: unknown, id: unknown = '00000000-0000-7000-8000-000000000000') =>
    Buffer.from(JSON.stringify([key, id])).toString('base64url');
  test.each([
    ['empty', ''],
    ['not base64', '***'],
    ['of a list of secrets', cursor('seven')],
    ['with a time', cursor('2026-01-01T00:00:00.000Z')],
    ['with a number past every version', cursor('99999999999')],
    ['with a fraction', cursor('1.5')],
    ['with nothing', cursor('')],
    ['with a space', cursor(' ')],
    ['with a negative number', cursor('-1')],
    ['in another notation', cursor('0x7')],
    ['with a number, not a text', cursor(7)],
    ['without an id', cursor('7', '')],
  ])('the field versions rejects a cursor %s', async (_, after) => {
    expect(refusals(await page(2, after))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'secret.versions', field: 'after' },
    ]);
  });
});

test('the list of versions shows a destroyed version as destroyed', async () => {
  await w.admin.get('mutation { destroySecretVersion(name: "seven", version: 2) { secret { id } } }');
  expect((await versions(w.admin, 'seven')).filter((version) => version.destroyedAt !== null)).toMatchObject([
    { number: 2 },
  ]);
});
