// Writes an audit log of a configured length with the gateway's own code, and verifies the audit log. The number of secrets is a tenth of the number
// of audit events.
import type { AuditKey } from '../src/audit/audit-key.ts';
import { factEventPages } from '../src/audit/audit-source.ts';
import { verifyLog } from '../src/audit/audit-verification.ts';
import { writeCheckpoint } from '../src/audit/checkpoint-store.ts';
import { factPages } from '../src/audit/fact-source.ts';
import { digestOf, readFacts, writeFacts } from '../src/audit/facts.ts';
import type { Database } from '../src/database/client.ts';
import type { Clock } from '../src/primitives/clock.ts';
import { newId, toGlobalId, type Uuid } from '../src/primitives/ids.ts';
import type { Undo } from './cleanup.ts';
import { openWorld } from './world.ts';

/** Number of audit events in the smaller audit log. */
export const LOG = 20_000;

const AT_ONCE = 500;

export interface Verified {
  events: number;
  /** The speed in audit events per second. */
  written: number;
  verified: number;
}

interface Value {
  id: Uuid;
  name: string;
  valueHash: string;
  deleted: boolean;
  expiresAt: Date | null;
}

/**
 * Writes and verifies an audit log with `events` events. Returns the speed of writing and the speed of verification in events per second. @throws
 * Error if verification fails
 */
export async function verified(events: number, undo: Undo): Promise<Verified> {
  const secrets = events / 10;
  const size = { secrets, principals: 1_000, groups: 50, grants: 1_000 };
  const { database, keyring, stream, clock } = await openWorld(size, { undo, sealed: secrets });
  const values = await database.query<Value>(
    `SELECT s.id, s.name, COALESCE(encode(sha256(v.ciphertext), 'hex'), '') AS "valueHash",
       s.deleted_at IS NOT NULL AS deleted, s.expires_at AS "expiresAt"
     FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id ORDER BY s.id`,
  );
  /** The first round creates each secret, or purges it. The second round deletes the deleted secrets. All other events are reveals. */
  const append = async (n: number) => {
    const { id, name, valueHash, deleted, expiresAt } = values[n % values.length] as Value;
    const round = Math.floor(n / values.length);
    const purged = valueHash === '';
    const ends = round === 0 ? purged : round === 1 && deleted && !purged;
    const action = ends ? 'SECRET_DELETE' : round === 0 ? 'SECRET_CREATE' : 'SECRET_REVEAL';
    const changes = ends ? { purged } : round === 0 ? { tags: [], expiresAt } : null;
    await stream.append({
      id: newId(),
      at: clock.now(),
      action,
      outcome: 'DONE',
      actor: { kind: 'USER', id: toGlobalId('USER', id), name: 'someone@example.com' },
      subject: { kind: 'SECRET', id: toGlobalId('SECRET', id), name },
      version: 1,
      changes,
      requestId: id,
      address: '127.0.0.1',
      ...(round === 0 ? { valueHash } : {}),
    });
  };
  const began = performance.now();
  for (let n = 0; n < events; n += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, events - n) }, (_, i) => append(n + i)));
  }
  const appended = performance.now();
  await vouch(database, await stream.key(), clock);
  const written = performance.now();
  const { intact, eventsChecked, problem } = await verifyLog({ database, keyring });
  if (!intact || eventsChecked < events) throw new Error(`Verification of the log failed: ${problem}`);
  const perSecond = (ms: number) => Math.round((events / ms) * 1_000);
  return { events, written: perSecond(appended - began), verified: perSecond(performance.now() - written) };
}

/** The gateway did not write the world's rows. The benchmark therefore writes a checkpoint that contains the facts of these rows. */
async function vouch(database: Database, key: AuditKey, clock: Clock): Promise<void> {
  const counts = new Map<string, number>();
  const add = (digest: string, by: number) => counts.set(digest, (counts.get(digest) ?? 0) + by);
  for await (const page of factPages(database)) for (const fact of page) add(digestOf(key.key, fact), 1);
  for await (const page of factEventPages(database)) {
    for (const { facts } of page) readFacts(facts, (digest, sign) => add(digest, -sign));
  }
  await writeCheckpoint(database, key, clock.now(), { facts: { changes: writeFacts(counts) } });
}
