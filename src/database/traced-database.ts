// Adds a span for each SQL statement to a database.
import type { Tracer } from '../telemetry/tracer.ts';
import type { Database, Sql, Transaction } from './client.ts';
import { statementSpan, summaryOf } from './statement-span.ts';

/** Returns a database that makes a span for each hand-written statement and each transaction. The client of Prisma makes its spans itself. */
export function tracedDatabase(database: Database, tracer: Tracer): Database {
  const traced = (sql: Sql): Sql => ({
    query: (text, params) => tracer.run(statementSpan(summaryOf(text)), () => sql.query(text, params)),
  });
  const transaction = (tx: Transaction): Transaction => ({ ...tx, ...traced(tx), prepared: traced(tx.prepared) });
  return {
    ...database,
    ...traced(database),
    prepared: traced(database.prepared),
    transaction: (work, budget) =>
      tracer.run({ name: 'transaction', kind: 'client' }, () =>
        database.transaction((tx) => work(transaction(tx)), budget),
      ),
    connection: (work) => database.connection((sql, prepared) => work(traced(sql), traced(prepared))),
    snapshot: (work) => database.snapshot((sql) => work(traced(sql))),
    ping: () => database.ping(),
  };
}
