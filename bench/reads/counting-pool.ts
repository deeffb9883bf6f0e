import type { Pool } from 'pg';

/** Counts the statements of a pool in the same way as the gateway: every query of every connection. */
export function countStatements(pool: Pool): () => number {
  let statements = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      statements += 1;
      return query(...args);
    }) as typeof client.query;
  });
  return () => statements;
}
