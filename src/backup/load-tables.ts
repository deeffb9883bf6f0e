// Creates the tables in an empty database, and fills the tables with the rows of a backup.
import type { Database, Sql } from '../database/client.ts';
import { MIGRATION_LOCK } from '../database/migrate.ts';
import { checksum, migrations } from '../database/schema-version.ts';
import type { BackupHeader, BackupPart } from './backup-content.ts';
import { BackupError } from './backup-error.ts';
import { COLUMNS, PRISMA_TABLE, TABLES, TEXT_SETTINGS } from './tables.ts';

/**
 * Loads a backup into an empty database, in one transaction. After an error, the database is empty as before.
 * @throws BackupError `NOT_EMPTY`, `OTHER_VERSION`, `DAMAGED`
 */
export async function loadTables(
  database: Database,
  header: BackupHeader,
  parts: AsyncIterable<BackupPart>,
  onRows: (done: number) => void = () => {},
): Promise<void> {
  const scripts = scriptsOf(header);
  await database.connection(async (sql) => {
    await sql.query('BEGIN');
    await sql.query(TEXT_SETTINGS);
    // A gateway that starts now waits for this lock, and then finds the tables of the backup.
    await sql.query('SELECT pg_advisory_xact_lock($1::bigint)', [MIGRATION_LOCK]);
    await requireEmpty(sql);
    await sql.query(PRISMA_TABLE);
    for (const script of scripts) await sql.query(script);
    await requireColumns(sql, header);
    // The migrations insert some rows. The backup contains the current state of these rows.
    for (const { name } of header.tables.toReversed()) await sql.query(`DELETE FROM ${quoted(name)}`);
    for (const month of header.months) await sql.query('SELECT make_audit_partition($1::date)', [`${month}-01`]);
    // INVARIANT: no trigger changes a restored row. Some triggers raise revisions after an insertion.
    const triggered = await tablesWithInsertTriggers(sql);
    for (const table of triggered) await sql.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    let done = 0;
    for await (const { table, rows } of parts) {
      await insertRows(sql, table, rows);
      done += rows.length;
      onRows(done);
    }
    for (const table of triggered) await sql.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    await sql.query('COMMIT');
  });
  // Without statistics, PostgreSQL chooses slow plans until its next automatic analysis. The data is complete even if the analysis fails.
  for (const { name } of header.tables) await database.query(`ANALYZE ${quoted(name)}`).catch(() => {});
}

/** @throws BackupError `DAMAGED` if PostgreSQL does not accept the rows. The message of PostgreSQL is dropped, because the message can quote a row. */
async function insertRows(sql: Sql, table: string, rows: string[]): Promise<void> {
  // The clause OFFSET 0 keeps PostgreSQL from converting the text of a row once for each column.
  const text = `INSERT INTO ${quoted(table)}
    SELECT (c.r).* FROM (SELECT t::${quoted(table)} AS r FROM unnest($1::text[]) t OFFSET 0) c`;
  await sql.query(text, [rows]).catch((error) => {
    // The classes of SQLSTATEs for invalid data and for violated constraints.
    if (!/^2[23]/.test(String(error.code))) throw error;
    throw new BackupError('DAMAGED', `PostgreSQL does not accept a row of the table ${table} in the backup.`);
  });
}

/** Checks that a database contains no tables. @throws BackupError `NOT_EMPTY` */
export async function requireEmpty(sql: Sql): Promise<void> {
  const [found] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`,
  );
  if (found?.count === 0) return;
  throw new BackupError(
    'NOT_EMPTY',
    'The database already contains tables, and was not changed. Set DATABASE_URL to an empty database, or DATA_DIR to a new directory.',
  );
}

/** Returns the SQL of the backup's migrations. @throws BackupError `OTHER_VERSION` */
function scriptsOf(header: BackupHeader): string[] {
  const own = new Map(migrations().map(({ name, sql }) => [name, sql]));
  return header.migrations.map(({ name, checksum: expected }) => {
    const sql = own.get(name);
    if (sql !== undefined && checksum(sql) === expected) return sql;
    throw new BackupError(
      'OTHER_VERSION',
      'Another version of the gateway made this backup, and its tables differ from the tables of this version. Restore the backup with the version that made it.',
    );
  });
}

async function requireColumns(sql: Sql, header: BackupHeader): Promise<void> {
  for (const { name, columns } of header.tables) {
    const known = (TABLES as readonly string[]).includes(name);
    const found = known ? await sql.query<{ name: string }>(COLUMNS, [name]) : [];
    if (found.map((column) => column.name).join() !== columns.join())
      throw new BackupError(
        'DAMAGED',
        'The backup has rows of tables that the migrations in the backup do not create.',
      );
  }
}

async function tablesWithInsertTriggers(sql: Sql): Promise<string[]> {
  const INSERT = 4; // a bit of `tgtype`
  const found = await sql.query<{ name: string }>(
    `SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE NOT tgisinternal AND tgtype & ${INSERT} <> 0`,
  );
  return found.map(({ name }) => name);
}

function quoted(table: string): string {
  return `"${table.replaceAll('"', '""')}"`;
}
