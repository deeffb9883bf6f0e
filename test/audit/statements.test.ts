import { afterAll, beforeAll, expect, test } from 'vitest';
import { rotate } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let ann: SomeUser;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann');
  const ops = await w.group('ops', [ann.id]);
  await w.grant(ops, 'READ', 'env:prod');
  for (let i = 0; i < 10; i += 1) {
    await w.secret(`s${i}`, { tags: ['env:prod', 'team:a'] });
    await rotate(w.admin, { name: `s${i}`, value: sentinel() });
  }
});
afterAll(() => w.close());

async function statementsOf(query: string): Promise<number> {
  // Makes the gateway cache the caller's entitlements.
  await w.reveal(ann, 's0');
  const before = w.database.statements();
  const { errors } = await ann.askRevealing(query);
  const after = w.database.statements();
  expect(errors).toEqual([]);
  return after - before;
}

const ten = (selection: string) =>
  `{ ${Array.from({ length: 10 }, (_, i) => `s${i}: secret(name: "s${i}") { ${selection} }`).join(' ')} }`;

test('the first reveal of a value takes two database statements: one reads the caller and the secret, and one writes the audit event', async () => {
  expect(await statementsOf('{ secret(name: "s1") { value(reveal: true) } }')).toBe(2);
  expect(await statementsOf('{ secret(name: "s2") { name tags { id } viewerAccess value(reveal: true) } }')).toBe(2);
});

test('each further reveal of a value takes one database statement, which confirms the cached data and writes the audit event', async () => {
  await statementsOf('{ secret(name: "s3") { value(reveal: true) } }');
  expect(await statementsOf('{ secret(name: "s3") { value(reveal: true) } }')).toBe(1);
  expect(await statementsOf('{ secret(name: "s3") { name tags { id } viewerAccess value(reveal: true) } }')).toBe(1);
});

test("the first reveal of a caller takes one more database statement than later reveals, because the gateway reads the caller's entitlements", async () => {
  const bob = await w.user('bob', { roles: ['ADMIN'] });
  const before = w.database.statements();
  expect(await w.reveal(bob, 's1')).not.toBeNull();
  expect(w.database.statements() - before).toBeLessThanOrEqual(3);
});

test('concurrent reveals share database statements, regardless of their callers and secrets', async () => {
  const others = await Promise.all([0, 1, 2, 3].map((i) => w.user(`other-${i}`, { roles: ['ADMIN'] })));
  const all = () =>
    Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        others[i % 4]!.get('query ($n: String!) { secret(name: $n) { value } }', { n: `s${i % 10}` }),
      ),
    );
  await all();
  const before = w.database.statements();
  await all();
  expect(w.database.statements() - before).toBeLessThan(24);
});

test('after a refused mutation, the next read takes no additional database statement', async () => {
  expect((await rotate(ann, { name: 's1', value: sentinel() })).code).toBe('FORBIDDEN');
  expect(await statementsOf('{ secret(name: "s1") { value(reveal: true) } }')).toBeLessThanOrEqual(3);
});

test('ten reveals in one query take no more database statements than one reveal', async () => {
  await statementsOf(ten('value(reveal: true)'));
  expect(await statementsOf(ten('value(reveal: true)'))).toBe(1);
});

test('a query that reveals current and earlier versions takes two more database statements than a query that reveals only current versions', async () => {
  expect(await statementsOf('{ secret(name: "s1") { value(reveal: true, version: 1) } }')).toBeLessThanOrEqual(3);
  expect(await statementsOf(ten('value(reveal: true) first: value(reveal: true, version: 1)'))).toBeLessThanOrEqual(4);
});

test('a list of secrets with revealed values takes one more database statement than a masked list', async () => {
  expect(await statementsOf('{ secrets(first: 10) { nodes { name value(reveal: true) } } }')).toBeLessThanOrEqual(4);
});

test('masked lists of secrets with tags, counts and versions take only a few database statements', async () => {
  expect(
    await statementsOf(
      '{ secrets(first: 10) { nodes { name value tags { id secretCount } versions { nodes { number } } createdBy { name } } } }',
    ),
  ).toBeLessThanOrEqual(6);
});
