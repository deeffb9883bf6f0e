// SQL statements for the leases of the sinks, and for the position of each sink in each audit stream.
import type { Sql } from '../../database/client.ts';
import type { Uuid } from '../../primitives/ids.ts';
import type { SinkName } from './sink.ts';

/** The events of a stream that a sink does not have. */
export interface Behind {
  stream: Uuid;
  /** The number of the newest event that the sink has, or 0. */
  after: number;
  /** The number of the newest event of the stream. */
  newest: number;
  /** The number and the time of the oldest event in the database that the sink does not have. Null if the events were retired. */
  first: number | null;
  oldestAt: Date | null;
}

/** The sink has all events of the stream up to the number `seq`. */
export interface Reached {
  stream: Uuid;
  seq: number;
}

/**
 * Takes or renews the lease of a sink for `seconds`. Returns false if another holder has the lease. All times are times of the database. The lease is
 * a row, because a lock of a session does not work behind PgBouncer, and a lock of a transaction would occupy a connection.
 */
export async function takeLease(sql: Sql, sink: SinkName, holder: string, seconds: number): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO audit_sinks AS s (name, holder, expires_at)
     VALUES ($1::text, $2::text, clock_timestamp() + make_interval(secs => $3::float8))
     ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at
     WHERE s.holder = EXCLUDED.holder OR s.expires_at < clock_timestamp() RETURNING 1 AS held`,
    [sink, holder, seconds],
  );
  return rows.length > 0;
}

/** Ends a lease, so that another holder can take the lease immediately. */
export async function endLease(sql: Sql, sink: SinkName, holder: string): Promise<void> {
  await sql.query(
    `UPDATE audit_sinks SET expires_at = '-infinity' WHERE name = $1::text AND holder = $2::text RETURNING name`,
    [sink, holder],
  );
}

/** Returns the streams with events that the sink does not have. The stream with the oldest event is first. */
export function findBehind(sql: Sql, sink: SinkName): Promise<Behind[]> {
  return sql.query(
    `SELECT s.id AS stream, coalesce(p.seq, 0)::float8 AS after, s.seq::float8 AS newest, o.seq::float8 AS first, o.at AS "oldestAt"
     FROM audit_streams s LEFT JOIN audit_sink_positions p ON p.sink = $1::text AND p.stream = s.id
     LEFT JOIN LATERAL (
       SELECT e.seq, e.at FROM audit_events e WHERE e.stream = s.id AND e.seq > coalesce(p.seq, 0) AND e.seq <= s.seq
       ORDER BY e.seq LIMIT 1
     ) o ON true
     WHERE s.seq > coalesce(p.seq, 0) ORDER BY o.at NULLS FIRST, s.id`,
    [sink],
  );
}

/**
 * Stores which events a sink has.
 * INVARIANT: only the holder of an unexpired lease moves a position. Returns false if `holder` has no such lease.
 */
export async function storePositions(
  sql: Sql,
  sink: SinkName,
  holder: string,
  reached: readonly Reached[],
): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO audit_sink_positions (sink, stream, seq, sent_at)
     SELECT s.name, r.stream, r.seq, clock_timestamp()
     FROM audit_sinks s, unnest($3::text[]::uuid[], $4::text[]::bigint[]) AS r(stream, seq)
     WHERE s.name = $1::text AND s.holder = $2::text AND s.expires_at > clock_timestamp()
     ON CONFLICT (sink, stream) DO UPDATE SET seq = EXCLUDED.seq, sent_at = EXCLUDED.sent_at RETURNING sink`,
    [sink, holder, reached.map(({ stream }) => stream), reached.map(({ seq }) => String(seq))],
  );
  return rows.length === reached.length;
}

/** A sink, as the database describes the sink. */
export interface SinkRow {
  sink: SinkName;
  /** The host and the process that send events to the sink. Null if no process has the lease. */
  sender: string | null;
  /** The time of the newest batch that the sink accepted. */
  sentAt: Date | null;
}

export function findSinks(sql: Sql): Promise<SinkRow[]> {
  return sql.query(
    `SELECT s.name AS sink, CASE WHEN s.expires_at > clock_timestamp() THEN s.holder END AS sender,
       (SELECT max(p.sent_at) FROM audit_sink_positions p WHERE p.sink = s.name) AS "sentAt"
     FROM audit_sinks s ORDER BY s.name`,
  );
}

/** The position of a sink in a stream. */
export interface StreamPosition {
  stream: Uuid;
  /** The host name and the process id of the process that wrote the stream. */
  process: string;
  position: number;
  newest: number;
}

/** Returns the position of a sink in each stream. The oldest stream is first. */
export function findPositions(sql: Sql, sink: SinkName): Promise<StreamPosition[]> {
  return sql.query(
    `SELECT s.id AS stream, s.label AS process, coalesce(p.seq, 0)::float8 AS position, s.seq::float8 AS newest
     FROM audit_streams s LEFT JOIN audit_sink_positions p ON p.sink = $1::text AND p.stream = s.id
     ORDER BY s.started_at, s.id`,
    [sink],
  );
}
