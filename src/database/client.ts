import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { databaseFault, hasState, isTransient, NoConnection } from './faults.ts';
import { PrismaClient } from './generated/client.ts';

/** Hand-written statements: `$1`-style parameters, each cast in the text (`$1::uuid`), rows as plain objects. */
export interface Sql {
  query<Row>(text: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One database transaction. What is done through it commits or vanishes together. */
export interface Transaction extends Sql {
  readonly prisma: PrismaTransaction;
  /** As that of `Database`. */
  readonly prepared: Sql;
}

/** The database: Prisma and hand-written statements over one pool of connections. Every connection fault is `Unavailable`. */
export interface Database extends Sql {
  readonly prisma: Prisma;
  /** Its statements are parsed and planned once on each connection: for the few, constant in text, that are sent all the time. */
  readonly prepared: Sql;
  /**
   * Runs `work` in a transaction (READ COMMITTED) and commits, or rolls back if it throws. `work` may run again after
   * a deadlock, a serialization failure or a prepared statement that is not there, up to three times in all: it must not
   * act outside of the transaction. `ended` hears how each time ended, once its end is known or its connection lost, and
   * before the next: undefined for a commit, else what was thrown.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, ended?: (error: unknown) => void): Promise<T>;
  /** Runs `work` on one connection, without a transaction. If it throws, that connection is given up. What is sent by `prepared` is prepared there. */
  connection<T>(work: (sql: Sql, prepared: Sql) => Promise<T>): Promise<T>;
  /**
   * Runs `work` on the database as it is at this moment (REPEATABLE READ, read only), however long it takes in all: each statement has the
   * time that any has.
   */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Resolves if the database answers. @throws Unavailable */
  ping(): Promise<void>;
  /** Statements sent so far, for metrics and tests. */
  statements(): number;
  close(): Promise<void>;
}

export type Prisma = ReturnType<typeof createPrisma>;
export type PrismaTransaction = Parameters<Parameters<Prisma['$transaction']>[0]>[0];

export interface DatabaseOptions {
  url: string;
  /** Connections at most. */
  connections: number;
  /** Told of an idle connection that broke. */
  onConnectionLost?: (error: Error) => void;
}

// INVARIANT: each is longer than the one before. PostgreSQL gives up first and says so; only one that says nothing is taken for lost.
const STATEMENT_MS = 5_000;
const SILENCE_MS = 6_000;
const TRANSACTION_MS = 10_000;
/** What somebody who is given a snapshot may do with what was read, before the next is read. */
const SNAPSHOT_IDLE_MS = 600_000;
/** For a connection, be it a new one or one that others have. */
const CONNECT_MS = 2_000;

/** SQLSTATE: there is no such prepared statement, or one already. Somebody between us and the server shares its connections. */
const SHARED: readonly unknown[] = ['26000', '42P05'];
/** The same, or a table has changed since the statement was prepared. */
const NOT_PREPARED: ReadonlySet<unknown> = new Set([...SHARED, '0A000']);

/** The same for the same text, whoever prepares it. */
function nameOf(text: string): string {
  return `s_${hash('sha256', text).slice(0, 24)}`;
}

/** Opens no connection by itself: the first statement does. */
export function connect({ url, connections, onConnectionLost }: DatabaseOptions): Database {
  const pool = new Connections({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: TRANSACTION_MS,
    keepAlive: true,
    application_name: 'secrets-gateway',
  });
  pool.on('error', (error) => onConnectionLost?.(error));
  const names = new Map<string, string>();
  let isPreparing = true;
  let isPreparingInTransactions = true;
  const nameFor = (text: string): string => {
    const name = names.get(text) ?? nameOf(text);
    names.set(text, name);
    return name;
  };
  // Prisma asks for every statement; those without a name are not prepared.
  const prisma = createPrisma(pool, ({ sql }) => (isPreparing && isPreparingInTransactions && names.get(sql)) || '');

  const query = async <Row>(text: string, params: readonly unknown[] = []) => {
    try {
      return (await pool.query(text, [...params])).rows as Row[];
    } catch (error) {
      throw databaseFault(error);
    }
  };

  /** Prepared on that connection the first time, unless somebody between us and the server shares its connections. */
  const preparedOn = (on: Pick<pg.ClientBase, 'query'>): Sql => ({
    async query<Row>(text: string, params: readonly unknown[] = []) {
      const unprepared = async () => (await on.query(text, [...params])).rows as Row[];
      if (!isPreparing) return unprepared();
      try {
        return (await on.query({ name: nameFor(text), text, values: [...params] })).rows as Row[];
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (SHARED.includes(code)) isPreparing = false;
        if (NOT_PREPARED.has(code)) return unprepared();
        throw error;
      }
    },
  });
  const pooled = preparedOn(pool as unknown as pg.ClientBase);
  const prepared: Sql = {
    query: (text, params) =>
      pooled.query<never>(text, params).catch((error) => {
        throw databaseFault(error);
      }),
  };

  return {
    prisma,
    query,
    prepared,
    async transaction(work, ended = () => {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const result = await prisma.$transaction(
            (tx) => {
              const query: Sql['query'] = (text, params = []) => tx.$queryRawUnsafe(text, ...params);
              const prepared: Sql['query'] = (text, params) => {
                nameFor(text);
                return query(text, params);
              };
              return work({ prisma: tx, query, prepared: { query: prepared } });
            },
            { maxWait: CONNECT_MS + 1_000, timeout: TRANSACTION_MS },
          );
          ended(undefined);
          return result;
        } catch (error) {
          ended(error);
          // The transaction is lost with the statement: what comes after it, and what is done again, is sent unprepared.
          const wasPrepared = isPreparingInTransactions && hasState(error, NOT_PREPARED);
          if (wasPrepared) isPreparingInTransactions = false;
          if (attempt < 3 && (wasPrepared || isTransient(error))) continue;
          throw databaseFault(error);
        }
      }
    },
    connection: (work) => onConnection(pool, (client) => work(plainOn(client), preparedOn(client))),
    snapshot: (work) =>
      onConnection(pool, async (client) => {
        const sql = plainOn(client);
        await sql.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        await sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${SNAPSHOT_IDLE_MS}`);
        const result = await work(sql);
        await sql.query('COMMIT');
        return result;
      }),
    async ping() {
      await this.query('SELECT 1');
    },
    statements: () => pool.statements,
    async close() {
      await prisma.$disconnect();
      await pool.close();
    },
  };
}

function plainOn(client: pg.PoolClient): Sql {
  return {
    query: async <Row>(text: string, params: readonly unknown[] = []) =>
      (await client.query(text, [...params])).rows as Row[],
  };
}

async function onConnection<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  let client: pg.PoolClient | undefined;
  try {
    client = await pool.connect();
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    // Whatever it was in the middle of ends with it.
    client?.release(true);
    throw databaseFault(error);
  }
}

/** `nameOfStatement`: that under which it is prepared, empty for none. */
function createPrisma(pool: pg.Pool, nameOfStatement: (statement: { sql: string }) => string) {
  // `minimal`: Prisma's messages leave out the arguments of the call.
  const adapter = new PrismaPg(pool, { statementNameGenerator: nameOfStatement });
  const client = new PrismaClient({ adapter, errorFormat: 'minimal' });
  return client.$extends({
    query: {
      $allOperations: async ({ args, query }) => {
        try {
          return await query(args);
        } catch (error) {
          throw databaseFault(error);
        }
      },
    },
  });
}

/**
 * A pool that counts statements, and that gives up connections whose other end has gone without a word: the network
 * swallows what is sent, or the server hangs. `pg` alone would wait, or (with its `query_timeout`) return such a
 * connection to the pool when a transaction's statement was given up on.
 */
class Connections extends pg.Pool {
  statements = 0;
  readonly #open = new Set<pg.PoolClient>();
  readonly #idle = new Set<pg.PoolClient>();
  readonly #waiting = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => this.#watch(client));
    this.on('acquire', (client) => this.#idle.delete(client));
    this.on('release', (_error, client) => this.#idle.add(client));
    this.on('remove', (client) => {
      this.#open.delete(client);
      this.#idle.delete(client);
      this.#waiting.delete(client);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg cannot be restated
  override connect(callback?: (...args: any[]) => void): any {
    if (callback === undefined) {
      return super.connect().catch((error) => {
        throw new NoConnection(error);
      });
    }
    return super.connect((error, client, done) => callback(error && new NoConnection(error), client, done));
  }

  /** Ends the connections, and waits for that as long as the other end may take to hear of it. */
  async close(): Promise<void> {
    await this.end();
    const ended = [...this.#open].map((client) => new Promise((tell) => client.once('end', tell)));
    await Promise.race([Promise.all(ended), sleep(CONNECT_MS, undefined, { ref: false })]);
    for (const client of this.#open) streamOf(client).destroy();
  }

  #watch(client: pg.PoolClient): void {
    this.#open.add(client);
    // The pool hears idle ones only: one that is in use or being ended would take the process with it. Its statements tell.
    client.on('error', () => {});
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      this.statements += 1;
      this.#waiting.add(client);
      return query(...args);
    }) as typeof client.query;
    client.on('drain', () => this.#waiting.delete(client));
    streamOf(client).setTimeout(SILENCE_MS, () => {
      if (!this.#waiting.has(client)) return;
      // The idle ones lead to the same place: whoever takes one next should not have to find out as well.
      for (const lost of [client, ...this.#idle]) streamOf(lost).destroy();
    });
  }
}

/** Everything `pg` and Prisma wait for on a connection ends when this is destroyed, and the pool takes it out. */
function streamOf(client: pg.PoolClient): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
