import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { FOLDER, migrations, schemaVersion } from './schema-version.ts';
import { openConnection } from './servers.ts';

const SCHEMA = join(import.meta.dirname, '../../prisma/schema.prisma');
/**
 * The number of the advisory lock for migrations. With this lock, gateways that start at the same time migrate one after the other. Migrations are
 * correct even without the lock.
 */
export const MIGRATION_LOCK = 5_318_008;
/** The maximum time that a start waits for the migrations of another process. */
const LOCK_TIMEOUT_MS = 60_000;
/** The SQLSTATE of a lock that was not available in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Applies all migrations of `prisma/migrations` in the same way as `prisma migrate deploy`. The function uses the same table `_prisma_migrations`,
 * the same checksums, and Prisma's schema engine in WebAssembly. This way of migrating needs no native code and no download.
 * @throws OtherSchemaVersion if an incompatible version of the gateway created or updated the tables. In this case, the function does not change the
 * database. Throws an Error that names the holder of the lock if another process holds the lock for migrations too long
 */
export async function migrate(url: string, print: (line: string) => void = () => {}): Promise<void> {
  const client = await openConnection(url);
  try {
    if (await isCurrent(client)) return;
    // All connections of the migration use the same server.
    const { serverUrl } = client;
    await withLock(serverUrl, print, async () => {
      if (!(await isCurrent(client))) await applyMigrations(client, serverUrl);
    });
  } finally {
    await client.end();
  }
}

/**
 * Runs `work` while a transaction holds the lock for migrations. PostgreSQL releases the lock of a transaction at its end. The lock of a session would
 * stay behind if PgBouncer in transaction mode gave the connection to another client.
 */
async function withLock(url: string, print: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const holder = await openConnection(url);
  try {
    await holder.query('BEGIN');
    await holder.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await holder.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const { rows } = await holder.query('SELECT pg_try_advisory_xact_lock($1) AS locked', [MIGRATION_LOCK]);
    if (!rows[0].locked) await waitForLock(holder, print);
    await work();
    await holder.query('COMMIT');
  } finally {
    await holder.end();
  }
}

async function waitForLock(holder: pg.Client, print: (line: string) => void): Promise<void> {
  const other = await describeLockHolder(holder);
  print(
    `Another process migrates this database: ${other}. Waiting at most ${LOCK_TIMEOUT_MS / 1_000} seconds for this process.`,
  );
  await holder.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]).catch((error) => {
    if (error.code !== LOCK_NOT_AVAILABLE) throw error;
    throw new Error(
      `The lock for migrations was not free within ${LOCK_TIMEOUT_MS / 1_000} seconds: ${other} holds the lock. If this process is no gateway that is starting, end its connection with pg_terminate_backend, and start the gateway again.`,
    );
  });
}

/** Describes the database connection that holds the lock for migrations. PostgreSQL hides the address of connections of other roles. */
async function describeLockHolder(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `SELECT a.pid, a.usename, a.client_addr::text AS address, a.application_name AS program, a.backend_start::text AS since
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted AND l.objid = $1::bigint::oid AND l.classid = 0
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`,
    [MIGRATION_LOCK],
  );
  const [found] = rows;
  if (found === undefined) return 'an unknown connection';
  const { pid, usename, address, program, since } = found;
  return `process ${pid} of the database server (user ${usename}, address ${address ?? 'unknown'}, program ${JSON.stringify(program ?? '')}, connected since ${since})`;
}

async function applyMigrations(client: pg.Client, url: string): Promise<void> {
  await rollBackUnfinished(client);
  const { engine, close } = await openEngine(url);
  try {
    await engine.applyMigrations({ migrationsList: migrationsList(), filters: NO_FILTERS });
  } finally {
    await close();
  }
}

/**
 * Returns the SQL that changes the tables from the state after all migrations to the state of `schema.prisma`. `url` is an empty database, in which
 * the function applies the migrations.
 */
export async function pendingChanges(url: string): Promise<string> {
  const { engine, close } = await openEngine(url);
  try {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationsList() },
      to: { tag: 'schemaDatamodel', files: [{ path: SCHEMA, content: readFileSync(SCHEMA, 'utf8') }] },
      script: true,
      exitCode: null,
      filters: NO_FILTERS,
    });
    return stdout ?? '';
  } finally {
    await close();
  }
}

/** Declares the part of WebAssembly that this module uses, because Node's type declarations do not include WebAssembly. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/**
 * Returns whether every migration is applied. The check does not use Prisma's schema engine, so that most starts of the gateway do not load the
 * engine.
 */
