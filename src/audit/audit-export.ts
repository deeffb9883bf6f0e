// Exports the audit log, or one month of the audit log, into a file that can be checked without the database.
import type { Hash } from 'node:crypto';
import type { Database, Sql } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import { type ChainedEvent, GENESIS, type Head, type StreamRow } from './audit-chain.ts';
import type { CheckpointBody, Segment } from './audit-checkpoint.ts';
import { digest, FORMAT, keyToFile, type Line, lineOf, macOf } from './audit-file.ts';
import { type AuditKey, findAuditKeys } from './audit-key.ts';
import { checkpointPages, eventPages, findStreams, hashOfEvent } from './audit-source.ts';

export interface ExportDeps {
  database: Database;
  key: AuditKey;
  now: Date;
}

export interface Exported {
  events: number;
  /** The events in the file, as ranges of event numbers. `before` is set only if the file contains the events of one month. */
  segments: Segment[];
}

/** One month of the audit log, and the database table that contains the month's events. */
export interface MonthOfLog {
  month: string;
  table: string;
}

/**
 * Exports a snapshot of the audit log, or of one month of the audit log. The function calls `write` with batches of lines.
 * @throws Error if the last event of a stream before the exported month is missing
 */
export function exportLog(
  { database, key, now }: ExportDeps,
  write: (lines: string) => Promise<void>,
  { part, onProgress = () => {} }: { part?: MonthOfLog; onProgress?: (done: number, total: number) => void } = {},
): Promise<Exported> {
  return database.snapshot(async (sql) => {
    const out = writer(write);
    const keys = (await findAuditKeys(sql)).map(keyToFile);
    out.add({ header: { format: FORMAT, exportedAt: now.toISOString(), month: part?.month ?? null, keys } });
    let checkpoints = 0;
    const retired = new Map<string, string>();
    for await (const page of checkpointPages(sql)) {
      for (const checkpoint of page) {
        for (const { stream, to, hash } of (JSON.parse(checkpoint.body) as CheckpointBody).retired?.segments ?? []) {
          retired.set(`${stream} ${to}`, hash);
        }
        if (part === undefined) {
          out.add({ checkpoint });
          checkpoints += 1;
        }
      }
      await out.flush();
    }
    const rows = await findStreams(sql);
    const total = rows.reduce((sum, { seq }) => sum + seq, 0);
    const lines = eventLines(out.add, rows, part !== undefined, (stream, seq) => hashBefore(sql, retired, stream, seq));
    for await (const page of eventPages(sql, part?.table)) {
      for (const event of page) await lines.event(event);
      await out.flush();
      onProgress(lines.events(), total);
    }
    lines.end();
    out.add({ end: { checkpoints, events: lines.events(), auditKeyId: key.id, mac: macOf(key.key, out.soFar) } });
    await out.flush();
    return { events: lines.events(), segments: lines.segments };
  });
}

/** Returns the hash of event number `seq - 1` of a stream. The function also finds the hash if the event is retired. */
async function hashBefore(sql: Sql, retired: ReadonlyMap<string, string>, stream: Uuid, seq: number): Promise<string> {
  if (seq === 1) return GENESIS.hash;
  const hash = retired.get(`${stream} ${seq - 1}`) ?? (await hashOfEvent(sql, stream, seq - 1));
  if (hash === undefined)
    throw new Error(
      `The audit log is incomplete: stream ${stream} has no event ${seq - 1}. Run \`secrets-gateway audit verify\`.`,
    );
  return hash;
}

/**
 * Creates the lines of an exported file for streams and events. If `isMonth` is true, the lines include `elsewhere` lines, which represent the events
 * that are not in the file.
 */
function eventLines(
  add: (line: Line) => void,
  rows: readonly StreamRow[],
  isMonth: boolean,
  before: (stream: Uuid, seq: number) => Promise<string>,
) {
  const remaining = new Map(rows.map((row) => [row.id, row]));
  const segments: Segment[] = [];
  let row: StreamRow | undefined;
  let head: Head = GENESIS;
  let events = 0;
  const endStream = () => {
    if (isMonth && row !== undefined && head.seq < row.seq) {
      add({ elsewhere: { stream: row.id, seq: row.seq, hash: row.hash } });
    }
  };
  const begin = (id: Uuid) => {
    // The file also contains the streams without events, sorted by stream id. If events belong to a stream that has no row in `audit_streams`, the
    // check of the file reports this stream.
    for (const other of remaining.values()) {
      if (other.id > id) break;
      if (!isMonth || other.id === id) add({ stream: other });
      remaining.delete(other.id);
    }
  };
  return {
    segments,
    events: () => events,
    async event(event: ChainedEvent) {
      const { stream, seq, hash } = event;
      if (row?.id !== stream) {
        endStream();
        row = remaining.get(stream);
        begin(stream);
        head = GENESIS;
      }
      let segment = segments.at(-1);
      if (segment?.stream !== stream || segment.to !== seq - 1) {
        segment = { stream, from: seq, to: seq, before: GENESIS.hash, hash };
        if (isMonth) {
          segment.before = await before(stream, seq);
          if (seq > 1) add({ elsewhere: { stream, seq: seq - 1, hash: segment.before } });
        }
        segments.push(segment);
      }
      Object.assign(segment, { to: seq, hash });
      head = { seq, hash };
      add({ event });
      events += 1;
    },
    end() {
      endStream();
      if (!isMonth) for (const other of remaining.values()) add({ stream: other });
    },
  };
}

function writer(write: (lines: string) => Promise<void>) {
  const soFar: Hash = digest();
  let lines: string[] = [];
  return {
    soFar,
    add(line: Line) {
      const text = lineOf(line);
      soFar.update(text);
      lines.push(text);
    },
    async flush() {
      const text = lines.join('');
      lines = [];
      if (text !== '') await write(text);
    },
  };
}
