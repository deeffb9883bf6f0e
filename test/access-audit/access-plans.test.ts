// The statements that read the first page of access entries use only indexes. The tests check query plans instead of
// durations, because durations vary.
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ACCESSES_TO_SEE_SECRET } from '../../src/access/policy.ts';
import * as store from '../../src/access-audit/entries/access-store.ts';
import { findNearMisses } from '../../src/access-audit/entries/near-miss-store.ts';
import { connect, type Database, type Sql } from '../../src/database/client.ts';
import { crowd, uuid } from '../access/crowd.ts';
import { freshDatabase } from '../support/database.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

let database: Database;
let drop: () => Promise<void>;
let plans: Plan[] = [];
/** Runs each statement, and also runs EXPLAIN for the statement. If `isGeneric` is true, EXPLAIN shows the plan of the prepared statement. */
let explaining: Sql;
let isGeneric = false;

const SINCE = new Date('2026-01-01T00:00:00Z');
const THEN = new Date('2026-02-01T00:00:00Z');
const NOW = new Date('2026-03-01T00:00:00Z');

beforeAll(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 2 });
  // This connection has no statement timeout.
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  const sql: Sql = {
    query: async <Row>(text: string, params?: readonly unknown[]) =>
      (await client.query(text, [...(params ?? [])])).rows as Row[],
  };
  await crowd(sql, { secrets: 20_000, principals: 2_000, groups: 200, grants: 4_000 }, SINCE);
  await client.end();
  explaining = {
    async query(text, params) {
      const explain = async (on: Sql, asked: string, given: readonly unknown[] = []) => {
        const [row] = await on.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${asked}`,
          given,
        );
        plans.push(row!['QUERY PLAN'][0].Plan);
      };
      if (isGeneric)
        await database.connection(async (on) => {
          await on.query("SET plan_cache_mode = 'force_generic_plan'");
          await on.query(`PREPARE asked AS ${text}`);
          await explain(on, `EXECUTE asked (${(params ?? []).map(literal).join(', ')})`);
          await on.query('DEALLOCATE asked');
        });
      else await explain(database, text, params);
      return database.query(text, params);
    },
  };
}, 120_000);
afterAll(async () => {
  await database.close();
  await drop();
});

function literal(value: unknown): string {
  const text = Array.isArray(value) ? `{${value.join(',')}}` : value instanceof Date ? value.toISOString() : value;
  return `'${text}'`;
}

const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
const LIMIT = 51;
const question = (at: Date | null, seeing: store.AccessQuery['seeing'] = null): store.AccessQuery => ({
  now: NOW,
  at,
  access: null,
  seeing,
  groups: null,
});
const SOME_GROUPS = Array.from({ length: 100 }, (_, i) => uuid('group', i));
const member = uuid('user', 7);
const admin = uuid('user', 1);

/**
 * The queries concern a secret with many users, a user with many secrets, an administrator, and one pair of a
 * principal and a secret. The test reads each list from its start and from its middle.
 */
const ASKED: Record<string, (query: store.AccessQuery) => Promise<unknown[] | undefined>> = {
  'of a secret': (query) => store.principalsWithAccess(explaining, 'secret20', query, LIMIT),
  'of a secret, further on': (query) =>
    store.principalsWithAccess(explaining, 'secret20', query, LIMIT, {
      id: uuid('user', 500),
      key: uuid('secret', 20),
    }),
  'of a principal': (query) => store.secretsWithAccess(explaining, member, query, LIMIT),
  'of a principal, further on': (query) =>
    store.secretsWithAccess(explaining, member, query, LIMIT, { id: member, key: uuid('secret', 10_000) }),
  'of an administrator': (query) => store.secretsWithAccess(explaining, admin, query, LIMIT),
  'of several secrets': (query) =>
    store.principalsWithAccessToEach(
      explaining,
      [1, 2, 3].map((i) => uuid('secret', i)),
      query,
      LIMIT,
    ),
};

test.each(
  Object.entries(ASKED).flatMap(([name, asked]) =>
    [
      ['now', question(null)],
      ['now, prepared', question(null)],
      ['then', question(THEN)],
      ...(name.startsWith('who can') ? [['of some groups', { ...question(null), groups: SOME_GROUPS }]] : []),
      ...(name.startsWith('what somebody')
        ? [
            ['of itself', question(null, ACCESSES_TO_SEE_SECRET)],
            ['of itself, then', question(THEN, ACCESSES_TO_SEE_SECRET)],
          ]
        : []),
    ].map(([when, query]) => [`${name}, ${when}`, asked, query] as const),
  ),
)(
  'the query for a page of access entries (%s) never scans a complete table, and reads no more rows than the page needs',
  async (name, asked, query) => {
    plans = [];
    isGeneric = name.endsWith(', prepared');
    const found = await asked(query as store.AccessQuery);
    expect(found?.length).toBeGreaterThanOrEqual(LIMIT);
    const nodes = plans.flatMap(all);
    const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'groups');
    // PostgreSQL always scans a table that fills only one disk page.
    expect(whole.map((node) => node['Relation Name']).filter((name) => name !== 'role_assignments')).toEqual([]);
    // The statement reads a few thousand of several ten thousand rows for a page of 51 entries with their tags,
    // groups and access paths.
    const touched = Math.max(
      ...nodes.map(
        (node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      ),
    );
    expect(touched).toBeLessThan(12_000);
  },
);

test('the gateway reads the access of one principal to one secret through indexes', async () => {
  for (const [at, isPrepared] of [
    [null, false],
    [null, true],
    [THEN, false],
  ] as const) {
    plans = [];
    isGeneric = isPrepared;
    const { entry } = await store.pathsBetween(explaining, member, 'secret7', question(at));
    expect(entry === null || entry.paths.length > 0).toBe(true);
    const nodes = plans.flatMap(all);
    const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
    expect(whole.filter((name) => name !== 'role_assignments')).toEqual([]);
    expect(Math.max(...nodes.map((node) => node['Actual Rows'] * node['Actual Loops']))).toBeLessThan(500);
  }
});

test.each([true, false])(
  'explainAccess uses indexes to read the grants that almost allow the requested access (argument ofOthers: %s)',
  async (ofOthers) => {
    isGeneric = false;
    for (const active of [true, false]) {
      plans = [];
      const asked = {
        principalId: member,
        active,
        secretName: 'secret7',
        access: 'DELETE' as const,
        ofOthers,
        now: NOW,
      };
      const near = await findNearMisses(explaining, { ...asked, secretId: ofOthers ? uuid('secret', 7) : null }, 20);
      expect(near.length).toBe(0);
      const found = await findNearMisses(
        explaining,
        { ...asked, access: 'READ', secretId: ofOthers ? uuid('secret', 7) : null },
        20,
      );
      expect(found.length).toBeGreaterThan(0);
      const nodes = plans.flatMap(all);
      const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
      expect(whole.filter((name) => name !== 'groups')).toEqual([]);
      expect(Math.max(...nodes.map((node) => node['Actual Rows'] * node['Actual Loops']))).toBeLessThan(1_000);
    }
  },
);
