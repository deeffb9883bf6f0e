// These tests cause real database faults: a server that refuses connections, an interrupted connection, or a slow
// statement.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type Database, type Transaction } from '../../src/database/client.ts';
import { isDuplicate } from '../../src/database/faults.ts';
import { Unavailable } from '../../src/errors.ts';
import { freshDatabase } from '../support/database.ts';
import { type Network, networkTo } from '../support/network.ts';

let fresh: { url: string; drop: () => Promise<void> };
let network: Network;
let server: pg.Client;
const open: Database[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  fresh = await freshDatabase(inject('databaseUrl'));
  network = await networkTo(fresh.url);
  server = new pg.Client({ connectionString: fresh.url });
  await server.connect();
});
afterEach(async () => {
  network.cut();
  network.mend();
  for (const database of open.splice(0)) await database.close();
  expect(unhandled).toEqual([]);
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  network.close();
  await server.end();
  await fresh.drop();
});

function database(url = network.url, connections = 3): Database {
  const made = connect({ url, connections });
  open.push(made);
  return made;
}

/** Returns the URL of the test database with some parts replaced. */
function but(parts: Partial<URL>): string {
  return Object.assign(new URL(fresh.url), parts).href;
}

/** Closes the database connections of all gateways on the server side. */
async function terminate(): Promise<void> {
  await server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'secrets-gateway' AND datname = current_database()`,
  );
}

/** Waits until a call of `ask` succeeds. */
async function resumed(ask: () => Promise<unknown>): Promise<void> {
  await expect.poll(() => ask().then(() => 'answered', String), { timeout: 15_000 }).toBe('answered');
}

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** The three kinds of database access that the gateway uses. */
const WAYS = {
  'a statement': (db: Database) => db.query('SELECT 1'),
  'a call of Prisma': (db: Database) => db.prisma.user.count(),
  'a transaction': (db: Database) => db.transaction((tx) => tx.query('SELECT 1')),
};

describe.each(Object.entries(WAYS))('an unreachable database, used through %s', (_, ask) => {
  test.each<[string, () => string]>([
    ['nothing listens there', () => but({ port: '1' })],
    ['there is no such host', () => but({ hostname: 'nowhere.invalid' })],
    ['the password is wrong', () => but({ password: 'another' })],
    ['there is no such database', () => but({ pathname: '/none' })],
    ['the server speaks no TLS', () => but({ search: '?sslmode=verify-full' })],
  ])(
    'if the database is unreachable because %s, the query fails with Unavailable, and the error contains the reason for the operator',
    async (_reason, url) => {
      const error = await ask(database(url())).then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error).toBeInstanceOf(Unavailable);
      expect(error.cause.message).toMatch(/^No connection to the database: ./);
    },
  );

  test('a query fails with Unavailable if the database server has too many connections', async () => {
    const role = `plain_${process.pid}_${Date.now()}`;
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain' CONNECTION LIMIT 0`);
    try {
      const db = database(but({ username: role, password: 'plain' }));
      const error = await ask(db).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Unavailable);
      expect(error.cause.cause).toMatchObject({ code: '53300' });
    } finally {
      await server.query(`DROP ROLE ${role}`);
    }
  });

  test('a query fails with Unavailable if the connection pool has no free connection', async () => {
    const db = database(fresh.url, 1);
    let free = () => {};
    const taken = new Promise<void>((resolve) => {
      free = resolve;
    });
    const holder = db.transaction(async (tx) => {
      await tx.query('SELECT 1');
      await taken;
    });
    await pause(100);
    await expect(ask(db)).rejects.toBeInstanceOf(Unavailable);
    free();
    await holder;
    await ask(db);
  });

  test('a query fails with Unavailable if its connection is interrupted, and later queries succeed', async () => {
    const db = database();
    await db.ping();
    network.cut();
    await expect(ask(db)).rejects.toBeInstanceOf(Unavailable);
    await expect(ask(db)).rejects.toBeInstanceOf(Unavailable);
    network.mend();
    await ask(db);
  });

  test('a query fails with Unavailable if the database does not respond, and later queries succeed', async () => {
    const db = database();
    await Promise.all([1, 2, 3].map(() => db.query('SELECT pg_sleep(0.1)')));
    network.swallow();
    await expect(ask(db)).rejects.toBeInstanceOf(Unavailable);
    network.mend();
    // The gateway recovers without a restart, although its idle connections are still broken.
    await resumed(() => ask(db));
  });

  test('a query fails with Unavailable if the database client is closed', async () => {
    const db = connect({ url: fresh.url, connections: 1 });
    await db.close();
    await expect(ask(db)).rejects.toBeInstanceOf(Unavailable);
  });
});

