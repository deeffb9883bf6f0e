import type { Transaction } from '../database/client.ts';
import { GatewayError } from '../errors.ts';
import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Attempt, AuditEvent, Party } from './audit-event.ts';
import type { AuditStream } from './audit-stream.ts';
import { eventId } from './event-id.ts';

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
  /** A transaction that makes no event by itself. @throws Unavailable if what it records cannot be written: nothing was done */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Has events of what is done as a part of `tx`, a transaction of an audit log, written at its end. */
  recordIn(tx: Transaction, attempts: Attempt | readonly Attempt[]): void;
}

export interface AuditLogNeeds {
  stream: AuditStream;
  clock: Clock;
}

export function auditLogFor(actor: Actor, { stream, clock }: AuditLogNeeds): AuditLog {
  const toEvent = ({ valueHash, ...attempt }: Attempt, outcome: AuditOutcome): AuditEvent => {
    const at = clock.now();
    return {
      ...attempt,
      // What failed wrote nothing.
      ...(valueHash === undefined || outcome !== 'DONE' ? {} : { valueHash }),
      id: eventId(at),
      at,
      outcome,
      actor: actor.party,
      requestId: actor.requestId,
      address: actor.address,
    };
  };
  const record = (attempt: Attempt, outcome: AuditOutcome) => stream.append(toEvent(attempt, outcome));

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
        return await stream.transaction(async (tx) => {
          attempt = { action, subject, version: null, changes: null };
          const result = await work(tx, attempt);
          stream.include(tx, [toEvent(attempt, 'DONE')]);
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
    transaction: (work) => stream.transaction(work),
    recordIn(tx, attempts) {
      stream.include(
        tx,
        [attempts].flat().map((attempt) => toEvent(attempt, 'DONE')),
      );
    },
  };
}
