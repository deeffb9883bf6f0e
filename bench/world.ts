// Creates a temporary test database, which is called a world. The world is similar to the database of a large installation. The world runs in an
// embedded PostgreSQL with the gateway's settings.
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type AuditStream, auditStream } from '../src/audit/audit-stream.ts';
import { progressOn } from '../src/commands/progress.ts';
import { type Keyring, keyringFromEnvironment } from '../src/crypto/keyring.ts';
import { connect, type Database } from '../src/database/client.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { migrate } from '../src/database/migrate.ts';
import { hashPassword } from '../src/identity/passwords.ts';
import type { Clock } from '../src/primitives/clock.ts';
import type { Uuid } from '../src/primitives/ids.ts';
import { secretValues } from '../src/secrets/secret-values.ts';
import { Sensitive } from '../src/sensitive.ts';
import { prepare } from '../src/startup/bootstrap.ts';
import type { Undo } from './cleanup.ts';
import { fillsOf, LOGGED_DAYS, LOGGED_STREAM, PRESENT, type WorldSize } from './world-rows.ts';

export interface World {
  size: WorldSize;
  url: string;
  /** The data directory of the embedded PostgreSQL. */
  dataDir: string;
  database: Database;
  keyring: Keyring;
  /** The audit stream that this process writes. */
  stream: AuditStream;
  /** A clock that always shows the current time of the world. */
  clock: Clock;
  /** Stops PostgreSQL, so that a gateway can start PostgreSQL in `dataDir`. */
  close(): Promise<void>;
}

export interface WorldOptions {
  undo: Undo;
  /**
   * The number of secrets with a real sealed value. These secrets are evenly distributed. If the number equals the number of all secrets, every
   * secret that is not purged has a real sealed value.
   */
  sealed?: number;
}

/** The password of every user, and of the first administrator, `admin`. */
export const PASSWORD = 'the same for everybody';

/** The gateway's setting `KEYRING`. */
export const KEYRING = createHash('sha256').update('bench').digest('hex');

/** The number of rows that one statement inserts. */
const STRETCH = 25_000;
/** The number of database sessions that insert rows at the same time. */
const LANES = 2;
/** The number of sealed values that one statement inserts. */
const SEALED_AT_ONCE = 1_000;
/** The settings of the database sessions that insert rows. The sessions do not check foreign keys, because the generated rows are consistent. */
const LOADING = [
  "SET maintenance_work_mem = '512MB'",
  'SET synchronous_commit = off',
  'SET session_replication_role = replica',
];