async function isCurrent(client: pg.Client): Promise<boolean> {
  const query = async <Row extends object>(text: string) => (await client.query<Row>(text)).rows;
  return (await schemaVersion(query)) === 'current';
}

/**
 * Marks unfinished migrations of a killed process as rolled back. An unfinished migration did not change the tables, because the script of a
 * migration and the mark that the migration is finished are committed in one transaction (see MigrationAdapter). The command `prisma migrate resolve
 * --rolled-back` makes the same change.
 */
async function rollBackUnfinished(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`);
  if (!rows[0].present) return;
  await client.query(
    'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL',
  );
}

function migrationsList() {
  return {
    baseDir: FOLDER,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(FOLDER, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: migrations().map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  };
}

async function openEngine(url: string) {
  loading ??= loadEngine();
  const { SchemaEngine } = await loading;
  const pool = new CatalogPool({ connectionString: url, max: 2, connectionTimeoutMillis: 5_000 });
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(pool));
  const engine = await SchemaEngine.new({ datamodels: [[SCHEMA, readFileSync(SCHEMA, 'utf8')]] }, () => {}, adapter);
  const close = async () => {
    engine.free();
    await pool.end();
  };
  return { engine, close };
}

/** The engine is loaded only once per process, because the engine's module keeps references to the memory of one WebAssembly instance. */
let loading: ReturnType<typeof loadEngine> | undefined;

async function loadEngine() {
  const require = createRequire(import.meta.url);
  const wasmPath = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const engine = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  // Prisma's schema engine starts a timer of 10 s. The following code prevents this timer from delaying the end of the process.
  const timers = Object.entries(engine).filter(([name]) => name.startsWith('__wbg_setTimeout'));
  type SetTimeout = (...args: unknown[]) => NodeJS.Timeout;
  const unreferenced = timers.map(([name, set]) => [
    name,
    (...args: unknown[]) => (set as SetTimeout)(...args).unref(),
  ]);
  const imports = { ...engine, ...Object.fromEntries(unreferenced) };
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), { './schema_engine_bg.js': imports });
  engine.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return engine;
}

/** Prisma's adapter, with three changes for migrations. */
class MigrationAdapter extends PrismaPg {
  readonly #pool: CatalogPool;

  constructor(pool: CatalogPool) {
    super(pool);
    this.#pool = pool;
  }

  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const column of this.#pool.charColumns.get(result.rows) ?? []) {
        result.columnTypes[column] = ColumnTypeEnum.Character;
      }
      return result;
    };
    const executeRaw = adapter.executeRaw.bind(adapter);
    // The caller holds a lock of a transaction (`withLock`). PgBouncer in transaction mode would leave the engine's own lock of a session behind.
    adapter.executeRaw = async (query) => (ENGINE_LOCK.test(query.sql) ? 0 : executeRaw(query));
    // One simple query contains the migration script and the statement that marks the migration as finished, because PostgreSQL runs all statements
    // of a simple query in one transaction. Prisma's adapter would split the script at each semicolon.
    adapter.executeScript = async (script) => {
      const { rows } = await this.#pool.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`);
      await this.#pool.query(rows[0].present ? `${script}\n;${MARK_FINISHED}` : script);
    };
    return adapter;
  }

  /** Returns the same connection, because `url` is already the URL of a scratch database. */
  override connectToShadowDb() {
    return this.connect();
  }
}

/**
 * A pool for Prisma's schema engine. The engine reads catalog columns of the type `"char"` (OID 18), which Prisma's adapter rejects. Therefore the
 * pool changes the type of these columns to text, and records the changed columns.
 */
class CatalogPool extends pg.Pool {
  readonly charColumns = new WeakMap<unknown[], number[]>();

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg cannot be restated
  override query(...args: unknown[]): any {
    const query = super.query as (...args: unknown[]) => Promise<pg.QueryResult>;
    return query.apply(this, args).then((result) => {
      const columns = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === 18 ? [i] : []));
      if (columns.length > 0) this.charColumns.set(result.rows, columns);
      for (const column of columns) result.fields[column]!.dataTypeID = 25;
      return result;
    });
  }
}

/** The statement with which Prisma's schema engine takes its own lock. */
const ENGINE_LOCK = /^\s*SELECT pg_advisory_lock\(\d+\);?\s*$/;

const MARK_FINISHED =
  'UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL';
