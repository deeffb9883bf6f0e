// Reads the audit log in pages, for verification and export. Every string is returned exactly as it is stored.
import type { Sql } from '../database/client.ts';
import { type GlobalIdText, type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import type { ChainedEvent, StreamRow } from './audit-chain.ts';
import type { Checkpoint } from './audit-checkpoint.ts';

const PAGE = 2_000;

/**
 * SQL that formats a stored time in the same way as the gateway formats a time for hashing. `to_char` formats the years 5 BC and AD 5 alike. The
 * gateway never stores a time BC. Therefore the SQL formats a time BC differently, and the hash of a row with a time BC does not match.
 */
export const AT = `CASE WHEN at >= '0001-01-01Z' THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE at::text END AS at`;
const EVENT = `id, ${AT}, action, outcome, actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName",
  subject_kind AS "subjectKind", subject_id AS "subjectId", subject_name AS "subjectName", version, changes::text AS changes,
  request_id AS "requestId", address, encode(value_hash, 'hex') AS "valueHash", facts, stream, seq::float8 AS seq, encode(hash, 'hex') AS hash`;

/**
 * Reads pages of events, sorted by stream and number. `table` is the table of all events, or one partition. While the caller processes a page, the
 * function already reads the next page.
 */
export async function* eventPages(sql: Sql, table = 'audit_events'): AsyncGenerator<ChainedEvent[]> {
  const read = async (after: { stream: Uuid; seq: number } | undefined): Promise<ChainedEvent[]> => {
    const where = after === undefined ? '' : 'WHERE (stream, seq) >= ($1::uuid, $2::bigint)';
    const rows = await sql.query<ChainedEvent>(
      // The columns `e.stream` and `e.seq` have an index. Without the prefix `e.`, PostgreSQL would sort by the SELECT expressions with the same
      // names, which have no index.
      `SELECT ${EVENT} FROM ${table} e ${where} ORDER BY e.stream, e.seq LIMIT ${PAGE + 1}`,
      after === undefined ? [] : [after.stream, after.seq],
    );
    // The first row of a page repeats the last row of the previous page. The statement compares with `>=` instead of `>`, so that the result also
    // contains a second event with the same number.
    return after === undefined ? rows : rows.slice(1);
  };
  let page = await read(undefined);
  while (page.length > 0) {
    const next = read(page.at(-1));
    // If the caller stops before the next page, no code awaits the promise `next`. Without this handler, a rejection of `next` would then end the
    // process.
    next.catch(() => {});
    yield page;
    page = await next;
  }
}

/** Events of one stream, with the numbers `from` to `to`. */
export interface Range {
  stream: Uuid;
  from: number;
  to: number;
}

/** Returns the events in these ranges, sorted by stream and number. The sum of the ranges must be small. */
export function eventsIn(sql: Sql, ranges: readonly Range[]): Promise<ChainedEvent[]> {
  return sql.query(
    // The LIMIT makes PostgreSQL look up each range with the index.
    `SELECT ${EVENT} FROM unnest($1::text[]::uuid[], $2::text[]::bigint[], $3::text[]::bigint[]) AS r(of, first, last) CROSS JOIN LATERAL (
       SELECT * FROM audit_events WHERE stream = r.of AND seq >= r.first AND seq <= r.last ORDER BY seq LIMIT ${PAGE}
     ) e ORDER BY e.stream, e.seq`,
    [ranges.map(({ stream }) => stream), ranges.map(({ from }) => String(from)), ranges.map(({ to }) => String(to))],
  );
}

/** Reads pages of checkpoints, sorted by number. `where` is an SQL condition on a checkpoint `c`, and selects the checkpoints to read. */
export async function* checkpointPages(sql: Sql, where = 'true'): AsyncGenerator<Checkpoint[]> {
  for (let after = 0; ; ) {
    const page = await sql.query<Checkpoint>(
      `SELECT number::float8 AS number, ${AT}, audit_key_id AS "auditKeyId", body::text AS body, encode(hash, 'hex') AS hash
       FROM audit_checkpoints c WHERE number > $1::bigint AND ${where} ORDER BY c.number LIMIT ${PAGE}`,
      [after],
    );
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.number ?? after;
  }
}

/** An audit event that lists facts, because its transaction changed these facts. */
export interface FactEvent {
  stream: Uuid;
  seq: number;
  id: Uuid;
  action: string;
  subjectId: GlobalIdText | null;
  facts: string;
}

/** Reads pages of the events that have facts, sorted by stream and number. */
export async function* factEventPages(sql: Sql): AsyncGenerator<FactEvent[]> {
  for (let after = { stream: ZERO_UUID, seq: 0 }; ; ) {
    const page = await sql.query<FactEvent>(
      `SELECT stream, seq::float8 AS seq, id, action, subject_id AS "subjectId", facts FROM audit_events e
       WHERE facts IS NOT NULL AND (stream, seq) > ($1::uuid, $2::bigint) ORDER BY e.stream, e.seq LIMIT ${PAGE}`,
      [after.stream, after.seq],
    );
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1) ?? after;
  }
}

export function findStreams(sql: Sql): Promise<StreamRow[]> {
  return sql.query(
    `SELECT id, audit_key_id AS "auditKeyId", seq::float8 AS seq, encode(hash, 'hex') AS hash FROM audit_streams ORDER BY id`,
  );
}

/** Returns the hash of an event, in hexadecimal. Returns undefined if no event or several events have the requested number. */
export async function hashOfEvent(sql: Sql, stream: Uuid, seq: number): Promise<string | undefined> {
  const rows = await sql.query<{ hash: string }>(
    `SELECT encode(hash, 'hex') AS hash FROM audit_events WHERE stream = $1::uuid AND seq = $2::bigint LIMIT 2`,
    [stream, seq],
  );
  return rows.length === 1 ? rows[0]?.hash : undefined;
}
