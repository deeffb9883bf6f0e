import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { NoConnection } from './faults.ts';
import { FOLDER, migrations, schemaVersion } from './schema-version.ts';

const SCHEMA = join(import.meta.dirname, '../../prisma/schema.prisma');
/** One lock for whoever migrates this database. A courtesy between gateways that start together, not what correctness hangs on. */
const LOCK = 5_318_008;

/**
 * Brings the database to the newest of `prisma/migrations`, as `prisma migrate deploy` would: same `_prisma_migrations`
 * table, same checksums, by Prisma's own schema engine compiled to WebAssembly (nothing native, nothing downloaded).
 * @throws OtherSchemaVersion if another version of the gateway made or updated the tables; the database is not changed
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // whatever it is waiting for fails, and tells
  await client.connect().catch((error) => {
    throw new NoConnection(error);
  });
  try {
    if (await isCurrent(client)) return;
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    if (!(await isCurrent(client))) await applyMigrations(client, url);
  } finally {
    await client.end();
  }
}

async function applyMigrations(client: pg.Client, url: string): Promise<void> {
  await forgetHalfDone(client);
  const { engine, close } = await openEngine(url);
  try {
    await engine.applyMigrations({ migrationsList: migrationsList(), filters: NO_FILTERS });
  } finally {
    await close();
  }
}

/** The SQL that takes what the migrations make to what `schema.prisma` says. `url` names an empty database to try them on. */
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

/** As far as it is used here: Node has it, the types of Node do not. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Whether every migration is applied. Checked without the engine, so that most starts do not load it. */
async function isCurrent(client: pg.Client): Promise<boolean> {
  const query = async <Row extends object>(text: string) => (await client.query<Row>(text)).rows;
  return (await schemaVersion(query)) === 'current';
}

/**
 * A process killed in the middle of a migration leaves its row unfinished. Since script and row are finished in one transaction
 * (see MigrationAdapter), nothing of the script is there: what `prisma migrate resolve --rolled-back` is for.
 */
async function forgetHalfDone(client: pg.Client): Promise<void> {
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

/** Once a process: the module keeps views of one instance's memory. */
let loading: ReturnType<typeof loadEngine> | undefined;

async function loadEngine() {
  const require = createRequire(import.meta.url);
  const wasmPath = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const engine = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  // It leaves a timer of 10 s behind, which must not keep a process from ending.
  const timers = Object.entries(engine).filter(([name]) => name.startsWith('__wbg_setTimeout'));
  type SetTimeout = (...args: unknown[]) => NodeJS.Timeout;
  const unkept = timers.map(([name, set]) => [name, (...args: unknown[]) => (set as SetTimeout)(...args).unref()]);
  const imports = { ...engine, ...Object.fromEntries(unkept) };
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), { './schema_engine_bg.js': imports });
  engine.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return engine;
}

/** What Prisma's adapter does, and two things that migrations need and it does not do. */
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
    // A script runs whole, in one transaction with the note that it is finished: several statements sent as one simple
    // query are one. The adapter itself would cut it at each semicolon.
    adapter.executeScript = async (script) => {
      const { rows } = await this.#pool.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`);
      await this.#pool.query(rows[0].present ? `${script}\n;${FINISHED}` : script);
    };
    return adapter;
  }

  /** The database at hand is the scratch one. */
  override connectToShadowDb() {
    return this.connect();
  }
}

/** The engine reads catalogs with columns of the type `"char"` (OID 18), which the adapter refuses: passes them as text, and remembers which. */
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

const FINISHED =
  'UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL';
