/**
 * All tables of the database. A table comes after the tables to which its foreign keys refer, because a restore fills the tables in this order. A new
 * migration that creates a table adds the table here: `test/backup/copy.test.ts` compares this list with the database.
 */
export const TABLES = [
  '_prisma_migrations',
  'users',
  'groups',
  'group_members',
  'role_assignments',
  'role_definitions',
  'custom_role_assignments',
  'access_epoch',
  'applications',
  'access_keys',
  'signing_keys',
  'secrets',
  'secret_versions',
  'secret_tags',
  'permissions',
  'periods',
  'resource_tags',
  'environment_variables',
  'handed_out_versions',
  'captured_values',
  'operations',
  'audit_keys',
  'audit_streams',
  'audit_checkpoints',
  'audit_events',
  'audit_sinks',
  'audit_sink_positions',
] as const;

export type TableName = (typeof TABLES)[number];

/** The table with the applied migrations. Prisma defines the columns. */
export const PRISMA_TABLE = `CREATE TABLE "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Settings for a transaction that converts rows to text or text to rows. With these settings, the text of a row does not depend on the settings of
 * the server.
 */
export const TEXT_SETTINGS = `
  SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1; SET LOCAL intervalstyle = 'postgres'`;

/** Returns the names of a table's columns, in the order of the columns in the text of a row. */
export const COLUMNS = `
  SELECT attname::text AS name FROM pg_attribute
  WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
