// Limits the number of statements that one request runs at the same time. Further statements of the request wait in this module, within the budget of
// the request. If the further statements waited for a connection instead, they would fail after two seconds.
import type { WaitBudget } from '../primitives/wait-budget.ts';
import type { Database, Sql } from './client.ts';

/** Maximum number of statements that a request runs at the same time. */
const MAX_RUNNING = 4;

/**
 * Returns the database for one request. Because of the limit, a request with many fields leaves connections for other requests, and slow statements
 * of the request cause no timeout for its other statements. Transactions are not limited, because otherwise a transaction and a statement could wait
 * for each other. The request waits for statements within its budget. A transaction or a snapshot of the returned database uses no budget: only
 * simulations of access need such a transaction, and simulations have limits of their own.
 */
export function forOneRequest(database: Database, budget: WaitBudget): Database {
  const waiting: (() => void)[] = [];
  let running = 0;
  const limited = (sql: Sql): Sql['query'] => {
    const query: Sql['query'] = async (text, params) => {
      // INVARIANT: when a statement ends, the first waiting statement starts. A statement that arrives at this moment cannot start before a waiting
      // statement.
      if (running < MAX_RUNNING) running += 1;
      else await new Promise<void>((begin) => waiting.push(begin));
      try {
        budget.requireLeft();
        return await sql.query(text, params);
      } finally {
        const begin = waiting.shift();
        if (begin === undefined) running -= 1;
        else begin();
      }
    };
    return (text, params) => budget.within(() => query(text, params));
  };
  return { ...database, query: limited(database), prepared: { query: limited(database.prepared) } };
}
