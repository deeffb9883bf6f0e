import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { databaseFault } from './faults.ts';
import { PrismaClient } from './generated/client.ts';

/** Hand-written statements: `$1`-style parameters, each cast in the text (`$1::uuid`), rows as plain objects. */
export interface Sql {
  query<Row>(text: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One database transaction. What is done through it commits or vanishes together. */
export interface Transaction extends Sql {
  readonly prisma: PrismaTransaction;
}

/** The database: Prisma and hand-written statements over one pool of connections. Every connection fault is `Unavailable`. */
export interface Database extends Sql {
  readonly prisma: Prisma;
  /**
   * Runs `work` in a transaction (READ COMMITTED) and commits, or rolls back if it throws. `work` may run again after
   * a deadlock or a serialization failure, up to three times in all: it must not act outside of the transaction.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
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

/** Opens no connection by itself: the first statement does. */
export function connect({ url, connections, onConnectionLost }: DatabaseOptions): Database {
  let statements = 0;
  const pool = new CountingPool(
    {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: 2_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 15_000,
      query_timeout: 12_000,
      keepAlive: true,
      application_name: 'secrets-gateway',
    },
    () => {
      statements += 1;
    },
  );
  pool.on('error', (error) => onConnectionLost?.(error));
  const prisma = createPrisma(pool);

  return {
    prisma,
    query: async <Row>(text: string, params: readonly unknown[] = []) => {
      try {
        return (await pool.query(text, [...params])).rows as Row[];
      } catch (error) {
        throw databaseFault(error);
      }
    },
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await prisma.$transaction(
            (tx) => work({ prisma: tx, query: (text, params = []) => tx.$queryRawUnsafe(text, ...params) }),
            { maxWait: 3_000, timeout: 15_000 },
          );
        } catch (error) {
          if (attempt < 3 && isTransient(error)) continue;
          throw databaseFault(error);
        }
      }
    },
    async ping() {
      await this.query('SELECT 1');
    },
    statements: () => statements,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

function createPrisma(pool: pg.Pool) {
  // `minimal`: Prisma's messages leave out the arguments of the call.
  const client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
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

/** A pool that counts the statements its connections send. */
class CountingPool extends pg.Pool {
  constructor(config: pg.PoolConfig, onStatement: () => void) {
    super(config);
    this.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: unknown[]) => {
        onStatement();
        return query(...args);
      }) as typeof client.query;
    });
  }
}

/** A deadlock or a serialization failure: the transaction did nothing and may be tried again. */
function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01' || code === 'P2034';
}

function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, meta } = at as { code?: unknown; meta?: { code?: unknown } };
    if (typeof meta?.code === 'string') return meta.code;
    if (typeof code === 'string') return code;
  }
  return undefined;
}
