import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SecretOrder } from '../../src/generated/vocabulary.ts';
import type { Answer, Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { refusals, remove } from './operations.ts';

let w: World;
let ann: SomeUser;
const ORDERS: SecretOrder[] = ['NAME_ASC', 'NAME_DESC', 'UPDATED_AT_DESC', 'EXPIRES_AT_ASC'];

beforeAll(async () => {
  w = await world();
  const soon = w.clock.in({ days: 1 });
  const later = w.clock.in({ days: 2 });
  await w.secret('Zebra', { tags: ['env:prod'], expiresAt: later });
  await w.secret('alpha', { tags: ['env:prod', 'team:a'], expiresAt: soon });
  await w.secret('beta', { tags: ['env:prod', 'team:a', 'team:b'], expiresAt: soon });
  await w.secret('gamma_ray', { tags: ['env:test', 'team:b'], expiresAt: soon });
  await w.secret('gammaXray', { tags: ['env:test'] });
  await w.secret('_under', {});
  await w.secret('-dash', { expiresAt: later });
  await w.secret('10', { tags: ['env:prod'] });
  await w.secret('9', {});
  await w.secret('hidden-1', { tags: ['env:prod', 'team:a'], expiresAt: soon });
  await w.secret('hidden-2', {});
  await w.secret('deleted', { tags: ['env:prod'] });
  await remove(w.admin, 'deleted');
  // Several secrets in this test have the same time of change.
  await w.database.query(
    "UPDATE secrets SET updated_at = '2026-01-01T00:00:00.5Z' WHERE name IN ('alpha', 'beta', '10', 'hidden-1', '_under')",
  );

  ann = await w.user('ann');
  const group = await w.group('ops', [ann.id]);
  await w.grant(group, 'READ', 'env:test');
  await w.grant(ann.id, ['EXECUTE', 'UPDATE'], 'team:a');
  await w.grant(ann.id, 'READ', 'alpha');
  for (const name of ['Zebra', '_under', '-dash', '10', '9']) await w.grant(ann.id, 'DELETE', name);
  // The tag team:a would also give access to hidden-1. Therefore the test removes this tag from hidden-1.
  await w.admin.get(
    'mutation { untagSecret(name: "hidden-1", tags: [{ key: "team", value: "a" }]) { secret { id } } }',
  );
  await w.grant(ann.id, 'CREATE', 'hidden-1');
  await w.grant(ann.id, 'READ', 'hidden-2', { expiresAt: w.clock.in({ minutes: 1 }) });
  w.clock.advance({ minutes: 2 });
});
afterAll(() => w.close());

const list = (who: Client, variables: Record<string, unknown> = {}) =>
  who.ask(
    `query ($filter: SecretFilter, $orderBy: SecretOrder! = NAME_ASC, $first: Int! = 200, $after: String) {
      secrets(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
        nodes { name updatedAt expiresAt viewerAccess } pageInfo { hasNextPage endCursor } } }`,
    variables,
  );
const names = async (who: Client, filter = {}, orderBy: SecretOrder = 'NAME_ASC'): Promise<string[]> =>
  (await list(who, { filter, orderBy })).data.secrets.nodes.map((node: { name: string }) => node.name);

const OF_ANN = ['-dash', '10', '9', 'Zebra', '_under', 'alpha', 'beta', 'gammaXray', 'gamma_ray'];

test('the list of secrets contains exactly the secrets on which the caller has access by name, tag or group', async () => {
  expect(await names(ann)).toEqual(OF_ANN);
  expect(await names(await w.user('nobody'))).toEqual([]);
  expect(await names(w.admin)).toEqual([
    '-dash',
    '10',
    '9',
    'Zebra',
    '_under',
    'alpha',
    'beta',
    'gammaXray',
    'gamma_ray',
    'hidden-1',
    'hidden-2',
  ]);
  expect(await names(await w.user('auditor', { roles: ['AUDITOR'] }))).toEqual([]);
});

describe('sort orders of the list of secrets', () => {
  test('the list of secrets can be sorted by name in code point order, forwards and backwards', async () => {
    expect(await names(ann, {}, 'NAME_ASC')).toEqual([...OF_ANN].sort());
    expect(await names(ann, {}, 'NAME_DESC')).toEqual([...OF_ANN].sort().reverse());
  });

  test('sorted by update, the list of secrets starts with the newest secret', async () => {
    const times = (await list(w.admin, { orderBy: 'UPDATED_AT_DESC' })).data.secrets.nodes.map(
      (node: { updatedAt: string }) => Date.parse(node.updatedAt),
    );
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  test('sorted by expiry, the list of secrets starts with the earliest expiry, and ends with the secrets without expiry', async () => {
    const expiries: number[] = (await list(w.admin, { orderBy: 'EXPIRES_AT_ASC' })).data.secrets.nodes.map(
      (node: { expiresAt: string | null }) =>
        node.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(node.expiresAt),
    );
    expect(expiries).toEqual([...expiries].sort((a, b) => (a === b ? 0 : a - b)));
    expect(expiries.filter((time) => time === Number.POSITIVE_INFINITY)).toHaveLength(5);
  });

  for (const orderBy of ORDERS) {
    test.each([1, 2, 4])(`${orderBy}: pages of %i secrets together equal one large page`, async (first) => {
      for (const who of [ann, w.admin]) {
        const whole = await names(who, {}, orderBy);
        const paged: string[] = [];
        for (let after: string | null = null; ; ) {
          const answer: Answer = await list(who, { orderBy, first, after });
          const { nodes, pageInfo } = answer.data.secrets;
          expect(nodes.length).toBeLessThanOrEqual(first);
          paged.push(...nodes.map((node: { name: string }) => node.name));
          if (!pageInfo.hasNextPage) break;
          after = pageInfo.endCursor;
        }
        expect(paged).toEqual(whole);
      }
    });
  }

  test('the last page of secrets has no next page, and an empty page has no cursor', async () => {
    expect((await list(ann, { first: OF_ANN.length })).data.secrets.pageInfo.hasNextPage).toBe(false);
    expect((await list(ann, { first: OF_ANN.length - 1 })).data.secrets.pageInfo.hasNextPage).toBe(true);
    expect((await list(ann, { filter: { nameContains: 'nothing like it' } })).data.secrets).toEqual({
      nodes: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });

  test('a page starts after its cursor even if the secret of the cursor was deleted', async () => {
    const [first] = ['page-a', 'page-b', 'page-c'];
    for (const name of ['page-a', 'page-b', 'page-c']) await w.secret(name);
    const filter = { nameContains: 'page-' };
    const { pageInfo } = (await list(w.admin, { filter, first: 1 })).data.secrets;
    await remove(w.admin, first ?? '');
    const { nodes } = (await list(w.admin, { filter, first: 1, after: pageInfo.endCursor })).data.secrets;
    expect(nodes).toMatchObject([{ name: 'page-b' }]);
    for (const name of ['page-b', 'page-c']) await remove(w.admin, name);
  });
});

describe('filters of the list of secrets', () => {
  test('the filter nameContains finds a part of the name in upper or lower case', async () => {
    expect(await names(ann, { nameContains: 'GAMMA' })).toEqual(['gammaXray', 'gamma_ray']);
    expect(await names(ann, { nameContains: 'zebr' })).toEqual(['Zebra']);
    expect(await names(ann, { nameContains: '' })).toEqual(OF_ANN);
  });

  test('the filter nameContains treats % and _ as literal characters', async () => {
    expect(await names(ann, { nameContains: '_' })).toEqual(['_under', 'gamma_ray']);
    expect(await names(ann, { nameContains: 'gamma_ray' })).toEqual(['gamma_ray']);
    for (const text of ['%', 'a%', '\\', "'", '.', '*']) expect(await names(ann, { nameContains: text })).toEqual([]);
  });

  test('the filter by tags finds secrets that have all requested tags', async () => {
    const tag = (text: string) => ({ key: text.split(':')[0], value: text.split(':')[1] });
    expect(await names(ann, { tags: [tag('env:prod')] })).toEqual(['10', 'Zebra', 'alpha', 'beta']);
    expect(await names(ann, { tags: [tag('env:prod'), tag('team:a')] })).toEqual(['alpha', 'beta']);
    expect(await names(ann, { tags: [tag('env:prod'), tag('team:a'), tag('team:b'), tag('team:b')] })).toEqual([
      'beta',
    ]);
    expect(await names(ann, { tags: [tag('env:prod'), tag('env:test')] })).toEqual([]);
    expect(await names(ann, { tags: [] })).toEqual(OF_ANN);
    expect(await names(w.admin, { tags: [tag('env:prod')] })).toEqual(['10', 'Zebra', 'alpha', 'beta', 'hidden-1']);
  });

  test('the filter by access finds secrets on which the caller has all requested accesses, through any grants and groups', async () => {
    expect(await names(ann, { access: ['READ'] })).toEqual(['alpha', 'gammaXray', 'gamma_ray']);
    expect(await names(ann, { access: ['UPDATE', 'EXECUTE'] })).toEqual(['alpha', 'beta']);
    expect(await names(ann, { access: ['UPDATE', 'READ'] })).toEqual(['alpha']);
    expect(await names(ann, { access: ['DELETE', 'READ'] })).toEqual([]);
    expect(await names(ann, { access: ['CREATE'] })).toEqual([]);
    expect(await names(w.admin, { access: ['READ', 'DELETE'] })).toHaveLength(11);
  });

  test('viewerAccess of each secret in the list matches the filter by access', async () => {
    const { nodes } = (await list(ann)).data.secrets;
    for (const access of ['READ', 'UPDATE', 'DELETE', 'EXECUTE']) {
      const having = nodes.filter((node: { viewerAccess: string[] }) => node.viewerAccess.includes(access));
      expect(await names(ann, { access: [access] })).toEqual(having.map((node: { name: string }) => node.name));
    }
  });

  test('the filter expiresBefore finds secrets that expire before the requested time', async () => {
    const middle = w.clock.in({ hours: 36 });
    expect(await names(ann, { expiresBefore: middle })).toEqual(['alpha', 'beta', 'gamma_ray']);
    expect(await names(ann, { expiresBefore: w.clock.in({ days: 3 }) })).toEqual([
      '-dash',
      'Zebra',
      'alpha',
      'beta',
      'gamma_ray',
    ]);
    expect(await names(ann, { expiresBefore: w.clock.in({ days: -3 }) })).toEqual([]);
    expect(await names(ann, { expiresBefore: '0001-01-01T00:00:00Z' })).toEqual([]);
    expect(await names(ann, { expiresBefore: '9999-12-31T23:59:59Z' })).toHaveLength(5);
  });

  test('if a query has several filters, the list contains the secrets that match all filters', async () => {
    const filter = {
      nameContains: 'A',
      tags: [{ key: 'team', value: 'a' }],
      access: ['EXECUTE'],
      expiresBefore: w.clock.in({ days: 3 }),
      deleted: false,
    };
    expect(await names(ann, filter)).toEqual(['alpha', 'beta']);
    expect(await names(ann, { ...filter, access: ['EXECUTE', 'READ'] })).toEqual(['alpha']);
  });

  test('a filter applies to all pages of secrets', async () => {
    const filter = { tags: [{ key: 'env', value: 'prod' }] };
    const first = (await list(ann, { filter, first: 3 })).data.secrets;
    const rest = (await list(ann, { filter, first: 3, after: first.pageInfo.endCursor })).data.secrets;
    expect([...first.nodes, ...rest.nodes].map((node) => node.name)).toEqual(['10', 'Zebra', 'alpha', 'beta']);
  });

  test.each([
    [{ tags: Array.from({ length: 51 }, (_, i) => ({ key: 'k', value: String(i) })) }, 'filter.tags'],
    [{ tags: [{ key: 'a:b', value: 'c' }] }, 'filter.tags.0.key'],
    [{ tags: [{ key: 'a', value: ' ' }] }, 'filter.tags.0.value'],
  ])('the gateway rejects a filter value that no secret can have', async (filter, field) => {
    expect(refusals(await list(ann, { filter }))).toEqual([{ code: 'BAD_USER_INPUT', path: 'secrets', field }]);
  });

  test.each(['\u0000', 'a\u0000', '\ud83d', 'é', '𝔘'])('the filter nameContains rejects %j', async (nameContains) => {
    expect(await names(ann, { nameContains })).toEqual([]);
  });
});

describe('cursors of the list of secrets', () => {
  const id = '00000000-0000-7000-8000-000000000000';
  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  for (const orderBy of ORDERS) {
    test.each([
      ['empty', ''],
      ['not base64', '*'],
      ['too long', cursor('a'.repeat(3_000), id)],
      ['without an id', cursor('a')],
      ['with more', cursor('a', id, 'b')],
      ['with another id', cursor('a', `${id}'--`)],
      ['with the global id of a secret', cursor('a', 'sec_00000000000070008000000000000000')],
      ['with NUL', cursor('a\u0000', id)],
      ['with half of a surrogate pair', cursor('\ud83d', id)],
      ['with a number', cursor(7, id)],
      ['with an object', cursor({ toString: 'x' }, id)],
    ])(`${orderBy}: the field secrets rejects a cursor %s`, async (_, after) => {
      expect(refusals(await list(ann, { orderBy, after }))).toEqual([
        { code: 'BAD_USER_INPUT', path: 'secrets', field: 'after' },
      ]);
    });
  }

  for (const orderBy of ['UPDATED_AT_DESC', 'EXPIRES_AT_ASC'] as const) {
    test.each(['alpha', '', '2026', '2026-01-01', '1', 'now', '-infinity'])(
      `${orderBy}: the field secrets rejects a cursor with the time %j`,
      async (key) => {
        expect(refusals(await list(ann, { orderBy, after: cursor(key, id) }))).toEqual([
          { code: 'BAD_USER_INPUT', path: 'secrets', field: 'after' },
        ]);
      },
    );
  }

  test('if a cursor contains the position of a hidden secret, the answer reveals nothing about this secret', async () => {
    const before = (await list(ann, { after: cursor('hidden', id) })).text;
    expect((await list(ann, { after: cursor('hidden-1', id) })).text).toBe(before);
  });

  test.each([0, 201, -1, 2_147_483_647])('the field secrets rejects the page size %i', async (first) => {
    expect(refusals(await list(ann, { first }))).toMatchObject([{ code: 'BAD_USER_INPUT', field: 'first' }]);
  });
});
