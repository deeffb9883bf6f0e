import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { WaitBudget } from '../primitives/wait-budget.ts';
import { tracer } from '../telemetry/tracer.ts';
import { columnTypes } from './column-types.ts';
import { databaseFault, hasState, isTransient, NoConnection } from './faults.ts';
import { PrismaClient } from './generated/client.ts';
import { DatabaseServers, ServerClient } from './servers.ts';
import { statementSpan } from './statement-span.ts';

/**
 * Runs hand-written SQL. The parameters are `$1`, `$2` and so on. The SQL contains a cast for each parameter, such as `$1::uuid`. The function
 * returns rows as plain objects.
 */
export interface Sql {
  query<Row>(text: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One database transaction. Either all changes of the transaction are committed, or no change is committed. */
export interface Transaction extends Sql {
  readonly prisma: PrismaTransaction;
  /** Runs prepared statements in the transaction, in the same way as `Database.prepared`. */
  readonly prepared: Sql;
  /**
   * Calls `listener` when the outcome of this run of the transaction is known or its connection is lost. The argument is undefined after a commit.
   * After a failed run, the argument is the error. Listeners run before the next run, and in the reverse order of their registration.
   */
  onEnd(listener: EndListener): void;
}

export type EndListener = (error: unknown) => void;

/** The database: Prisma and hand-written statements share one pool of connections. Every connection fault becomes `Unavailable`. */
export interface Database extends Sql {
  readonly prisma: Prisma;
  /**
   * Runs prepared statements: PostgreSQL parses and plans the SQL of a prepared statement only once per connection. Use `prepared` only for frequent
   * statements whose SQL is constant.
   */
  readonly prepared: Sql;
  /**
   * Runs `work` in a transaction (READ COMMITTED). Commits the transaction, or rolls it back if `work` throws. `work` runs up to three times, because
   * a deadlock, a serialization failure or a missing prepared statement causes another run. Therefore `work` must have no effects outside of the
   * transaction. `Transaction.onEnd` reports the outcome of each run. When `budget` is spent, the transaction sends no further statement and is rolled
   * back, unless its commit has begun.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, budget?: WaitBudget): Promise<T>;
  /**
   * Runs `work` on the connection for writes, without a transaction. Only one `work` runs at a time. If `work` throws an error, the function closes
   * the connection. The function `prepared` prepares statements on this connection, and PostgreSQL plans each of them only once (`WRITE_SETTINGS`).
   */
  connection<T>(work: (sql: Sql, prepared: Sql) => Promise<T>): Promise<T>;
  /**
   * Runs `work` on a snapshot of the database (REPEATABLE READ, read only). The call as a whole has no timeout. The usual statement timeout applies
   * to each statement.
   */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Checks the connection by sending a statement. @throws Unavailable */
  ping(): Promise<void>;
  /**
   * Calls `listener` after a connection broke, and for each new connection for writes. After a failover, the next connection can lead to another
   * server.
   */
  onReconnect(listener: () => void): void;
  /** The number of statements that this process sent, for metrics and tests. */
  statements(): number;
  close(): Promise<void>;
}

export type Prisma = ReturnType<typeof createPrisma>;
export type PrismaTransaction = Parameters<Parameters<Prisma['$transaction']>[0]>[0];

export interface DatabaseOptions {
  /** The URL of the database. The URL can name several servers, see `DatabaseServers`. */
  url: string;
  /** Maximum number of connections, at least two. One of them is the connection for writes. */
  connections: number;
  /** A callback. The pool calls the callback when an idle connection breaks. */
  onConnectionLost?: (error: Error) => void;
}

// INVARIANT: each of the following timeouts is longer than the previous timeout. PostgreSQL must have time to report the timeout of a statement. The
// gateway treats a connection as lost only if PostgreSQL sends no answer.
const STATEMENT_TIMEOUT_MS = 5_000;
const SILENCE_TIMEOUT_MS = 6_000;
const TRANSACTION_TIMEOUT_MS = 10_000;
/** The maximum time that the caller of `snapshot` may use between two statements. */
const MAX_SNAPSHOT_IDLE_MS = 600_000;
/** Maximum time that a statement waits for a new connection or for a free connection of the pool. */
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * The SQLSTATEs of two errors: a prepared statement does not exist, or a prepared statement already exists. These errors occur if a proxy, such as
 * PgBouncer, shares connections between clients.
 */
const MISSING_OR_DUPLICATE: readonly unknown[] = ['26000', '42P05'];
/** The SQLSTATEs of `MISSING_OR_DUPLICATE`, and the SQLSTATE of a prepared statement whose table changed. */
const NOT_PREPARED: ReadonlySet<unknown> = new Set([...MISSING_OR_DUPLICATE, '0A000']);

/** Returns the name of a prepared statement. Equal SQL produces the same name in every process. */
function statementNameOf(text: string): string {
  return `s_${hash('sha256', text).slice(0, 24)}`;
}

/**
 * Settings of the connection for writes. The arrays of its statements differ in length, and PostgreSQL would otherwise plan these statements again at
 * each call. The other connections keep the default, because lists need a plan for their parameters.
 */
const WRITE_SETTINGS = '-c plan_cache_mode=force_generic_plan';

/** Creates the pools of connections. The first statement opens the first connection. */
export function connect({ url, connections, onConnectionLost }: DatabaseOptions): Database {
  const servers = new DatabaseServers(url);
  const config: pg.PoolConfig = {
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'secrets-gateway',
    types: columnTypes,
  };
  const pool = new Connections(servers, { ...config, max: Math.max(1, connections - 1) });
  const writer = new Connections(servers, { ...config, max: 1, options: WRITE_SETTINGS });
  for (const each of [pool, writer]) each.on('error', (error) => onConnectionLost?.(error));
  const names = new Map<string, string>();
  let isPreparing = true;
  let isPreparingInTransactions = true;
  const nameFor = (text: string): string => {
    const name = names.get(text) ?? statementNameOf(text);
    names.set(text, name);
    return name;
  };
  // Prisma calls this function for every statement, to get the statement's name. Prisma does not prepare a statement if the name is empty.
  const prisma = createPrisma(pool, ({ sql }) => (isPreparing && isPreparingInTransactions && names.get(sql)) || '');

  const query = async <Row>(text: string, params: readonly unknown[] = []) => {
    try {
      return (await pool.query(text, [...params])).rows as Row[];
    } catch (error) {
      throw databaseFault(error);
    }
  };

  /**
   * Returns an `Sql` that prepares each statement when the statement is first used on a connection. If a proxy shares connections between clients,
   * the function does not prepare statements.
   */
  const preparedOn = (on: Pick<pg.ClientBase, 'query'>): Sql => ({
    async query<Row>(text: string, params: readonly unknown[] = []) {
      const unprepared = async () => (await on.query(text, [...params])).rows as Row[];
      if (!isPreparing) return unprepared();
      try {
        return (await on.query({ name: nameFor(text), text, values: [...params] })).rows as Row[];
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (MISSING_OR_DUPLICATE.includes(code)) isPreparing = false;
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
    async transaction(work, budget) {
      for (let attempt = 1; ; attempt += 1) {
        const listeners: EndListener[] = [];
        const end = (error: unknown) => {
          for (const listener of listeners.reverse()) listener(error);
        };
        try {
          const result = await prisma.$transaction(
            async (tx) => {
              const query: Sql['query'] = async (text, params = []) => {
                budget?.requireLeft();
                return tx.$queryRawUnsafe(text, ...params);
              };
              const prepared: Sql['query'] = (text, params) => {
                nameFor(text);
                return query(text, params);
              };
              const onEnd = (listener: EndListener) => void listeners.push(listener);
              const result = await work({ prisma: tx, query, prepared: { query: prepared }, onEnd });
              budget?.requireLeft();
              return result;
            },
            { maxWait: CONNECT_TIMEOUT_MS + 1_000, timeout: TRANSACTION_TIMEOUT_MS },
          );
          end(undefined);
          return result;
        } catch (error) {
          end(error);
          // The failed statement ended the transaction. The next run of this transaction, and all later transactions, do not prepare their
          // statements.
          const wasPrepared = isPreparingInTransactions && hasState(error, NOT_PREPARED);
          if (wasPrepared) isPreparingInTransactions = false;
          if (attempt < 3 && !budget?.isSpent && (wasPrepared || isTransient(error))) continue;
          throw databaseFault(error);
        }
      }
    },
    connection: (work) => onConnection(writer, (client) => work(unpreparedOn(client), preparedOn(client))),
    snapshot: (work) =>
      onConnection(pool, async (client) => {
        const sql = unpreparedOn(client);
        await sql.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        await sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${MAX_SNAPSHOT_IDLE_MS}`);
        const result = await work(sql);
        await sql.query('COMMIT');
        return result;
      }),
    async ping() {
      await this.query('SELECT 1');
    },
    onReconnect(listener) {
      writer.on('connect', listener);
      for (const each of [pool, writer]) each.onBroken(listener);
    },
    statements: () => pool.statements + writer.statements,
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.close(), writer.close()]);
    },
  };
}

function unpreparedOn(client: pg.PoolClient): Sql {
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
    // Closing the connection also ends a running statement or transaction.
    client?.release(true);
    throw databaseFault(error);
  }
}

/** The function `nameOfStatement` returns the name of the prepared statement for an SQL text. If the name is empty, the statement is not prepared. */
function createPrisma(pool: pg.Pool, nameOfStatement: (statement: { sql: string }) => string) {
  // With the format `minimal`, error messages of Prisma do not contain the arguments of the call.
  const adapter = new PrismaPg(pool, { statementNameGenerator: nameOfStatement });
  const client = new PrismaClient({ adapter, errorFormat: 'minimal' });
  return client.$extends({
    query: {
      $allOperations: async ({ model, operation, args, query }) => {
        try {
          // A raw statement has no model. The methods `query` and `prepared` make the span of a raw statement.
          if (tracer === undefined || model === undefined) return await query(args);
          return await tracer.run(statementSpan(`${model}.${operation}`), () => query(args));
        } catch (error) {
          throw databaseFault(error);
        }
      },
    },
  });
}

/**
 * A pool that counts statements. The pool also closes a connection if the server does not answer, because the network drops packets or the server
 * hangs. Without this pool, `pg` would wait for the server without a time limit. The option `query_timeout` of `pg` is no solution, because after a
 * timeout within a transaction `pg` would return the broken connection to the pool.
 */
class Connections extends pg.Pool {
  statements = 0;
  readonly #open = new Set<pg.PoolClient>();
  readonly #idle = new Set<pg.PoolClient>();
  readonly #waiting = new Set<pg.PoolClient>();
  readonly #servers: DatabaseServers;
  readonly #brokenListeners: (() => void)[] = [];

  constructor(servers: DatabaseServers, config: pg.PoolConfig) {
    super({ ...config, servers, Client: ServerClient } as unknown as pg.PoolConfig);
    this.#servers = servers;
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
      return new Promise((resolve, reject) =>
        this.connect((error: unknown, client: unknown) => (error ? reject(error) : resolve(client))),
      );
    }
    // If a server refuses the connection, the next attempt uses the next server. Each server gets one attempt.
    const attempt = (left: number) => {
      const tried = this.#servers.current;
      super.connect((error, client, done) => {
        if (error && left > 1 && this.#servers.current !== tried) return attempt(left - 1);
        callback(error && new NoConnection(error), client, done);
      });
    };
    attempt(this.#servers.urls.length);
  }

  /** Calls `listener` when a connection ends that the pool did not close. */
  onBroken(listener: () => void): void {
    this.#brokenListeners.push(listener);
  }

  /** Closes the connections of the pool. The function waits at most `CONNECT_TIMEOUT_MS` for the server's confirmation. */
  async close(): Promise<void> {
    await this.end();
    const ended = [...this.#open].map((client) => new Promise((resolve) => client.once('end', resolve)));
    await Promise.race([Promise.all(ended), sleep(CONNECT_TIMEOUT_MS, undefined, { ref: false })]);
    for (const client of this.#open) streamOf(client).destroy();
  }

  #watch(client: pg.PoolClient): void {
    this.#open.add(client);
    // The pool of `pg` handles only the errors of idle connections. Without this handler, an error of a connection that is in use would end the
    // process.
    client.on('error', () => {
      for (const listener of this.#brokenListeners) listener();
    });
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      this.statements += 1;
      this.#waiting.add(client);
      return query(...args);
    }) as typeof client.query;
    client.on('drain', () => this.#waiting.delete(client));
    if (this.#servers.mustWrite) this.#leaveReadOnlyServer(client);
    // A callback of `setTimeout` would be called only once, even if the connection was only idle.
    streamOf(client).setTimeout(SILENCE_TIMEOUT_MS);
    streamOf(client).on('timeout', () => {
      if (!this.#waiting.has(client)) return;
      // The pool also closes the idle connections, because they lead to the same server. Otherwise, the next caller on each idle connection would
      // have to wait until the same timeout.
      for (const lostClient of [client, ...this.#idle]) streamOf(lostClient).destroy();
    });
  }

  /**
   * Closes the connections to a server that became read-only, so that new connections look for the server that accepts writes. The statement that
   * failed receives its error first.
   */
  #leaveReadOnlyServer(client: pg.PoolClient): void {
    const { serverUrl } = client as unknown as ServerClient;
    connectionOf(client).on('errorMessage', ({ code }) => {
      if (code !== READ_ONLY_STATE) return;
      this.#servers.failed(serverUrl);
      const others = [...this.#idle].filter((idle) => (idle as unknown as ServerClient).serverUrl === serverUrl);
      setImmediate(() => {
        for (const lostClient of [client, ...others]) streamOf(lostClient).destroy();
      });
    });
  }
}

/** The SQLSTATE of a write on a read-only server. */
const READ_ONLY_STATE = '25006';

/**
 * Returns the socket of a connection. When the socket is destroyed, all waiting calls of `pg` and Prisma fail, and the pool removes the connection.
 */
function streamOf(client: pg.PoolClient): Socket {
  return connectionOf(client).stream;
}

function connectionOf(client: pg.PoolClient): NodeJS.EventEmitter & { stream: Socket } {
  return (client as unknown as { connection: NodeJS.EventEmitter & { stream: Socket } }).connection;
}
