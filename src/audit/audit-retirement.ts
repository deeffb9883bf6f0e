// Retires past months of the audit log. Each month is exported into a file, the file is checked, and then the month's partition is dropped.
import { open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { RecordedValue, Segment } from './audit-checkpoint.ts';
import { exportLog, type MonthOfLog } from './audit-export.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditStream } from './audit-stream.ts';
import { writeCheckpoint } from './checkpoint-store.ts';
import { writeFacts } from './facts.ts';
import { checkFile } from './file-check.ts';

export interface RetirementDeps {
  database: Database;
  keyring: Keyring;
  stream: AuditStream;
  audit: AuditLog;
  clock: Clock;
}

export interface RetiredMonth {
  month: string;
  events: number;
  file: string;
}

const TABLE = /^audit_events_(\d{4})_(\d{2})$/;
/** The maximum time that the transaction of a retirement waits for its lock on the table of events. */
const LOCK_TIMEOUT_MS = 3_000;
/** Maximum number of facts in a checkpoint. */
const MOST_FACTS = 10_000;

/** The months for which the table of audit events has a partition, oldest first. */
export async function findMonths(sql: Sql): Promise<MonthOfLog[]> {
  const rows = await sql.query<{ table: string }>(
    `SELECT c.relname AS table FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_events'::regclass ORDER BY 1`,
  );
  return rows.flatMap(({ table }) => {
    const [, year, month] = TABLE.exec(table) ?? [];
    return year === undefined ? [] : [{ month: `${year}-${month}`, table }];
  });
}

/**
 * Exports a month of the audit log into a new file in `folder`, checks the file, and removes the month's events from the database. A new checkpoint
 * stores the data of the removed events that future verifications need.
 * @throws Conflict if an event of the month was written during the export, or if the exported file is not intact. Throws an Error with the name of
 * the file if the outcome of the commit is unknown
 */
export async function retireMonth(
  needs: RetirementDeps,
  part: MonthOfLog,
  folder: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<RetiredMonth> {
  const { database, keyring, stream, audit, clock } = needs;
  const { month, table } = part;
  const key = await stream.key();
  const { file, events, segments } = await toNewFile(join(folder, `audit-${month}`), (write) =>
    exportLog({ database, key, now: clock.now() }, write, { part, onProgress }),
  );
  const checked = await checkFile(file, keyring, onProgress);
  if (!checked.intact || checked.eventsChecked !== events) {
    await rename(file, `${file}.broken`);
    throw new Conflict(
      `${month} stays in the database, because the exported file is not intact: ${checked.problem} See ${file}.broken.`,
    );
  }
  let dropped = false;
  try {
    await audit.change({ action: 'AUDIT_RETIRE', subject: null }, async (tx) => {
      dropped = false;
      await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      // INVARIANT: no process writes events while this lock is held, so the removed events are exactly the exported events.
      await tx.query('LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE');
      if (!(await isExported(tx, table, segments))) {
        throw new Conflict(`An event of ${month} was written during the export. Try again.`);
      }
      const secrets: RecordedValue[] = [...checked.values.values()];
      const lives = [...checked.lives.values()];
      for (const changes of factParts(checked.facts))
        await writeCheckpoint(tx, key, clock.now(), { facts: { changes } });
      await writeCheckpoint(tx, key, clock.now(), { secrets, lives, retired: { month, segments } });
      await tx.query(`ALTER TABLE audit_events DETACH PARTITION ${table}`);
      await tx.query(`DROP TABLE ${table}`);
      dropped = true;
      return { result: undefined, event: { action: 'AUDIT_RETIRE', subject: null, changes: { month, events } } };
    });
  } catch (error) {
    // INVARIANT: if the outcome of the commit is unknown, the exported file is not deleted, because the file may be the only copy of the month.
    if (dropped) {
      throw new Error(
        `It is unknown whether ${month} is still in the database. Do not delete ${file}. Run the command again when the database is reachable.`,
        { cause: error },
      );
    }
    await unlink(file);
    throw error;
  }
  return { month, events, file };
}

/**
 * Splits the facts of a month into parts, one part for each checkpoint. Returns one empty part if the month has no facts, because a checkpoint with
 * an empty part shows that events of this log record facts.
 */
function factParts(facts: ReadonlyMap<string, number>): string[] {
  const all = [...facts];
  const parts: string[] = [];
  for (let from = 0; from === 0 || from < all.length; from += MOST_FACTS) {
    parts.push(writeFacts(new Map(all.slice(from, from + MOST_FACTS))));
  }
  return parts;
}

/**
 * Returns whether every event in the table was exported. Event numbers of a stream always increase. Therefore the function compares only the highest
 * event number of each stream.
 */
async function isExported(sql: Sql, table: string, segments: readonly Segment[]): Promise<boolean> {
  const newest = new Map<string, number>();
  for (const { stream, to } of segments) newest.set(stream, Math.max(to, newest.get(stream) ?? 0));
  const rows = await sql.query<{ stream: Uuid; seq: number | null }>(
    `SELECT s.id AS stream, (SELECT max(e.seq)::float8 FROM ${table} e WHERE e.stream = s.id) AS seq FROM audit_streams s`,
  );
  return rows.every(({ stream, seq }) => (seq ?? 0) === (newest.get(stream) ?? 0));
}

/**
 * Creates a new file and writes its content. The function never overwrites an existing file. Only the owner of the file can read the file. The file
 * is synced to disk before the function returns.
 */
async function toNewFile<T>(
  path: string,
  fill: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T & { file: string }> {
  for (let n = 1; ; n += 1) {
    const file = n === 1 ? `${path}.jsonl` : `${path}.${n}.jsonl`;
    const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (handle === undefined) continue;
    try {
      const result = await fill(async (text) => handle.appendFile(text));
      await handle.sync();
      const folder = await open(dirname(file));
      await folder.sync().finally(() => folder.close());
      return { ...result, file };
    } catch (error) {
      await unlink(file);
      throw error;
    } finally {
      await handle.close();
    }
  }
}