test('a connection that was idle for a long time is closed too if the database does not respond', async () => {
  const db = database();
  const write = () => db.connection((sql) => sql.query('SELECT 1'));
  await Promise.all([db.ping(), write()]);
  await pause(7_000); // longer than the time after which a silent connection is closed
  network.swallow();
  const outcomes = await Promise.allSettled([db.ping(), write()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  network.mend();
  await resumed(() => Promise.all([db.ping(), write()]));
});

/** The next statement of a transaction after its connection breaks. */
const NEXT = {
  'sends a statement': (tx: Transaction) => tx.query('SELECT 2'),
  'calls Prisma': (tx: Transaction) => tx.prisma.user.count(),
  commits: async () => {},
};

describe.each(Object.entries(NEXT))('a database transaction that %s', (_, next) => {
  test.each<[string, () => void | Promise<void>]>([
    ['its connection was cut', () => network.cut()],
    ['its connection was ended by the server', terminate],
    ['nothing comes back', () => network.swallow()],
  ])(
    'a transaction that continues after %s fails with Unavailable, and the gateway does not reuse its connection',
    async (_reason, harm) => {
      const db = database(network.url, 1);
      await expect(
        db.transaction(async (tx) => {
          await tx.query('SELECT 1 AS one');
          await harm();
          await next(tx);
        }),
      ).rejects.toBeInstanceOf(Unavailable);
      network.mend();
      await resumed(() => db.ping());
      await db.transaction((tx) => tx.prisma.user.count());
    },
  );
});

test.each<[string, (tx: Transaction) => Promise<unknown>]>([
  [
    'a statement that takes too long',
    async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = '20ms'`);
      await tx.query('SELECT 1 AS one FROM pg_sleep(2)');
    },
  ],
  [
    'an unavailable lock',
    async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '20ms'`);
      await tx.query('SELECT epoch FROM access_epoch FOR UPDATE');
    },
  ],
  [
    'a transaction idle for too long',
    async (tx) => {
      await tx.query(`SET LOCAL idle_in_transaction_session_timeout = '20ms'`);
      await pause(300);
      await tx.query('SELECT 1 AS one');
    },
  ],
  [
    'a read-only server',
    async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      await tx.query('UPDATE access_epoch SET epoch = epoch RETURNING epoch');
    },
  ],
  [
    'a read-only server, through Prisma,',
    async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      await tx.prisma.user.deleteMany();
    },
  ],
  ['a full disk', (tx) => tx.query(`DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$`)],
  ['a server that shuts down', (tx) => tx.query(`DO $$ BEGIN RAISE EXCEPTION 'bye' USING ERRCODE = '57P01'; END $$`)],
])('a transaction fails with Unavailable because of %s', async (_, work) => {
  const db = database(fresh.url);
  await server.query('BEGIN; SELECT epoch FROM access_epoch FOR UPDATE');
  try {
    await expect(db.transaction(work)).rejects.toBeInstanceOf(Unavailable);
  } finally {
    await server.query('ROLLBACK');
  }
  await db.ping();
});

