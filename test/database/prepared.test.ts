// Tests frequent statements, which the gateway prepares once per connection, and database snapshots.
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { connect, type Database } from '../../src/database/client.ts';
import { Unavailable } from '../../src/errors.ts';
import { freshDatabase } from '../support/database.ts';

let drop: () => Promise<void>;
let url: string;
const opened: Database[] = [];
/** A database with one connection. A test that changes the connection therefore affects the next statement. */
const alone = () => {
  const database = connect({ url, connections: 1 });
  opened.push(database);
  return database;
};
beforeAll(async () => {
  ({ url, drop } = await freshDatabase(inject('databaseUrl')));
  await alone().query('CREATE TABLE things AS SELECT n FROM generate_series(1, 3) n');
});
afterAll(async () => {
  for (const database of opened) await database.close();
  await drop();
});

const SUM = 'SELECT sum(n)::int AS sum, max(n) AS most FROM things WHERE n >= $1::int';
const prepared = ({ query }: Database) =>
  query<{ name: string }>("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%FROM things%'");

describe('prepared database statements', () => {
  test('PostgreSQL plans a prepared statement once per connection, with any parameters', async () => {
    const database = alone();
    expect(await database.prepared.query(SUM, [1])).toEqual([{ sum: 6, most: 3 }]);
    expect(await database.prepared.query(SUM, [3])).toEqual([{ sum: 3, most: 3 }]);
    expect(await prepared(database)).toHaveLength(1);
  });

  test('a prepared statement succeeds even if a proxy discarded it', async () => {
    const database = alone();
    await database.prepared.query(SUM, [1]);
    await database.query('DEALLOCATE ALL');
    for (let i = 0; i < 3; i += 1) expect(await database.prepared.query(SUM, [2])).toEqual([{ sum: 5, most: 3 }]);
  });

  test('a prepared statement succeeds after its table changed', async () => {
    const database = alone();
    await database.prepared.query(SUM, [1]);
    await database.query('ALTER TABLE things ALTER n TYPE bigint');
    expect(await database.prepared.query(SUM, [1])).toEqual([{ sum: 6, most: '3' }]);
    await database.query('ALTER TABLE things ALTER n TYPE int');
    expect(await database.prepared.query(SUM, [1])).toEqual([{ sum: 6, most: 3 }]);
  });

  test('a failed prepared statement throws an error, which is UNAVAILABLE if the database is unreachable', async () => {
    const database = alone();
    await expect(database.prepared.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    const away = connect({ url: 'postgres://nobody@127.0.0.1:1/nowhere', connections: 1 });
    await expect(away.prepared.query(SUM, [1])).rejects.toBeInstanceOf(Unavailable);
    await expect(away.snapshot(({ query }) => query(SUM, [1]))).rejects.toBeInstanceOf(Unavailable);
    await away.close();
  });
});

describe('prepared statements in a transaction', () => {
  const inTransaction = (database: Database, from: number) =>
    database.transaction(async ({ prepared: { query }, ...tx }) => {
      await tx.query('INSERT INTO changes VALUES ($1::int)', [from]);
      return query<{ sum: number; most: number }>(SUM, [from]);
    });
  const changes = (database: Database) => database.query<{ n: number }>('SELECT n FROM changes ORDER BY n');
  beforeEach(async () => {
    const database = alone();
    await database.query('CREATE TABLE IF NOT EXISTS changes (n int)');
    await database.query('TRUNCATE changes');
  });

  test('a transaction prepares its frequent statement once per connection, and prepares no other statement', async () => {
    const database = alone();
    expect(await inTransaction(database, 1)).toEqual([{ sum: 6, most: 3 }]);
    expect(await inTransaction(database, 3)).toEqual([{ sum: 3, most: 3 }]);
    expect(await database.query('SELECT name FROM pg_prepared_statements')).toHaveLength(1);
  });

  test.each([
    ['a proxy dropped the prepared statement', 'DEALLOCATE ALL'],
    ['a table it reads has changed', 'ALTER TABLE things ALTER n TYPE bigint'],
  ])('a transaction with a prepared statement takes effect exactly once even if %s', async (_, meanwhile) => {
    const database = alone();
    await inTransaction(database, 1);
    await database.query(meanwhile);
    for (const from of [2, 3]) expect(Number((await inTransaction(database, from))[0]?.most)).toBe(3);
    expect(await changes(database)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await database.query('ALTER TABLE things ALTER n TYPE int');
  });

  test('if a prepared statement fails, its transaction is rolled back and not repeated', async () => {
    const database = alone();
    let times = 0;
    const failing = database.transaction(async (tx) => {
      times += 1;
      await tx.query('INSERT INTO changes VALUES (1)');
      await tx.prepared.query('SELECT 1 / $1::int', [0]);
    });
    await expect(failing).rejects.toThrow();
    expect([times, await changes(database)]).toEqual([1, []]);
  });
});

describe('database snapshots', () => {
  test('a snapshot shows the database at one moment despite concurrent changes, and cannot change the database', async () => {
    const [database, other] = [alone(), alone()];
    const seen = await database.snapshot(async ({ query }) => {
      const before = await query(SUM, [1]);
      await other.query('INSERT INTO things VALUES (10)');
      return [before, await query(SUM, [1])];
    });
    expect(seen[1]).toEqual(seen[0]);
    expect(await database.query(SUM, [1])).toEqual([{ sum: 16, most: 10 }]);
    await other.query('DELETE FROM things WHERE n = 10');
    await expect(database.snapshot(({ query }) => query('DELETE FROM things'))).rejects.toBeInstanceOf(Unavailable);
    expect(await database.query(SUM, [1])).toEqual([{ sum: 6, most: 3 }]);
  });

  test('if the code that uses a snapshot throws an error, the snapshot returns its database connection to the pool', async () => {
    const database = alone();
    for (let i = 0; i < 3; i += 1) {
      const thrown = new Error('of its own');
      await expect(
        database.snapshot(() => {
          throw thrown;
        }),
      ).rejects.toBe(thrown);
    }
    expect(await database.query(SUM, [1])).toEqual([{ sum: 6, most: 3 }]);
  });
});
