// Records audit events. The event of a change is committed in the transaction of the change. The event of a read is committed before the result is
// returned.
import type { Transaction } from '../database/client.ts';
import { GatewayError } from '../errors.ts';
import type { AuditOutcome } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { AsOf, Change } from './as-of.ts';
import type { Attempt, AuditEvent, EventActor, NewEvent } from './audit-event.ts';
import type { AuditStream } from './audit-stream.ts';
import { eventId, timeOf } from './event-id.ts';
import { eventNamedIn } from './event-of-change.ts';

/** The actor of one request, the id of the request, and the client address. */
export interface EventSource {
  actor: EventActor;
  requestId: string;
  address: string | null;
}

/** The result of an action, and the audit event that records the action. */
export interface Audited<T> {
  result: T;
  event: NewEvent;
  /**
   * A change that is made in the same statement that writes the event. The rows of the change are locked, or the change is committed only if its state is
   * current.
   */
  change?: Change | undefined;
}

/** The result of an action, and the audit events that record the action, in the order of recording. */
export interface AuditedMany<T> {
  result: T;
  events: readonly NewEvent[];
  /** As in `Audited`. */
  change?: Change | undefined;
}

/** Records the actions of one actor. If the audit log cannot record an action, the action fails. */
export interface AuditLog {
  /**
   * Makes a change and records its events in one transaction. If `work` throws an error, three things happen: the transaction is rolled back, the
   * `attempt` is recorded as refused or failed, and the error is thrown again. Within `work`, `refusalsAbout` adds details to the recorded attempt.
   * @throws Unavailable if an event cannot be written: nothing was changed
   */
  change<T>(attempt: Attempt, work: (tx: Transaction) => Promise<Audited<T> | AuditedMany<T>>): Promise<T>;
  /**
   * Runs `decide`, commits the event that `decide` returns, and then returns the result of `decide`. Events that wait at the same time share one
   * commit. If `decide` throws an error, the `attempt` is recorded as refused or failed, and the error is thrown again. @throws Unavailable if the
   * event cannot be written
   */
  before<T>(attempt: Attempt, decide: () => Promise<Audited<T>>): Promise<T>;
  /**
   * Runs `act`. If `act` succeeds, no event is recorded. If `act` throws an error, the `attempt` is recorded as refused or failed, and the error is
   * thrown again.
   */
  recordIfThrown<T>(attempt: Attempt, act: () => T): Promise<T>;
  /** Commits one event. @throws Unavailable if the event cannot be written */
  record(event: NewEvent, outcome: AuditOutcome): Promise<void>;
  /** Commits all these events together. @throws Unavailable if the events cannot be written */
  recordAll(events: readonly NewEvent[], outcome: AuditOutcome): Promise<void>;
  /**
   * Makes a change and commits its events, in one statement, if the state `asOf` is still current. Without a change, only commits the events. If the
   * state is not current, no event records the failed attempt. @throws Stale if the state is not current: nothing was changed; Unavailable if the
   * events cannot be written
   */
  commit(decided: Audited<unknown> | AuditedMany<unknown>, asOf: AsOf): Promise<void>;
  /**
   * Makes a change and records its audit events in one transaction. If the change fails, no event records the failed attempt. @throws Unavailable if
   * an event cannot be written: nothing was changed
   */
  transaction<T>(work: (tx: Transaction) => Promise<AuditedMany<T>>): Promise<T>;
}

export interface AuditLogDeps {
  stream: Pick<AuditStream, 'append' | 'transaction' | 'include'>;
  clock: Clock;
}

/**
 * Maps each thrown error to the details of the recorded attempt that were known when the error was thrown.
 * INVARIANT: `refusalsAbout` runs only inside the transaction of one caller, so no other caller gets the same error object.
 */
const knownOfRefusal = new WeakMap<Error, Partial<Attempt>>();

/**
 * Runs `work`. If `work` throws an error, the event of the failed attempt contains the details in `known`. If calls of `refusalsAbout` are nested,
 * the details of the inner call take precedence.
 */
