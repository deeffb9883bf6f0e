// Compares the migrations that were applied to a database with the migrations of this version of the gateway.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDER = join(import.meta.dirname, '../../prisma/migrations');

export interface Migration {
  /** The name of the migration's folder. */
  name: string;
  sql: string;
}

/** Returns the migrations of this version of the gateway, in the order of application. */
export function migrations(): Migration[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, sql: readFileSync(join(FOLDER, name, 'migration.sql'), 'utf8') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An error: an incompatible version of the gateway created or updated the tables of the database. */
export class OtherSchemaVersion extends Error {
  constructor(problem: string, remedy: string) {
    super(`${problem} This version of the gateway did not change the database. ${remedy}`);
    this.name = 'OtherSchemaVersion';
  }
}

/**
 * `empty`: the database has no finished migration. `behind`: some migrations of this version of the gateway are not applied yet. `current`: all
 * migrations are applied.
 */
export type SchemaVersion = 'empty' | 'behind' | 'current';

type Query = <Row extends object>(text: string) => Promise<Row[]>;

/**
 * INVARIANT: if a database contains a migration that this version of the gateway does not know, this version refuses the database before the first
 * write. The reason is that this version cannot know the meaning of the tables.
 * @throws OtherSchemaVersion
 */
export async function schemaVersion(query: Query): Promise<SchemaVersion> {
  const [table] = await query<{ present: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`);
  if (!table?.present) return 'empty';
  const applied = await appliedMigrations(query);
  const own = new Map(migrations().map(({ name, sql }) => [name, checksum(sql)]));
  const changed = applied.find(({ name, checksum }) => own.has(name) && own.get(name) !== checksum);
  const unknown = applied.findLast(({ name }) => !own.has(name));
  if (unknown !== undefined && changed === undefined && applied.some(({ name }) => own.has(name))) {
    throw new OtherSchemaVersion(
      `A newer version of the gateway updated this database: migration ${unknown.name} is applied, and this version does not contain this migration.`,
      'Start the newer version, or restore a backup from before the update.',
    );
  }
  const other = changed ?? unknown;
  if (other !== undefined) {
    const difference =
      other === changed ? 'contains different SQL for this migration' : 'does not contain this migration';
    throw new OtherSchemaVersion(
      `Another version of the gateway created the tables of this database: migration ${other.name} is applied, but this version ${difference}.`,
      'The gateway cannot update from that version. Set DATABASE_URL or DATA_DIR to an empty database, or start the version that created the tables.',
    );
  }
  if (applied.length === 0) return 'empty';
  return applied.length < own.size ? 'behind' : 'current';
}

/** Returns the applied migrations of a database, ordered by name. The table `_prisma_migrations` must exist. */
export function appliedMigrations(query: Query): Promise<{ name: string; checksum: string }[]> {
  return query(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  );
}

/** The checksum that Prisma writes into `_prisma_migrations`. */
export function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}
