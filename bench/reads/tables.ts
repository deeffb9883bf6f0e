import pg from 'pg';
import { sealedText } from '../world.ts';

/** The principal that the policy of `bench.secrets` allows to read all rows. */
export const PRINCIPAL = 'bench';
/** The tag of every secret that the benchmark reads. The reading application has READ on this tag by a group. */
export const TAG = { key: 'bench', value: 'reads' };

const STATEMENTS = [
  'CREATE SCHEMA bench',
  'CREATE TABLE bench.secrets (name text PRIMARY KEY, value text NOT NULL, tag text NOT NULL)',
  'CREATE TABLE bench.grants (principal text, tag text, PRIMARY KEY (principal, tag))',
  'CREATE ROLE bench_caller',
  'GRANT USAGE ON SCHEMA bench TO bench_caller',
  'GRANT SELECT ON bench.secrets, bench.grants TO bench_caller',
  'ALTER TABLE bench.secrets ENABLE ROW LEVEL SECURITY',
  `CREATE POLICY granted ON bench.secrets FOR SELECT TO bench_caller USING (EXISTS (
     SELECT 1 FROM bench.grants g WHERE g.principal = current_setting('bench.principal', true) AND g.tag = secrets.tag))`,
];

/**
 * Creates the table that the reference servers read. The table contains the names and plain-text values of the world's live secrets. The function
 * also tags the secrets that the benchmark reads.
 * @returns the names of these secrets, in random order
 */
export async function makeTables(url: string): Promise<string[]> {
  // The function uses a separate connection, because the pool's connections have a statement timeout.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of STATEMENTS) await client.query(statement);
    const tag = `${TAG.key}:${TAG.value}`;
    await client.query('INSERT INTO bench.grants VALUES ($1, $2)', [PRINCIPAL, tag]);
    await client.query(
      `INSERT INTO bench.secrets SELECT name, replace($1, '?', id::text), $2 FROM secrets WHERE deleted_at IS NULL`,
      [sealedText('?'), tag],
    );
    const { rows: names } = await client.query<{ name: string }>(
      `WITH readable AS (
       SELECT s.id, s.name FROM secrets s JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version
       WHERE s.deleted_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now() + interval '1 day')
     ), tagged AS (
       INSERT INTO secret_tags (id, secret_id, name, tag, valid_from) SELECT gen_random_uuid(), id, name, $1, now() FROM readable
     )
     SELECT name FROM readable ORDER BY md5(name)`,
      [tag],
    );
    for (const table of ['bench.secrets', 'bench.grants', 'secret_tags']) await client.query(`VACUUM ANALYZE ${table}`);
    return names.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
