// The log as it is read to be checked or exported: page by page, in order, each event to the letter.

import type { Sql } from '../database/client.ts';
import { ZERO_UUID } from '../primitives/ids.ts';
import type { ChainedEvent, StreamRow } from './audit-chain.ts';
import type { Checkpoint } from './audit-checkpoint.ts';

const PAGE = 2_000;

/** As it is hashed. `to_char` writes a year before Christ like that after: what is not told from another is written so that it is. */
export const AT = `CASE WHEN at >= '0001-01-01Z' THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE at::text END AS at`;
const EVENT = `id, ${AT}, action, outcome, actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName",
  subject_kind AS "subjectKind", subject_id AS "subjectId", subject_name AS "subjectName", version, changes::text AS changes,
  request_id AS "requestId", address, encode(value_hash, 'hex') AS "valueHash", facts, stream, seq::float8 AS seq, encode(hash, 'hex') AS hash`;

/** Pages of events by stream and number, of the whole log or of one partition (a table's name). The next is read while one is looked at. */
export async function* eventPages(sql: Sql, table = 'audit_events'): AsyncGenerator<ChainedEvent[]> {
  const read = async (after: { stream: string; seq: number } | undefined): Promise<ChainedEvent[]> => {
    const where = after === undefined ? '' : 'WHERE (stream, seq) >= ($1::uuid, $2::bigint)';
    const rows = await sql.query<ChainedEvent>(
      // By the columns, which an index has in order, and not by what is made of them under the same names.
      `SELECT ${EVENT} FROM ${table} e ${where} ORDER BY e.stream, e.seq LIMIT ${PAGE + 1}`,
      after === undefined ? [] : [after.stream, after.seq],
    );
    // The one that was there already. Of two with one number the other is still to come.
    return after === undefined ? rows : rows.slice(1);
  };
  let page = await read(undefined);
  while (page.length > 0) {
    const next = read(page.at(-1));
    // Whoever stops in between hears nothing of it any more.
    next.catch(() => {});
    yield page;
    page = await next;
  }
}

/** Checkpoints in order. `where` is an expression over `c` that selects some of them. */
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

/** An event whose transaction changed facts. */
export interface FactEvent {
  stream: string;
  seq: number;
  id: string;
  action: string;
  subjectId: string | null;
  facts: string;
}

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

/** In hex; undefined if there is no such event, or if there are several. */
export async function hashOfEvent(sql: Sql, stream: string, seq: number): Promise<string | undefined> {
  const rows = await sql.query<{ hash: string }>(
    `SELECT encode(hash, 'hex') AS hash FROM audit_events WHERE stream = $1::uuid AND seq = $2::bigint LIMIT 2`,
    [stream, seq],
  );
  return rows.length === 1 ? rows[0]?.hash : undefined;
}
