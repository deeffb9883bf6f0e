import pg from 'pg';
import { sealedText } from '../world.ts';

/** The tag of every secret that the benchmark reads. The reading application has READ on this tag by a group. */
export const TAG = { key: 'bench', value: 'reads' };
/** The tag of the secrets that one list by REST returns. The number of these secrets equals the number of secrets in a folder of OpenBao. */
export const LISTED_TAG = { key: 'bench', value: 'listed' };
export const LISTED = 50;

/** A secret that the benchmark reads, with its plain-text value. */
export interface BenchSecret {
  name: string;
  value: string;
}

/**
 * Creates the table that the floor reads. The table contains the names and plain-text values of the world's live secrets. The function also tags the
 * secrets that the benchmark reads.
 * @returns these secrets, in random order
 */
export async function makeTables(url: string): Promise<BenchSecret[]> {
  // The function uses a separate connection, because the pool's connections have a statement timeout.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Without triggers, a new tag does not update the row of its secret. A million updates would take minutes, and would leave a million dead rows.
    await client.query('SET session_replication_role = replica');
    await client.query('CREATE SCHEMA bench');
    await client.query('CREATE TABLE bench.secrets (name text PRIMARY KEY, value text NOT NULL)');
    await client.query(
      `INSERT INTO bench.secrets SELECT name, replace($1, '?', id::text) FROM secrets WHERE deleted_at IS NULL`,
      [sealedText('?')],
    );
    const { rows } = await client.query<BenchSecret>(
      `WITH readable AS (
       SELECT s.id, s.name FROM secrets s JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version
       WHERE s.deleted_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now() + interval '1 day')
     ), tagged AS (
       INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
       SELECT gen_random_uuid(), id, name, $1, now() FROM readable
       UNION ALL (SELECT gen_random_uuid(), id, name, $2, now() FROM readable ORDER BY md5(name) LIMIT ${LISTED})
     )
     SELECT name, value FROM readable JOIN bench.secrets USING (name) ORDER BY md5(name)`,
      [TAG, LISTED_TAG].map(({ key, value }) => `${key}:${value}`),
    );
    for (const table of ['bench.secrets', 'secret_tags', 'secrets']) await client.query(`VACUUM ANALYZE ${table}`);
    // Without this checkpoint, PostgreSQL would need a long time to stop in a large world.
    await client.query('CHECKPOINT');
    return rows;
  } finally {
    await client.end();
  }
}
