// Every hour, a gateway purges deleted secrets that can no longer be restored, creates partitions of the audit log, and runs further cleaning.
import type { Logger } from 'pino';
import { type EventActor, NO_VALUE } from '../audit/audit-event.ts';
import { type AuditLogDeps, auditLogFor } from '../audit/audit-log.ts';
import { makePartitionsAhead } from '../audit/audit-store.ts';
import type { Database } from '../database/client.ts';
import { GatewayError } from '../errors.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import { DAYS_TO_RESTORE, eventSubjectOf, restorableSince } from './secret.ts';
import * as writes from './secret-writes.ts';

const HOUR_MS = 3_600_000;
const BATCH = 100;
const GATEWAY: EventActor = { kind: 'OPERATOR', id: '', name: 'gateway' };

interface HousekeepingDeps extends AuditLogDeps {
  database: Database;
  log: Logger;
  /** Further work of each run. */
  alsoClean: (now: Date) => Promise<void>;
}

/**
 * Starts the hourly housekeeping. The first run begins immediately. Each run purges deleted secrets that can no longer be restored, and creates the
 * partitions of the audit log for the next months.
 */
export function startHousekeeping(needs: HousekeepingDeps): { stop: () => Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    const { database, clock } = needs;
    running = Promise.all([
      purgeExpiredDeletions(needs),
      makePartitionsAhead(database, clock.now()),
      needs.alsoClean(clock.now()),
    ]).catch((error: unknown) => {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
      needs.log.warn({ code }, 'housekeeping failed; next try in one hour');
    });
  };
  run();
  const timer = setInterval(run, HOUR_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * Purges secrets that were deleted more than 30 days ago, and records one audit event for each purged secret. Several gateways may call this function
 * at the same time. Returns the number of purged secrets.
 */
export async function purgeExpiredDeletions(needs: AuditLogDeps): Promise<number> {
  const now = needs.clock.now();
  const before = restorableSince(now);
  const audit = auditLogFor({ actor: GATEWAY, requestId: newId(), address: null }, needs);
  for (let purged = 0; ; ) {
    const batch = await audit.transaction(async (tx) => {
      const rows = await tx.query<{ id: Uuid; name: string }>(
        `SELECT id, name FROM secrets WHERE deleted_at <= $1::timestamptz AND purged_at IS NULL LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
        [before],
      );
      for (const { id } of rows) await writes.purge(tx, id, now);
      return {
        result: rows.length,
        events: rows.map(({ id, name }) => ({
          action: 'SECRET_DELETE',
          subject: eventSubjectOf({ id }, name),
          changes: { purged: true, afterDays: DAYS_TO_RESTORE },
          valueHash: NO_VALUE,
        })),
      };
    });
    purged += batch;
    if (batch < BATCH) return purged;
  }
}
