// What was recorded before there were chains is taken into one, in order. A gateway that is killed meanwhile goes on at its next start.

import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import { outsideId } from '../primitives/ids.ts';
import { chain, GENESIS, type StoredEvent } from './audit-chain.ts';
import type { RecordedValue } from './audit-checkpoint.ts';
import { type AuditKey, openAuditKey } from './audit-key.ts';
import { AT } from './audit-source.ts';
import { appendEvents, findHead } from './audit-store.ts';
import { writeCheckpoint } from './checkpoint-store.ts';

/** The stream of what was recorded before. */
export const ADOPTED = '00000000-0000-7000-8000-000000000001';

const BATCH = 1_000;
const MOST_CONFLICTS = 100;

export interface AdoptionNeeds {
  database: Database;
  keyring: Keyring;
  clock: Clock;
}

/**
 * Tells how many events were taken over by this process.
 * @throws Error if events lie there to be taken over, and gateways have written chains already: nobody but a gateway's first start does that
 */
export async function adoptEvents({ database, keyring, clock }: AdoptionNeeds): Promise<number> {
  if (!(await isLeft(database))) return 0;
  // INVARIANT: once there are chains, nothing that has no place in one is taken into one: whoever can make a table could have it sealed.
  const [chains] = await database.query<{ there: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM audit_streams WHERE id <> $1::uuid) AS there',
    [ADOPTED],
  );
  if (chains?.there) {
    if (!(await isLeft(database))) return 0;
    throw new Error(
      'There is a table audit_events_before, and the audit log was taken over long ago: somebody put it there. See what it is, and drop it.',
    );
  }
  const key = await openAuditKey(database, keyring, clock);
  let adopted = 0;
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; ) {
    const batch = await adoptBatch(database, key, clock.now()).catch(async (error) => {
      if (await isLeft(database)) throw error;
      return 'finished' as const;
    });
    // By another gateway.
    if (batch === 'finished') return adopted;
    if (batch === 'conflict') conflicts += 1;
    else if (batch > 0) adopted += batch;
    else {
      await sealValues(database, key, clock);
      await database.query('DROP TABLE IF EXISTS audit_events_before');
      await database.query('DROP FUNCTION IF EXISTS refuse_change_of_audit_events()');
      return adopted;
    }
  }
  throw new Error('Others take over the audit log from before, and do not come to an end.');
}

/** Whether there is something to take over. */
async function isLeft(sql: Sql): Promise<boolean> {
  const [table] = await sql.query<{ there: boolean }>(`SELECT to_regclass('audit_events_before') IS NOT NULL AS there`);
  return table?.there ?? false;
}

async function adoptBatch(sql: Sql, key: AuditKey, now: Date): Promise<number | 'conflict'> {
  const from = (await findHead(sql, ADOPTED)) ?? GENESIS;
  const events = await sql.query<StoredEvent>(
    `SELECT id, ${AT}, action, outcome, actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName",
       subject_kind AS "subjectKind", subject_id AS "subjectId", subject_name AS "subjectName", version, changes::text AS changes,
       request_id AS "requestId", address, NULL AS "valueHash"
     FROM audit_events_before b
     WHERE $1::bigint = 0 OR (b.at, b.id) > (SELECT e.at, e.id FROM audit_events e WHERE e.stream = $2::uuid AND e.seq = $1::bigint)
     ORDER BY b.at, b.id LIMIT ${BATCH}`,
    [from.seq, ADOPTED],
  );
  if (events.length === 0) return 0;
  const stream = { id: ADOPTED, auditKeyId: key.id, startedAt: now, label: 'before there were chains' };
  // Another gateway that does the same is ahead by a batch: then this one goes on from there.
  const done = await appendEvents(sql, { stream, from, events: chain(key.key, ADOPTED, from, events) });
  return done ? events.length : 'conflict';
}

/** Secrets that no event of a chain tells of yet, as they are now. */
async function sealValues(sql: Sql, key: AuditKey, clock: Clock): Promise<void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await sql.query<{ id: string; version: number; valueHash: string }>(
      `SELECT s.id, s.current_version AS version, coalesce(encode(sha256(v.ciphertext), 'hex'), '') AS "valueHash"
       FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id AND v.number = s.current_version
       WHERE s.id > $1::uuid ORDER BY s.id LIMIT ${BATCH}`,
      [after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    const secrets = rows.map(({ id, ...value }): RecordedValue => ({ id: outsideId('SECRET', id), ...value }));
    await writeCheckpoint(sql, key, clock.now(), { secrets });
    after = last.id;
  }
}
