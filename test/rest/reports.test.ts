// Tests the reports on access. Each report contains the same results as the GraphQL query. The gateway either sends a
// complete report or closes the connection early.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer } from '../../src/http/http-server.ts';
import { restApi } from '../../src/rest/rest-api.ts';
import { crowd } from '../access/crowd.ts';
import { csvObjects, parseCsv } from '../support/csv.ts';
import { type RestOptions, restClient } from '../support/rest.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';

const PATH = '/reports/access.csv';

let w: World;
let auditor: SomeUser;
let ann: SomeUser;
let bot: SomeApplication;
let ops: string;
let from: string;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  [ann, bot] = [await w.user('ann'), await w.application('=bot')];
  ops = await w.group('ops, "prod"', [ann.id]);
  await w.secret('db', { tags: ['env:prod'] });
  await w.secret('hidden');
  w.clock.advance({ minutes: 1 });
  from = w.clock.now().toISOString();
  await w.grant(ops, ['READ', 'EXECUTE'], 'env:prod');
  await w.grant(ann.id, 'UPDATE', 'db', { expiresAt: w.clock.in({ days: 30 }) });
  await w.grant(bot.id, 'EXECUTE', 'db');
  w.clock.advance({ minutes: 1 });
});
afterAll(() => w.close());

const get = (who: { token: string | undefined }, query: Record<string, string>, options: RestOptions = {}) =>
  restClient(w.url, who.token).send('GET', `${PATH}?${new URLSearchParams(query)}`, undefined, options);
const rows = async (query: Record<string, string>, who: { token: string | undefined } = auditor) => {
  const { status, text } = await get(who, query);
  expect(status).toBe(200);
  return csvObjects(text);
};

describe('the report of access entries', () => {
  test('the report of access entries contains one row for each access path, with names and ids', async () => {
    const { headers, text } = await get(auditor, { secret: 'db' });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="access-entries.csv"');
    const found = csvObjects(text).filter((row) => row.Username !== 'admin');
    const short = found.map((row) => [
      row['Principal name'],
      row.Accesses,
      row['Via group'],
      row['Via tag'],
      row.Until !== '',
    ]);
    expect(short.sort()).toEqual(
      [
        ['ann', 'UPDATE', '', '', true],
        ['ann', 'READ EXECUTE', 'ops, "prod"', 'env:prod', false],
        // A spreadsheet does not evaluate this cell as a formula.
        ["'=bot", 'EXECUTE', '', '', false],
      ].sort(),
    );
    expect(found[0]!['Secret name']).toBe('db');
    expect(found.every((row) => /^per_[0-9a-f]{32}$/.test(row['By permission']!))).toBe(true);
  });

  test('a caller can request the report of access entries for a past time, for one access, and for the caller itself', async () => {
    expect(new Set((await rows({ secret: 'db', at: from })).map((row) => row.Username))).toEqual(new Set(['admin']));
    expect((await rows({ secret: 'db', access: 'UPDATE' })).map((row) => row.Accesses)).toEqual([
      'UPDATE',
      'UPDATE',
      'UPDATE',
    ]);
    expect((await rows({ principalId: ann.id }, ann)).map((row) => row['Secret name'])).toEqual(['db', 'db']);
  });
});

test('the report of access changes shows the principal who made each change, and shows access that ended by expiry', async () => {
  w.clock.advance({ minutes: 1 });
  const short = await w.user('short');
  await w.grant(short.id, 'READ', 'db', { expiresAt: w.clock.in({ minutes: 5 }) });
  w.clock.advance({ minutes: 10 });
  const found = await rows({ report: 'changes', principalId: short.id, from, until: w.clock.now().toISOString() });
  expect(found.map((row) => [row.Username, row['Secret name'], row.Gained, row.Lost, row.Action, row.By])).toEqual([
    ['short', 'db', 'READ', '', 'PERMISSION_GRANT', 'admin'],
    ['short', 'db', '', 'READ', '', ''],
  ]);
  expect(found[0]!['Event id']).toMatch(/^aud_/);
});

test('the report of unused permissions contains the grants that no holder used', async () => {
  const since = w.clock.now().toISOString();
  w.clock.advance({ minutes: 1 });
  await w.reveal(ann, 'db');
  const found = await rows({ report: 'unused', since });
  expect(
    found.map((row) => [row['Subject name'], row.On, row['Tag or secret name'], row['Granted by']]),
  ).toContainEqual([...['ann', 'SECRET', 'db', 'Administrator']]);
  expect(found.map((row) => row['Subject name'])).not.toContain('ops, "prod"');
});

test('the explain report contains the paths that allow an access, or the paths that nearly allow the access', async () => {
  const because = await rows({ report: 'explain', principalId: ann.id, secret: 'db', access: 'READ' });
  expect(because.map((row) => [row.Allowed, row['Via group']])).toEqual([['yes', 'ops, "prod"']]);
  const why = await rows({ report: 'explain', principalId: bot.id, secret: 'db', access: 'READ' });
  expect(why.map((row) => [row.Allowed, row.Accesses, row['What is missing']])).toContainEqual([
    'no',
    'EXECUTE',
    'OTHER_ACCESS',
  ]);
  expect(why.every((row) => row.Allowed === 'no')).toBe(true);
  const none = await rows({ report: 'explain', principalId: bot.id, secret: 'hidden', access: 'READ' });
  expect(none.every((row) => row.Allowed === 'no' && row['Secret name'] === 'hidden')).toBe(true);
  expect(none.length).toBeGreaterThan(0);
});

