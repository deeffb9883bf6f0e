// Stores checkpoints of the audit log, and finds the events that no checkpoint seals.
import type { Sql } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import { GENESIS, type Head } from './audit-chain.ts';
import { type CheckpointBody, checkpointHash, type RecordedValue } from './audit-checkpoint.ts';
import type { AuditKey } from './audit-key.ts';

/**
 * Maximum number of attempts to write a checkpoint. If several processes write a checkpoint at the same time, one process succeeds at each attempt. A
 * gateway has fewer processes than this maximum.
 */
const MOST_TRIES = 100;

/** The number and the hash of a stored checkpoint. */
export interface Written {
  number: number;
  hash: string;
}

/** Returns whether the database still contains this checkpoint. */
export async function isWritten(sql: Sql, { number, hash }: Written): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM audit_checkpoints WHERE number = $1::bigint AND hash = decode($2::text, 'hex')`,
    [number, hash],
  );
  return rows.length > 0;
}

/**
 * Writes the next checkpoint. Several gateways can write checkpoints at the same time. No two checkpoints have the same number. The argument `lost`
 * is a checkpoint that this process wrote and that is now missing from the database. If `lost` is passed, the new checkpoint skips one number, so
 * that verification reports a gap in the checkpoint numbers.
 */
export async function writeCheckpoint(
  sql: Sql,
  { id: auditKeyId, key }: AuditKey,
  now: Date,
  content: CheckpointBody,
  lost?: Written,
): Promise<Written> {
  const body = JSON.stringify(content);
  const at = now.toISOString().replace('Z', '000Z');
  const streams = content.streams ?? [];
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const [last] = await sql.query<Written>(
      `SELECT number::float8 AS number, encode(hash, 'hex') AS hash FROM audit_checkpoints c ORDER BY c.number DESC LIMIT 1`,
    );
    const number = lost === undefined ? (last?.number ?? 0) + 1 : Math.max(last?.number ?? 0, lost.number) + 2;
    const hash = checkpointHash(key, last?.hash ?? GENESIS.hash, { number, at, auditKeyId, body });
    const [written] = await sql.query(
      `WITH written AS (
         INSERT INTO audit_checkpoints (number, at, audit_key_id, body, hash)
         VALUES ($1::bigint, $2::text::timestamptz, $3::uuid, $4::text::json, decode($5::text, 'hex')) ON CONFLICT DO NOTHING RETURNING number
       ), noted AS (
         UPDATE audit_streams s SET sealed_seq = greatest(s.sealed_seq, n.seq)
         FROM unnest($6::text[]::uuid[], $7::text[]::bigint[]) AS n(id, seq), written WHERE s.id = n.id RETURNING 1
       ) SELECT number FROM written`,
      [number, at, auditKeyId, body, hash, streams.map(({ id }) => id), streams.map(({ seq }) => String(seq))],
    );
    if (written !== undefined) return { number, hash };
  }
  throw new Error(
    `No checkpoint was written, because other processes wrote a checkpoint at each of ${MOST_TRIES} attempts.`,
  );
}

/** A stream that contains events that no checkpoint seals. */
export interface Unsealed extends Head {
  id: Uuid;
  sealedSeq: number;
}

export function findUnsealed(sql: Sql): Promise<Unsealed[]> {
  return sql.query(
    `SELECT id, seq::float8 AS seq, encode(hash, 'hex') AS hash, sealed_seq::float8 AS "sealedSeq"
     FROM audit_streams WHERE seq > sealed_seq ORDER BY id`,
  );
}

/**
 * Returns the newest recorded value of each secret. The function reads the events of one stream whose numbers are greater than `after` and at most
 * `upTo`.
 */
export function findRecordedValues(
  sql: Sql,
  { id, after, upTo }: { id: Uuid; after: number; upTo: number },
): Promise<RecordedValue[]> {
  return sql.query(
    `SELECT DISTINCT ON (subject_id) subject_id AS id, version, encode(value_hash, 'hex') AS "valueHash" FROM audit_events
     WHERE stream = $1::uuid AND seq > $2::bigint AND seq <= $3::bigint AND value_hash IS NOT NULL AND outcome = 'DONE'
     ORDER BY subject_id, seq DESC`,
    [id, after, upTo],
  );
}
