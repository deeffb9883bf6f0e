// Checks the query plans of the statements that read a page of access changes, in a database with many access
// changes.
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { HistoryPosition, HistoryQuestion } from '../../src/access-audit/history/history.ts';
import { differences } from '../../src/access-audit/history/history-store.ts';
import { connect, type Database, type Sql } from '../../src/database/client.ts';
import { crowd, uuid } from '../access/crowd.ts';
import { freshDatabase } from '../support/database.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const FROM = new Date('2026-01-01T00:00:00Z');
const UNTIL = new Date('2026-03-01T00:00:00Z');
const LIMIT = 200;

let database: Database;
let drop: () => Promise<void>;
let plans: Plan[] = [];
/** Runs each statement, and also runs EXPLAIN for the statement. */
let explaining: Sql;

beforeAll(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 2 });
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  const sql: Sql = {
    query: async <Row>(text: string, params?: readonly unknown[]) =>
      (await client.query(text, [...(params ?? [])])).rows as Row[],
  };
  await crowd(sql, { secrets: 20_000, principals: 2_000, groups: 200, grants: 4_000 }, FROM);
  // Deletes ten thousand secrets, removes tags and group members, and creates grants that expire. Each change has a
  // different time.
  for (const change of [
    `UPDATE periods SET valid_to = $1::timestamptz + n * interval '1 minute'
      FROM (SELECT id, row_number() OVER (ORDER BY object_id) AS n FROM periods WHERE object_kind = 'SECRET') k WHERE periods.id = k.id AND n % 2 = 0`,
    `UPDATE secret_tags SET valid_to = $1::timestamptz + n * interval '1 minute'
      FROM (SELECT id, row_number() OVER (ORDER BY secret_id) AS n FROM secret_tags) k WHERE secret_tags.id = k.id AND n % 9 = 0`,
    `UPDATE group_members SET valid_to = $1::timestamptz + n * interval '7 minutes'
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM group_members) k WHERE group_members.id = k.id AND n % 4 = 0`,
    `UPDATE permissions SET valid_from = $1::timestamptz + n * interval '3 minutes', expires_at = $1::timestamptz + n * interval '9 minutes'
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM permissions) k WHERE permissions.id = k.id AND n % 2 = 0`,
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from, valid_to)
      SELECT gen_random_uuid(), 'GROUP', '${uuid('group', 8)}', 'ADMIN', $1::timestamptz + n * interval '1 day', $1::timestamptz + n * interval '1 day 1 hour'
      FROM generate_series(1, 50) n`,
  ])
    await sql.query(change, [FROM]);
  for (const table of ['periods', 'secret_tags', 'group_members', 'permissions', 'role_assignments'])
    await sql.query(`VACUUM ANALYZE ${table}`);
  await client.end();
  explaining = {
    async query(text, params) {
      const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        params,
      );
      plans.push(row!['QUERY PLAN'][0].Plan);
      return database.query(text, params);
    },
  };
}, 120_000);
afterAll(async () => {
  await database.close();
  await drop();
});

const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
const middle: HistoryPosition = {
  at: new Date('2026-01-09T12:00:00Z'),
  secretId: uuid('secret', 10_000),
  principalId: uuid('user', 900),
};
const ASKED: Record<string, Partial<HistoryQuestion>> = {
  'of a principal in groups': { principalId: uuid('user', 1_001) },
  'of a principal who is an administrator at some times': { principalId: uuid('user', 7) },
  'of an administrator': { principalId: uuid('user', 1) },
  'of a secret to which many principals have access': { secretIds: [uuid('secret', 21)] },
  'of a pair': { principalId: uuid('user', 7), secretIds: [uuid('secret', 21)] },
};

test.each(
  Object.entries(ASKED).flatMap(([name, asked]) => [
    [`${name}, from the beginning`, asked, undefined] as const,
    [`${name}, further on`, asked, middle] as const,
  ]),
)(
  'the query for a page of access changes %s never scans a complete table, and reads no more rows than the page needs',
  async (_, asked, after) => {
    plans = [];
    const question = { principalId: null, secretIds: null, from: FROM, until: UNTIL, ...asked };
    await differences(explaining, question, null, UNTIL, LIMIT, after);
    const nodes = plans.flatMap(all);
    const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
    // PostgreSQL always scans a table that fills only a few disk pages.
    expect(whole.filter((name) => !['role_assignments', 'groups', undefined].includes(name))).toEqual([]);
    const touched = Math.max(
      ...nodes.map(
        (node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      ),
    );
    // The limit depends on the number of pairs in a page, on their access paths before and after the change, and on
    // the parts of these access paths. The limit does not depend on the total number of access changes.
    expect(touched).toBeLessThan(100_000);
  },
);
