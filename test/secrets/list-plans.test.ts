// Checks that the gateway reads no more rows for a page of secrets than the page needs. In this database, some users
// see few secrets and some users see many secrets.
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ACCESSES_TO_SEE_SECRET } from '../../src/access/policy.ts';
import { connect, type Database } from '../../src/database/client.ts';
import type { Uuid } from '../../src/primitives/ids.ts';
import { isByName, list, listNames, type SecretQuery } from '../../src/secrets/secret-lists.ts';
import { crowd, uuid } from '../access/crowd.ts';
import { asTag } from '../support/brands.ts';
import { freshDatabase } from '../support/database.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const SECRETS = 40_000;
const NOW = new Date('2026-03-01T00:00:00Z');
const [few, many, last, everything] = [uuid('group', 901), uuid('group', 902), uuid('group', 903), uuid('group', 904)];

let database: Database;
let drop: () => Promise<void>;
let plans: Plan[] = [];

beforeAll(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 2 });
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  // Without triggers, the many inserts take seconds instead of minutes. The triggers only raise the revisions of secrets.
  await client.query('SET session_replication_role = replica');
  const sql = {
    query: async <Row>(text: string, params?: readonly unknown[]) =>
      (await client.query(text, [...(params ?? [])])).rows as Row[],
  };
  await crowd(sql, { secrets: SECRETS, principals: 100, groups: 20, grants: 4_000 }, new Date('2026-01-01T00:00:00Z'));
  // The user `last` may read one third of the secrets. None of these secrets is early in the order of names.
  const tags = { 'few:yes': 'i % 400 = 0', 'many:yes': 'i % 3 = 0', 'last:yes': `'secret' || i > 'secret5'` };
  for (const [tag, which] of Object.entries(tags))
    await client.query(
      `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
       SELECT gen_random_uuid(), ('${uuid('secret', 0).slice(0, -12)}' || lpad(i::text, 12, '0'))::uuid, 'secret' || i, $1, now() FROM generate_series(1, ${SECRETS}) i WHERE ${which}`,
      [tag],
    );
  // Each secret has four of 150 tags. The user `everything` may read secrets with any of these 150 tags.
  await client.query(
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
     SELECT gen_random_uuid(), s.id, s.name, 'part:' || (i + k * 31) % 150, now()
     FROM (SELECT id, name, row_number() OVER (ORDER BY id) AS i FROM secrets WHERE deleted_at IS NULL) s CROSS JOIN generate_series(0, 3) k`,
  );
  for (const [group, tag] of [
    [few, 'few:yes'],
    [many, 'many:yes'],
    [last, 'last:yes'],
    ...Array.from({ length: 150 }, (_, n) => [everything, `part:${n}`] as const),
  ])
    await client.query(
      `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
       VALUES (gen_random_uuid(), 'GROUP', $1, 'TAG', $2, '{READ}', now())`,
      [group, tag],
    );
  await client.query('VACUUM ANALYZE');
  await client.end();
}, 120_000);
afterAll(async () => {
  await database.close();
  await drop();
});

/**
 * Runs each statement, and also runs EXPLAIN for the statement. For a prepared statement, EXPLAIN shows the generic
 * query plan.
 */
const explaining = () => {
  const explained =
    (generic: boolean) =>
    async <Row>(text: string, params: readonly unknown[] = []): Promise<Row[]> => {
      await database.connection(async (sql) => {
        const explain = async (asked: string, given: readonly unknown[]) => {
          const [row] = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
            `EXPLAIN (ANALYZE, FORMAT JSON) ${asked}`,
            given,
          );
          plans.push(row!['QUERY PLAN'][0].Plan);
        };
        if (!generic) return explain(text, params);
        await sql.query("SET plan_cache_mode = 'force_generic_plan'");
        await sql.query(`PREPARE asked AS ${text}`);
        const given = params.length === 0 ? '' : `(${params.map(literal).join(', ')})`;
        await explain(`EXECUTE asked ${given}`, []);
        await sql.query('DEALLOCATE asked');
        await sql.query('RESET plan_cache_mode');
      });
      return database.query<Row>(text, params);
    };
  return { query: explained(false), prepared: { query: explained(true) } };
};
function literal(value: unknown): string {
  const text = Array.isArray(value)
    ? `{${value.join(',')}}`
    : value instanceof Date
      ? value.toISOString()
      : String(value);
  return `'${text}'`;
}

const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
const LIMIT = 51;
const query = (visibleTo: readonly Uuid[] | null, more: Partial<SecretQuery> = {}): SecretQuery => ({
  visibleTo,
  subjects: visibleTo ?? [uuid('user', 1)],
  now: NOW,
  seeing: ACCESSES_TO_SEE_SECRET,
  access: [],
  nameContains: null,
  tags: [],
  expiresBefore: null,
  deletedSince: null,
  orderBy: 'NAME_ASC',
  ...more,
});
const middle = { key: 'secret2', id: uuid('secret', 2) };

test.each<[string, SecretQuery, typeof middle?]>([
  ['that an administrator reads', query(null)],
  ['that an administrator reads, further on', query(null), middle],
  ['that a user with few secrets reads', query([few])],
  ['that a user with few secrets reads, further on', query([few]), middle],
  ['that a user with few secrets reads, ordered by update', query([few], { orderBy: 'UPDATED_AT_DESC' })],
  ['that a user with many secrets reads', query([many])],
  ['that a user with many secrets reads, further on', query([many]), middle],
  ['that a user with many secrets reads, ordered by update', query([many], { orderBy: 'UPDATED_AT_DESC' })],
  ['that a user with many secrets filters by a rare tag', query([many], { tags: [asTag('few:yes')] })],
  ['that a user with many secrets filters by an access it lacks', query([many], { access: ['DELETE'] })],
  ['that a user with few secrets filters by a frequent tag', query([few], { tags: [asTag('many:yes')] })],
])(
  'the query for a page of secrets %s never scans a complete table, and reads no more rows than the page needs',
  async (_, asked, after) => {
    plans = [];
    const { orderBy } = asked;
    const { secrets: found } = await list(explaining(), asked, LIMIT, after);
    expect(found.length).toBe(asked.access.length > 0 ? 0 : Math.min(LIMIT, meantAtMost(asked)));
    if (isByName(orderBy)) await listNames(explaining(), { ...asked, orderBy }, LIMIT, after);
    const nodes = plans.flatMap(all);
    const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
    expect(whole.filter((name) => name === 'secrets' || name === 'secret_tags')).toEqual([]);
    const touched = nodes.map(
      (node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    );
    expect(Math.max(...touched)).toBeLessThan(5_000);
  },
);

/** Exactly one of 1,200 secrets has both tags. */
function meantAtMost({ visibleTo, tags }: SecretQuery): number {
  return visibleTo === null || tags.length === 0 ? LIMIT : Math.floor(SECRETS / 1_200);
}

test.each([
  ['a part that no name contains is searched in the index of names alone', query(null, { nameContains: 'nowhere' }), 0],
  [
    'a part that no name contains is searched in the index of names in any other order',
    query(null, { nameContains: 'nowhere', orderBy: 'UPDATED_AT_DESC' }),
    0,
  ],
  [
    'a part that no name contains is not searched once per tag of each secret',
    query([everything], { nameContains: 'nowhere' }),
    0,
  ],
  ['secrets together at the end of the names are found by one scan', query([last]), LIMIT],
  ['two frequent tags are compared by reading each once', query([last], { tags: [asTag('many:yes')] }), LIMIT],
] as const)('%s', async (_, asked, expected) => {
  plans = [];
  expect((await list(explaining(), asked, LIMIT)).secrets.length).toBe(expected);
  const nodes = plans.flatMap(all);
  expect(nodes.filter((node) => node['Relation Name'] === 'secrets' && node['Node Type'] === 'Seq Scan')).toEqual([]);
  const touched = nodes.map(
    (node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
  );
  expect(Math.max(...touched)).toBeLessThan(SECRETS + 30_000);
  // The query plan contains no loop that reads once for each secret or for each tag.
  expect(Math.max(...nodes.map((node) => node['Actual Loops']))).toBeLessThan(10_000);
});
