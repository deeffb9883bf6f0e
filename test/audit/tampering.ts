// Makes changes by SQL as a superuser who disables the triggers. The test can restore all tables afterwards.
import pg from 'pg';

import { FACT_SOURCES } from '../../src/audit/facts.ts';

const TABLES = ['audit_events', 'audit_streams', 'audit_checkpoints', 'audit_keys', ...Object.keys(FACT_SOURCES)];

export interface Hands {
  /**
   * Runs one statement with parameters, or several statements without parameters. Disables triggers and foreign keys.
   * Returns the number of changed rows.
   */
  do(statement: string, params?: unknown[]): Promise<number>;
  /** Saves the content of all tables. */
  keep(): Promise<void>;
  /** Restores all saved tables, or only the requested tables. */
  putBack(tables?: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

export async function handsIn(databaseUrl: string): Promise<Hands> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => {}); // The connection has to close before the database stops.
  await client.connect();
  await client.query('SET session_replication_role = replica');
  await client.query('CREATE SCHEMA kept');
  return {
    async do(statement, params = []) {
      let rows = 0;
      for (const one of statement.split(';')) rows += (await client.query(one, params)).rowCount ?? 0;
      return rows;
    },
    async keep() {
      for (const table of TABLES) {
        await client.query(`DROP TABLE IF EXISTS kept.${table}`);
        await client.query(`CREATE TABLE kept.${table} AS SELECT * FROM ${table}`);
      }
    },
    async putBack(tables = TABLES) {
      for (const table of tables) {
        await client.query(`DELETE FROM ${table}`);
        await client.query(`INSERT INTO ${table} SELECT * FROM kept.${table}`);
      }
    },
    end: () => client.end(),
  };
}
