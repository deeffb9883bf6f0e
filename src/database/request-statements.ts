// Statements of one request wait for each other here, not for a connection: a wait for a connection ends after two seconds.
import type { Database, Sql } from './client.ts';

/** Under way at the same time, for one request. The others of its aliases wait in order, as long as it takes. */
const MOST_UNDER_WAY = 4;

/**
 * The database for one request. However many fields the request has, it leaves connections to other requests, and none of its statements is
 * refused because the others are slow. Transactions do not wait here: what a transaction waits for could wait for the transaction.
 */
export function forOneRequest(database: Database): Database {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const limited = (sql: Sql): Sql['query'] => {
    return async (text, params) => {
      // INVARIANT: who ends gives its place to the first that waits, so that no later statement takes it.
      if (underWay < MOST_UNDER_WAY) underWay += 1;
      else await new Promise<void>((begin) => waiting.push(begin));
      try {
        return await sql.query(text, params);
      } finally {
        const begin = waiting.shift();
        if (begin === undefined) underWay -= 1;
        else begin();
      }
    };
  };
  return { ...database, query: limited(database), prepared: { query: limited(database.prepared) } };
}