export async function refusalsAbout<T>(known: Partial<Attempt>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) knownOfRefusal.set(error, { ...known, ...knownOfRefusal.get(error) });
    throw error;
  }
}

export function auditLogFor(source: EventSource, { stream, clock }: AuditLogDeps): AuditLog {
  const toEvent = (event: NewEvent, outcome: AuditOutcome): AuditEvent => {
    const { id = eventId(clock.now()), version = null, changes = null } = event;
    return { ...event, ...source, version, changes, id, at: timeOf(id), outcome };
  };
  const record = (event: NewEvent, outcome: AuditOutcome) => stream.append(toEvent(event, outcome));

  const transaction = <T>(work: (tx: Transaction) => Promise<Audited<T> | AuditedMany<T>>): Promise<T> =>
    stream.transaction(async (tx) => {
      const done = await work(tx);
      const events = eventsOf(done);
      const [last] = events.slice(-1);
      const named = eventNamedIn(tx);
      if (named !== undefined && (last === undefined || last.id !== undefined))
        throw new Error(
          'Database rows store the id of the last audit event of this transaction, but the transaction recorded no event with this id.',
        );
      const recorded = last === undefined ? [] : [...events.slice(0, -1), { id: named, ...last }];
      stream.include(
        tx,
        recorded.map((event) => toEvent(event, 'DONE')),
        done.change,
      );
      return done.result;
    });

  /** Runs `work`. If `work` throws an error, an audit event records the refused or failed attempt, and the error is thrown again. */
  const recordingErrors = async <T>(attempt: Attempt, work: () => T): Promise<Awaited<T>> => {
    try {
      return await work();
    } catch (error) {
      const { code, outcome, details } =
        error instanceof GatewayError
          ? error
          : { code: 'INTERNAL_SERVER_ERROR', outcome: 'FAILED' as const, details: {} };
      if (outcome === null || code === 'UNAVAILABLE') throw error;
      const known = error instanceof Error ? knownOfRefusal.get(error) : {};
      await record({ ...attempt, ...known, changes: { code, ...details } }, outcome);
      throw error;
    }
  };

  return {
    record,
    async recordAll(events, outcome) {
      if (events.length > 0) await stream.append(events.map((event) => toEvent(event, outcome)));
    },
    async commit(decided, asOf) {
      const events = eventsOf(decided).map((event) => toEvent(event, 'DONE'));
      await stream.append(events, asOf, decided.change);
    },
    transaction,
    change: (attempt, work) => recordingErrors(attempt, () => transaction(work)),
    async before(attempt, decide) {
      const { result, event } = await recordingErrors(attempt, decide);
      await record(event, 'DONE');
      return result;
    },
    recordIfThrown: recordingErrors,
  };
}

function eventsOf(done: Audited<unknown> | AuditedMany<unknown>): readonly NewEvent[] {
  return 'event' in done ? [done.event] : done.events;
}

/** An audit log for a decision from cached data. */
export interface AuditLogAsOf {
  /** INVARIANT: the first events of this audit log are committed only if the state of the cached data is still current. */
  audit: AuditLog;
  /** Whether events are committed, so that the state of the cached data was current during the request. */
  isConfirmed(): boolean;
  /** The error of the last attempt to commit events. `Stale` if the state is not current. */
  failure(): unknown;
}

/** Returns an audit log for a decision from data of the state `asOf`. Calls `onConfirmed` when the first events are committed. */
export function auditLogAsOf(
  source: EventSource,
  { stream, clock }: AuditLogDeps,
  asOf: AsOf,
  onConfirmed: () => void,
): AuditLogAsOf {
  let isConfirmed = false;
  let failure: unknown;
  const append: AuditStream['append'] = async (events, ...others) => {
    if (isConfirmed) return stream.append(events, ...others);
    try {
      await stream.append(events, asOf);
    } catch (error) {
      failure = error;
      throw error;
    }
    if (isConfirmed) return;
    isConfirmed = true;
    onConfirmed();
  };
  return {
    audit: auditLogFor(source, { stream: { append, transaction: stream.transaction, include: stream.include }, clock }),
    isConfirmed: () => isConfirmed,
    failure: () => failure,
  };
}