test.each(['40001', '40P01'])(
  'if a transaction fails with %s, the gateway runs it at most three times',
  async (code) => {
    const db = database(fresh.url);
    let runs = 0;
    const failing = (times: number) =>
      db.transaction(async (tx) => {
        runs += 1;
        if (runs <= times) await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '${code}'; END $$`);
        return runs;
      });
    expect(await failing(2)).toBe(3);
    runs = 0;
    await expect(failing(9)).rejects.toBeInstanceOf(Unavailable);
    expect(runs).toBe(3);
  },
);

test('a transaction reports the outcome of each run to the listeners of this run, the last registered listener first', async () => {
  const db = database(fresh.url);
  const reported: string[] = [];
  let runs = 0;
  const result = await db.transaction(async (tx) => {
    runs += 1;
    for (const name of ['first', 'second'])
      tx.onEnd((error) => reported.push(`${name} of run ${runs}: ${error === undefined ? 'committed' : 'failed'}`));
    if (runs === 1) await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    return runs;
  });
  expect(result).toBe(2);
  expect(reported).toEqual([
    'second of run 1: failed',
    'first of run 1: failed',
    'second of run 2: committed',
    'first of run 2: committed',
  ]);
});

test('if the commit of a transaction fails, the gateway repeats the transaction only if the caller allows it', async () => {
  const db = database(fresh.url);
  await server.query(`CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
  const error = await db
    .transaction(async (tx) => {
      await tx.query('INSERT INTO late VALUES (1), (1) RETURNING n');
    })
    .catch((thrown) => thrown);
  expect(error).not.toBeInstanceOf(Unavailable);
  expect(isDuplicate(error, 'late_n_key')).toBe(true);
  expect(await db.query('SELECT n FROM late')).toEqual([]);
});

test('the gateway does not report an internal error as an unavailable database', async () => {
  const db = database(fresh.url);
  const faults = [
    db.query('SELECT * FROM nothing'),
    db.query(`SELECT 'the socket: connection terminated'::int`),
    db.prisma.$queryRawUnsafe('SELECT 1/0'),
    db.transaction((tx) => tx.query('SELECT no_such_function()')),
    db.transaction(async () => {
      throw new TypeError('Connection error: socket timeout');
    }),
  ];
  for (const outcome of await Promise.allSettled(faults)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Error) });
    expect(outcome).not.toMatchObject({ reason: expect.any(Unavailable) });
  }
});

test('the error about a unique violation contains the name of the index', async () => {
  const db = database(fresh.url);
  await server.query(
    'CREATE TABLE once (a int, b int); CREATE UNIQUE INDEX once_a ON once (a); CREATE UNIQUE INDEX once_b ON once (b)',
  );
  await db.query('INSERT INTO once VALUES (1, 1)');
  const insert = (sql: { query: Database['query'] }) => sql.query('INSERT INTO once VALUES (1, 2) RETURNING a');
  for (const attempt of [() => insert(db), () => db.transaction(insert)]) {
    const error = await attempt().catch((thrown) => thrown);
    expect(isDuplicate(error, 'once_a')).toBe(true);
    expect(isDuplicate(error, 'once')).toBe(false);
    expect(isDuplicate(error, 'once_b')).toBe(false);
  }
  expect(isDuplicate(new Error('once_a 23505'), 'once_a')).toBe(false);
});

test('after hundreds of database faults, every request still receives a connection', { timeout: 60_000 }, async () => {
  const db = connect({ url: network.url, connections: 4 });
  let faults = 0;
  for (let round = 0; round < 25; round += 1) {
    const asked = [...Array(4)].flatMap(() => [
      db.query('SELECT pg_sleep(0.01)'),
      db.transaction(async (tx) => {
        await tx.query('SELECT 1 AS one FROM pg_sleep(0.01)');
        await tx.query('SELECT 2 AS two');
      }),
      db.prisma.user.count(),
    ]);
    if (round % 2 === 0) {
      await pause(5);
      network.cut();
    } else {
      await terminate();
    }
    for (const outcome of await Promise.allSettled(asked)) {
      if (outcome.status === 'fulfilled') continue;
      faults += 1;
      expect(outcome.reason).toBeInstanceOf(Unavailable);
    }
    network.mend();
  }
  expect(faults).toBeGreaterThan(100);
  // The test uses all connections at the same time. Every request succeeds only if all connections still work.
  await resumed(() => Promise.all([1, 2, 3, 4].map(() => db.ping())));
  const meet = [1, 2, 3, 4].map(() => db.transaction((tx) => tx.query('SELECT 1 AS one FROM pg_sleep(0.2)')));
  expect(await Promise.all(meet)).toHaveLength(4);
  await db.close();
  const left = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'secrets-gateway' AND datname = current_database()`;
  await expect.poll(async () => (await server.query(left)).rows[0].n, { timeout: 10_000 }).toBe(0);
});
