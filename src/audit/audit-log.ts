import DataLoader from 'dataloader';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/client.ts';
import { GatewayError, Unavailable } from '../errors.ts';
import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';
import { newId } from '../ids.ts';
import type { Attempt, AuditEvent, Party } from './audit-event.ts';
import { insertEvents } from './audit-store.ts';

/** Whoever is recorded as acting, in one request. */
export interface Actor {
  party: Party;
  requestId: string;
  address: string | null;
}

/** Records what one actor does. An attempt that cannot be recorded does not happen. */
export interface AuditLog {
  /**
   * Makes a change and its event in one transaction. `work` fills in `attempt` as it learns what the attempt is about. What it throws
   * undoes everything and is recorded as refused or failed. @throws Unavailable if the event cannot be written: nothing was done
   */
  change<T>(
    action: AuditAction,
    subject: Party | null,
    work: (tx: Transaction, attempt: Attempt) => Promise<T>,
  ): Promise<T>;
  /**
   * Runs `decide`, then commits the event, before what was decided on may be shown. Events of the same moment share one
   * commit. A refusal is recorded and thrown. @throws Unavailable if the event cannot be written
   */
  before<T>(attempt: Attempt, decide: () => Promise<T>): Promise<T>;
  /** Runs what comes after an event that is committed already; if it throws, that is recorded as well, and thrown. */
  orFailed<T>(attempt: Attempt, act: () => T): Promise<T>;
  /** Commits an event of its own. @throws Unavailable if it cannot be written */
  record(attempt: Attempt, outcome: AuditOutcome): Promise<void>;
  /** Writes the events of what was done as a part of `tx`, in one statement. */
  recordIn(tx: Transaction, attempts: Attempt | readonly Attempt[]): Promise<void>;
}

export function auditLogFor(actor: Actor, { database, clock }: { database: Database; clock: Clock }): AuditLog {
  const toEvent = (attempt: Attempt, outcome: AuditOutcome): AuditEvent => ({
    ...attempt,
    id: newId(),
    at: clock.now(),
    outcome,
    actor: actor.party,
    requestId: actor.requestId,
    address: actor.address,
  });
  const writer = new DataLoader<AuditEvent, true>(
    async (events) => {
      await insertEvents(database, events);
      return events.map(() => true);
    },
    { cache: false, maxBatchSize: 500 },
  );

  const record = async (attempt: Attempt, outcome: AuditOutcome) => {
    try {
      await writer.load(toEvent(attempt, outcome));
    } catch (error) {
      throw error instanceof Unavailable ? error : new Unavailable(error);
    }
  };

  /** Records how `attempt` ended badly, and returns what to throw. */
  const refused = async (attempt: Attempt, error: unknown): Promise<unknown> => {
    const [code, outcome] =
      error instanceof GatewayError ? [error.code, error.outcome] : ['INTERNAL_SERVER_ERROR', 'FAILED' as const];
    if (outcome === null || code === 'UNAVAILABLE') return error;
    const details = error instanceof GatewayError ? error.details : {};
    await record({ ...attempt, changes: { code, ...details } }, outcome);
    return error;
  };

  return {
    record,
    async change(action, subject, work) {
      let attempt: Attempt = { action, subject, version: null, changes: null };
      try {
        return await database.transaction(async (tx) => {
          attempt = { action, subject, version: null, changes: null };
          const result = await work(tx, attempt);
          await insertEvents(tx, [toEvent(attempt, 'DONE')]);
          return result;
        });
      } catch (error) {
        throw await refused(attempt, error);
      }
    },
    async before(attempt, decide) {
      let decided: Awaited<ReturnType<typeof decide>>;
      try {
        decided = await decide();
      } catch (error) {
        throw await refused(attempt, error);
      }
      await record(attempt, 'DONE');
      return decided;
    },
    async orFailed(attempt, act) {
      try {
        return act();
      } catch (error) {
        throw await refused(attempt, error);
      }
    },
    async recordIn(tx, attempts) {
      const events = [attempts].flat().map((attempt) => toEvent(attempt, 'DONE'));
      if (events.length > 0) await insertEvents(tx, events);
    },
  };
}