/** Starts a PostgreSQL server in a new directory, and generates the rows of the world. The function registers the cleanup of the server with `undo`. */
export async function openWorld(size: WorldSize, { undo, sealed = 0 }: WorldOptions): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const dataDir = join(dir, 'data');
  const starting = startEmbedded({ dataDir });
  let database: Database | undefined;
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= Promise.resolve(database?.close()).then(async () => (await starting).stop());
    return closed;
  };
  undo(async () => {
    await close().catch(() => {});
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const { url } = await starting;
  await migrate(url);
  database = connect({ url, connections: 8 });
  const keyring = keyringFromEnvironment(KEYRING);
  const clock = { now: () => PRESENT };
  const stream = auditStream({ database, keyring, clock });
  await prepare({ database, stream, keyring, clock, adminUsername: 'admin', adminPassword: new Sensitive(PASSWORD) });
  await fill(url, size, keyring, sealed);
  return { size, url, dataDir, database, stream, keyring, clock, close };
}

async function fill(url: string, size: WorldSize, keyring: Keyring, sealed: number): Promise<void> {
  const began = performance.now();
  const passwordHash = await hashPassword(new Sensitive(PASSWORD));
  const fills = fillsOf(size, passwordHash);
  const lanes = Array.from({ length: LANES }, () => new pg.Client({ connectionString: url }));
  const [client] = lanes as [pg.Client];
  for (const lane of lanes) {
    lane.on('error', () => {}); // the current statement fails with the error
    await lane.connect();
  }
  const progress = progressOn(process.stderr);
  try {
    for (const lane of lanes) for (const setting of LOADING) await lane.query(setting);
    if (size.events) await makePartitions(client);
    const tables = [...new Set([...fills.map((one) => one.table), ...(sealed > 0 ? ['secret_versions'] : [])])];
    const indexes = await takeIndexes(client, tables);
    const total = fills.reduce((sum, one) => sum + one.count, sealed);
    let done = 0;
    for (const { count, sql } of fills) {
      let next = 0;
      const fillUp = async (lane: pg.Client) => {
        for (let from = next; from < count; from = next) {
          next = Math.min(count, from + STRETCH);
          const until = next;
          await lane.query(sql, [from, until]);
          done += until - from;
          progress.update(done, total);
        }
      };
      await Promise.all(lanes.map(fillUp));
    }
    await seal(client, keyring, { sealed, secrets: size.secrets }, (count) => progress.update(done + count, total));
    progress.end();
    if (size.events) await addStream(client, size.events);
    for (const index of indexes) await client.query(index);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
    const rows = await client.query<{ bytes: string }>(
      'SELECT pg_size_pretty(pg_database_size(current_database())) AS bytes',
    );
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    const events = size.events ? ` and ${size.events.toLocaleString('en-US')} events` : '';
    console.error(
      `${size.secrets.toLocaleString('en-US')} secrets${events} loaded in ${seconds} s, ${rows.rows[0]?.bytes}`,
    );
  } finally {
    await Promise.all(lanes.map((lane) => lane.end().catch(() => {})));
  }
}

/** Drops the indexes that no constraint needs. Returns the statements that create the dropped indexes again. */
async function takeIndexes(client: pg.Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
     WHERE t.relname = ANY($1) AND t.relnamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) ORDER BY c.oid`,
    [tables],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  // For a partitioned table, PostgreSQL's index definition contains ON ONLY. With ON ONLY, the statement would create an index only on the empty
  // parent table.
  return rows.map((row) => row.definition.replace(' ON ONLY ', ' ON '));
}

/** Creates the partitions of all months that contain audit events. */
async function makePartitions(client: pg.Client): Promise<void> {
  await client.query(
    `SELECT make_audit_partition(month::date) FROM generate_series(
       date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC'), $2::timestamptz AT TIME ZONE 'UTC', interval '1 month') month`,
    [new Date(PRESENT.getTime() - LOGGED_DAYS * 86_400_000), PRESENT],
  );
}

/**
 * Inserts the row of the audit stream of the world's events. According to this row, a checkpoint seals all events, so that no gateway starts to seal
 * the events.
 */
async function addStream(client: pg.Client, events: number): Promise<void> {
  await client.query(
    `INSERT INTO audit_streams (id, audit_key_id, seq, hash, sealed_seq, started_at, label)
     SELECT $1::uuid, id, $2::bigint, sha256(int8send($2::bigint - 1)), $2::bigint, created_at, 'bench' FROM audit_keys`,
    [LOGGED_STREAM, events],
  );
}

/** Seals one value with the gateway's own code for each of `sealed` secrets. The sealed value becomes the first version of the secret. */
async function seal(
  client: pg.Client,
  keyring: Keyring,
  { sealed, secrets }: { sealed: number; secrets: number },
  onProgress: (done: number) => void,
): Promise<void> {
  if (sealed === 0) return;
  const values = secretValues(keyring);
  const { rows } = await client.query<{ id: Uuid; name: string }>(
    `SELECT id, name FROM (SELECT id, name, row_number() OVER (ORDER BY id) - 1 AS n FROM secrets WHERE purged_at IS NULL) s WHERE n % $1 = 0 ORDER BY id LIMIT $2`,
    [Math.max(1, Math.floor(secrets / sealed)), sealed],
  );
  for (let from = 0; from < rows.length; from += SEALED_AT_ONCE) {
    const some = rows.slice(from, from + SEALED_AT_ONCE).map(({ id, name }) => {
      const { ciphertext, wrappedKey, keyId } = values.seal({ id, name }, 1, new Sensitive(sealedText(id)));
      return { id, ciphertext: hex(ciphertext), wrapped: hex(wrappedKey), key: keyId };
    });
    await client.query(
      `INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at)
       SELECT v.id, 1, decode(v.ciphertext, 'hex'), decode(v.wrapped, 'hex'), v.key, s.created_at
       FROM json_to_recordset($1) v(id uuid, ciphertext text, wrapped text, key text) JOIN secrets s ON s.id = v.id`,
      [JSON.stringify(some)],
    );
    onProgress(from + some.length);
  }
}

/** Returns the secret value of the secret with this UUID, if the secret has a real sealed value. */
export function sealedText(id: string): string {
  return `value of ${id}`;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