test('the gateway refuses an invalid or unauthorized report before it sends any row', async () => {
  const until = w.clock.now().toISOString();
  const refused = async (query: Record<string, string>, who: { token: string | undefined } = auditor) => {
    const { status, json, headers } = await get(who, query);
    expect(headers.get('content-type')).toMatch(/json/);
    return [status, json.validationErrors?.[0].path];
  };
  expect(await refused({ report: 'all' })).toEqual([400, 'report']);
  expect(await refused({})).toEqual([400, 'principalId']);
  expect(await refused({ secret: 'db', principal: ann.id })).toEqual([400, 'report']);
  expect(await refused({ secret: 'db', at: 'yesterday' })).toEqual([400, 'at']);
  expect(await refused({ secret: 'db', access: 'LOOK' })).toEqual([400, 'access']);
  expect(await refused({ report: 'changes', secret: 'db', until })).toEqual([400, 'from']);
  expect(await refused({ report: 'unused' })).toEqual([400, 'since']);
  expect(await refused({ report: 'explain', secret: 'db', access: 'READ' })).toEqual([400, 'principalId']);
  expect(await refused({ secret: 'db' }, { token: undefined })).toEqual([401, undefined]);
  expect(await refused({ principalId: bot.id }, ann)).toEqual([403, undefined]);
  expect(await refused({ report: 'unused', since: from }, ann)).toEqual([403, undefined]);
  expect(await refused({ report: 'changes', secret: 'db', from, until }, ann)).toEqual([403, undefined]);
  expect(await refused({ secret: 'hidden' }, ann)).toEqual([404, undefined]);
  expect(await refused({ secret: 'no_such' })).toEqual([404, undefined]);
  expect(await refused({ principalId: 'usr_no' })).toEqual([404, undefined]);
});

describe('a report that is too long for one database page', () => {
  const SECRETS = 20_000;
  let long: World;

  beforeAll(async () => {
    long = await world();
    const client = new pg.Client({ connectionString: long.databaseUrl });
    await client.connect();
    await crowd(
      {
        query: async <Row>(text: string, params?: readonly unknown[]) =>
          (await client.query(text, [...(params ?? [])])).rows as Row[],
      },
      { secrets: SECRETS, principals: 5, groups: 2, grants: 10 },
      new Date('2026-01-01T00:00:00Z'),
    );
    await client.end();
  }, 120_000);
  afterAll(() => long.close());

  const adminId = async () => (await long.admin.get('{ viewer { id } }')).viewer.id as string;
  const request = async () => ({
    url: `${long.url}/api${PATH}?principalId=${await adminId()}`,
    init: { headers: { 'x-authorization': long.admin.token! } },
  });
  /** Counts the pages that the report reads, and makes one of these pages fail. */
  const pages = (fail = Number.POSITIVE_INFINITY) => {
    const { prepared } = long.database;
    const { query } = prepared;
    const seen = { read: 0 };
    prepared.query = ((text: string, params?: readonly unknown[]) => {
      if (text.includes('LEFT JOIN LATERAL')) seen.read += 1;
      if (seen.read >= fail) throw new Error('The database went.');
      return query(text, params);
    }) as typeof query;
    return {
      seen,
      restore: () => {
        prepared.query = query;
      },
    };
  };

  test('a report of many pages contains all rows', async () => {
    const { url, init } = await request();
    const response = await fetch(url, init);
    expect(response.headers.get('content-length')).toBeNull();
    const found = parseCsv(await response.text());
    expect(found).toHaveLength(SECRETS + 1);
    expect(new Set(found.map((row) => row[4])).size).toBe(SECRETS + 1);
  });

  test('if a report fails in the middle, the gateway closes the connection, so that the client detects the incomplete report', async () => {
    const { url, init } = await request();
    const counted = pages(5);
    try {
      const response = await fetch(url, init);
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    } finally {
      counted.restore();
    }
  });

  test('the gateway reads pages of a report no faster than the client receives them, and stops reading after the client disconnects', async () => {
    let read = 0;
    let ended = false;
    // This list is endless.
    const services = {
      accessReader: {
        async entries() {
          read += 1;
          if (read > 50_000) throw new Error('The report reads on without a client that receives its rows.');
          const nodes = Array.from({ length: 200 }, () => ({
            principalId: '',
            secretId: '',
            paths: [{ access: ['READ'] }],
          }));
          return { nodes, pageInfo: { hasNextPage: true, endCursor: 'x' } };
        },
      },
      accessObjects: { principal: async () => null, load: async () => ({ name: 'n'.repeat(200) }) },
    };
    const server = createHttpServer({
      routes: restApi({
        sessions: { of: async () => ({ confirm: async () => {}, budget: { renew: () => {} }, ...services }) } as never,
        signIn: {} as never,
        conductor: undefined,
      }),
      log: pino({ level: 'silent' }),
    });
    try {
      const port = await server.listen('127.0.0.1', 0);
      const socket = connect(port, '127.0.0.1');
      socket.pause();
      socket.on('close', () => {
        ended = true;
      });
      socket.write(`GET /api${PATH}?secret=db HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      /** Resolves when the report stops reading pages. This happens only if the report waits for its client. */
      const still = async () => {
        for (let before = -1; before !== read || before === 0; await sleep(500)) before = read;
        return read;
      };
      const taken = await still();
      expect(taken).toBeLessThan(2_000);
      socket.destroy();
      expect(await still()).toBeLessThan(taken + 3);
      expect(ended).toBe(true);
    } finally {
      await server.close({ graceMs: 100 });
    }
  });
});
