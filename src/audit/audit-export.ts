// Writes the log, or one month of it, as a file that can be checked without the database.
import type { Hash } from 'node:crypto';
import type { Database, Sql } from '../database/client.ts';
import { type ChainedEvent, GENESIS, type Head, type StreamRow } from './audit-chain.ts';
import type { CheckpointBody, Segment } from './audit-checkpoint.ts';
import { digest, FORMAT, keyToFile, type Line, macOf } from './audit-file.ts';
import { type AuditKey, findAuditKeys } from './audit-key.ts';
import { checkpointPages, eventPages, findStreams, hashOfEvent } from './audit-source.ts';

export interface ExportNeeds {
  database: Database;
  key: AuditKey;
  now: Date;
}

/** What was written. */
export interface Exported {
  events: number;
  /** Of a month: the events that the file has. */
  segments: Segment[];
}

/** One month of the log, and the table that holds it. */
export interface MonthOfLog {
  month: string;
  table: string;
}

/**
 * Gives the log as it is at this moment, or one month of it, to `write`, some lines at a time.
 * @throws Error if a month's events cannot be joined to those around them
 */
export function exportLog(
  { database, key, now }: ExportNeeds,
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
    const walk = walker(out.add, rows, part !== undefined, (stream, seq) => hashBefore(sql, retired, stream, seq));
    for await (const page of eventPages(sql, part?.table)) {
      for (const event of page) await walk.event(event);
      await out.flush();
      onProgress(walk.events(), total);
    }
    walk.end();
    out.add({ end: { checkpoints, events: walk.events(), auditKeyId: key.id, mac: macOf(key.key, out.soFar) } });
    await out.flush();
    return { events: walk.events(), segments: walk.segments };
  });
}

/** Where a month's events join those before. */
async function hashBefore(
  sql: Sql,
  retired: ReadonlyMap<string, string>,
  stream: string,
  seq: number,
): Promise<string> {
  if (seq === 1) return GENESIS.hash;
  const hash = retired.get(`${stream} ${seq - 1}`) ?? (await hashOfEvent(sql, stream, seq - 1));
  if (hash === undefined) throw new Error(`The log is not whole: stream ${stream} has no event ${seq - 1}. Verify it.`);
  return hash;
}

/** Puts streams, events and the gaps between them into lines. */
function walker(
  add: (line: Line) => void,
  rows: readonly StreamRow[],
  gaps: boolean,
  before: (stream: string, seq: number) => Promise<string>,
) {
  const left = new Map(rows.map((row) => [row.id, row]));
  const segments: Segment[] = [];
  let row: StreamRow | undefined;
  let head: Head = GENESIS;
  let events = 0;
  const endStream = () => {
    if (gaps && row !== undefined && head.seq < row.seq) {
      add({ elsewhere: { stream: row.id, seq: row.seq, hash: row.hash } });
    }
  };
  const begin = (id: string) => {
    // In their order, those without an event as well; one that has no row is told by the check.
    for (const other of left.values()) {
      if (other.id > id) break;
      if (!gaps || other.id === id) add({ stream: other });
      left.delete(other.id);
    }
  };
  return {
    segments,
    events: () => events,
    async event(event: ChainedEvent) {
      const { stream, seq, hash } = event;
      if (row?.id !== stream) {
        endStream();
        row = left.get(stream);
        begin(stream);
        head = GENESIS;
      }
      let segment = segments.at(-1);
      if (segment?.stream !== stream || segment.to !== seq - 1) {
        segment = { stream, from: seq, to: seq, before: GENESIS.hash, hash };
        if (gaps) {
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
      if (!gaps) for (const other of left.values()) add({ stream: other });
    },
  };
}

function writer(write: (lines: string) => Promise<void>) {
  const soFar: Hash = digest();
  let lines: string[] = [];
  return {
    soFar,
    add(line: Line) {
      const text = `${JSON.stringify(line)}\n`;
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
