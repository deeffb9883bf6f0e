// Writes the baseline of an audit log whose events have no facts, because they are from before events had facts. The first start after the
// update takes the facts from the tables as they are.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId } from '../primitives/ids.ts';
import { openAuditKey } from './audit-key.ts';
import { writeCheckpoint } from './checkpoint-store.ts';
import { factPages } from './fact-source.ts';
import { digestOf, writeFacts } from './facts.ts';

/** Only one gateway at a time writes a baseline. */
const LOCK = 5_318_009;
const MOST_IN_A_PART = 10_000;
const PAUSE_MS = 200;

export interface BaselineNeeds {
  database: Database;
  keyring: Keyring;
  clock: Clock;
}

/**
 * Writes a baseline if the log has events, but neither an event nor a checkpoint has facts. Returns whether it wrote one. A gateway that is
 * killed while it writes one starts a new baseline at its next start.
 */
export async function writeBaseline({ database, keyring, clock }: BaselineNeeds): Promise<boolean> {
  for (;;) {
    if (!(await isDue(database))) return false;
    const wrote = await tryToWrite({ database, keyring, clock });
    if (wrote !== undefined) return wrote;
    await sleep(PAUSE_MS);
  }
}

/** Undefined if another gateway is writing a baseline at this moment. */
async function tryToWrite({ database, keyring, clock }: BaselineNeeds): Promise<boolean | undefined> {
  const { id: auditKeyId, key } = await openAuditKey(database, keyring, clock);
  return database.snapshot(async (sql) => {
    const [lock] = await sql.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [LOCK]);
    if (!lock?.taken) return undefined;
    // INVARIANT: checked again with the lock held and outside of the snapshot, because another gateway may have written a baseline since.
    if (!(await isDue(database))) return false;
    // INVARIANT: rows and event numbers are from one snapshot, so each change is either in the rows or has an event with a higher number.
    const covers = await sql.query<{ id: string; seq: number }>(
      'SELECT id, seq::float8 AS seq FROM audit_streams ORDER BY id',
    );
    const baseline = newId();
    const write = (part: Map<string, number>, last: boolean) => {
      const facts = { changes: writeFacts(part), baseline, ...(last ? { covers } : {}) };
      return writeCheckpoint(database, { id: auditKeyId, key }, clock.now(), { facts });
    };
    let part = new Map<string, number>();
    for await (const page of factPages(sql)) {
      for (const fact of page) {
        const digest = digestOf(key, fact);
        part.set(digest, (part.get(digest) ?? 0) + 1);
      }
      if (part.size < MOST_IN_A_PART) continue;
      await write(part, false);
      part = new Map();
    }
    await write(part, true);
    return true;
  });
}

// INVARIANT: no baseline is written once anything in the log has facts, because a baseline accepts rows that someone wrote without the gateway.
async function isDue(sql: Sql): Promise<boolean> {
  const [state] = await sql.query<{ due: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM audit_streams WHERE seq > 0)
       AND NOT EXISTS (SELECT 1 FROM audit_events WHERE facts IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM audit_checkpoints c WHERE (c.body -> 'facts') IS NOT NULL AND (c.body -> 'facts' -> 'baseline' IS NULL OR (c.body -> 'facts' -> 'covers') IS NOT NULL)) AS due`,
  );
  return state?.due ?? false;
}
