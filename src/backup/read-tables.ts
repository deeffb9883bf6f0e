// Reads all tables in one snapshot of the database, while gateways use the database.
import { findMonths } from '../audit/audit-retirement.ts';
import type { Database, Sql } from '../database/client.ts';
import { appliedMigrations } from '../database/schema-version.ts';
import { keyUsage } from '../keyring/usage.ts';
import { type BackupHeader, type BackupPart, FORMAT, FORMAT_VERSION } from './backup-content.ts';
import { COLUMNS, TABLES, type TableName, TEXT_SETTINGS } from './tables.ts';

/** Maximum number of rows in memory at a time. */
const ROWS = 1_000;
/** Maximum number of rows of a table with sealed values. A sealed value has up to 256 KiB, and its text form twice as many bytes. */
const SEALED_ROWS = 50;
const SEALED: ReadonlySet<TableName> = new Set(['secret_versions', 'captured_values']);

/** All data of a database at one moment. The rows can be read once. */
export interface Contents {
  header: BackupHeader;
  parts: AsyncIterable<BackupPart>;
  /** The expected number of rows, for the display of the progress. */
  expectedRows: number;
}

/** Passes all data of the database to `consume`. The data is from one snapshot, so concurrent changes are either complete or absent. */
export function readTables<T>(database: Database, consume: (contents: Contents) => Promise<T>): Promise<T> {
  return database.snapshot(async (sql) => {
    await sql.query(TEXT_SETTINGS);
    return consume({
      header: await describe(sql),
      parts: partsOf(sql),
      expectedRows: await countRows(sql),
    });
  });
}

async function describe(sql: Sql): Promise<BackupHeader> {
  const [snapshot] = await sql.query<{ at: Date }>('SELECT now() AS at');
  const tables: BackupHeader['tables'] = [];
  for (const name of TABLES) {
    const columns = await sql.query<{ name: string }>(COLUMNS, [name]);
    tables.push({ name, columns: columns.map((column) => column.name) });
  }
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    createdAt: snapshot!.at.toISOString(),
    migrations: await appliedMigrations((text) => sql.query(text)),
    months: (await findMonths(sql)).map(({ month }) => month),
    tables,
    encryptionKeys: [...(await keyUsage(sql)).keys()].sort(),
  };
}

async function* partsOf(sql: Sql): AsyncGenerator<BackupPart> {
  for (const table of TABLES) {
    await sql.query(`DECLARE backup NO SCROLL CURSOR FOR SELECT t::text AS row FROM "${table}" t`);
    const limit = SEALED.has(table) ? SEALED_ROWS : ROWS;
    for (;;) {
      const found = await sql.query<{ row: string }>(`FETCH ${limit} FROM backup`);
      if (found.length > 0) yield { table, rows: found.map(({ row }) => row) };
      if (found.length < limit) break;
    }
    await sql.query('CLOSE backup');
  }
}

/** Counts the rows. The streams of the audit log contain their numbers of events, so no statement counts the largest table. */
async function countRows(sql: Sql): Promise<number> {
  let total = 0;
  for (const table of TABLES) {
    const [row] = await sql.query<{ count: string }>(
      table === 'audit_events'
        ? 'SELECT coalesce(sum(seq), 0) AS count FROM audit_streams'
        : `SELECT count(*) AS count FROM "${table}"`,
    );
    total += Number(row!.count);
  }
  return total;
}
