// Limits the statements that one request runs at a time. Its other statements wait here and not for a connection, where a wait ends after two seconds.
import type { Database, Sql } from './client.ts';

/** Most statements that a request runs at a time. Its other statements wait in order, without a timeout. */
const MOST_UNDER_WAY = 4;

/**
 * The database for one request. A request with many fields leaves connections to other requests, and none of its statements is refused because
 * its others are slow. Transactions do not wait here, because a statement that a transaction waits for could itself wait for the transaction.
 */
export function forOneRequest(database: Database): Database {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const limited = (sql: Sql): Sql['query'] => {
    return async (text, params) => {
      // INVARIANT: a statement that ends gives its place to the first one that waits, so that no later statement takes the place.
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
