// Writes the audit events of this process as one chain. Only one writer (a batch of events or a transaction) has the turn at a time. A writer keeps
// the turn until the outcome of its commit is known. Therefore the event numbers are in the order of the commits.
import { hostname } from 'node:os';
import { timedMutex } from '../concurrency/mutex.ts';
import { queues, type Turn } from '../concurrency/queues.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql, Transaction } from '../database/client.ts';
import { isWithoutPartition } from '../database/faults.ts';
import { Unavailable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import type { WaitBudget } from '../primitives/wait-budget.ts';
import { type Tracer, tracer } from '../telemetry/tracer.ts';
import { type AsOf, type Change, Stale } from './as-of.ts';
import { chain, GENESIS, type Head, type StoredEvent } from './audit-chain.ts';
import type { AuditEvent } from './audit-event.ts';
import { type AuditKey, openAuditKey } from './audit-key.ts';
import { type Append, type Appended, appendEvents, findHead, makePartition, toStored } from './audit-store.ts';
import { type Fact, factsOf, factsText, type Sign } from './facts.ts';

export interface AuditStream {
  /**
   * Commits one event, or several events together. At least one event is required. One statement writes the events of all requests that wait. The
   * statement is sent after the call. With `asOf`, commits the events only if this state is current when the statement starts. With `change`, the
   * statement also makes this change, and the last event records the facts of the change. In each case of an error except Unavailable, no event is
   * committed. @throws Stale if the state is not current, or if another transaction has locked a row of the change; Unavailable unless the events are
   * known to be committed; the error of the database if the database refused a change. If `budget` is spent before the statement is sent, commits
   * nothing
   */
  append(events: AuditEvent | readonly AuditEvent[], asOf?: AsOf, change?: Change, budget?: WaitBudget): Promise<void>;
  /**
   * Waits until the earlier callers of this process that change the object have ended their turns. A change that is decided and committed during the
   * turn is stale only if another process, or a transaction that locks the object, changes the object. `object` is as in `Change`. The wait is limited:
   * the turn saves attempts, and does not protect the object.
   */
  turnToChange(object: string): Promise<Turn>;
  /**
   * Runs a transaction (see `Database`). The last statement of the transaction writes the events that were passed to `include`.
   * @throws Unavailable if the events cannot be written: then the transaction changed nothing
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, budget?: WaitBudget): Promise<T>;
  /**
   * Adds events to a transaction of this stream. The events are written at the end of the transaction. With `change`, the statement that writes the
   * events also makes this change. INVARIANT: the transaction has locked the rows of the change, and has then decided about the change.
   */
  include(tx: Transaction, events: readonly AuditEvent[], change?: Change): void;
  /** The audit key that hashes the events. */
  key(): Promise<AuditKey>;
  /**
   * The newest head of each stream of this process that is known to be committed. A process has a second stream only if someone changed the database
   * row of the first stream by hand.
   */
  committed(): ({ id: Uuid } & Head)[];
  /**
   * Compares the newest committed head of each stream of this process with the database. If the database contains an older head, the function calls
   * `onSetBack`.
   */
  compareHeads(): Promise<void>;
  /** Returns whether the last attempt to commit audit events failed within `FAILING_MS`. */
  isFailing(): boolean;
  /** The number of streams of this process whose row in the database was set back. */
  setBacks(): number;
  /** Resolves after each event passed to `append` is committed or has failed. */
  drained(): Promise<void>;
}

export interface AuditStreamDeps {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  /** A callback. The stream calls the callback at most once for each stream whose row in the database was set back. */
  onSetBack?: ((found: SetBack) => void) | undefined;
}

/**
 * A stream whose row in the database contains an older head than this process committed. Possible causes are a failover to a standby that was behind,
 * a restored dump, and a change by SQL.
 */
export interface SetBack {
  stream: Uuid;
  /** The number of the newest event that this process committed. */
  committed: number;
  /** The number of the newest event in the database. The number is 0 if the database does not contain the stream. */
  found: number;
}

/** Maximum number of events in a statement, and maximum number of secrets whose revisions a statement compares. */
const MOST_PER_BATCH = 500;
/** Maximum number of changes in a statement. */
const MOST_CHANGES_PER_BATCH = 100;
/** Maximum size of the changes in a statement, in bytes. */
const MOST_BYTES_PER_BATCH = 4 * 1_048_576;
const MOST_TRIES = 3;
/** Maximum number of heads in `doubtful`. */
const MOST_DOUBTFUL = 100;
/**
 * The time after a failed commit for which `isFailing` returns true. Without requests, no event would show that commits succeed again. Therefore
 * `isFailing` returns false after this time.
 */
const FAILING_MS = 10_000;
/** How long a writer waits for its turn. */
const TURN_TIMEOUT_MS = 5_000;
/** How long a caller waits for the earlier callers that change the same object. */
const OBJECT_TIMEOUT_MS = 3_000;

/** The events of a transaction, and the change that the same statement makes. */
interface Included {
  events: AuditEvent[];
  change?: Change | undefined;
}

/** The events of one call of `append`. */
interface Waiting {
  events: readonly AuditEvent[];
  asOf: AsOf | undefined;
  change: Change | undefined;
  budget: WaitBudget | undefined;
  done: () => void;
  failed: (error: unknown) => void;
  /** Runs work as a part of the caller's trace. Undefined without telemetry. */
  within: ReturnType<Tracer['bind']> | undefined;
}

/** Returns the audit stream for one request. The request waits for audit events and transactions only within the budget of the request. */
export function streamOfRequest<Stream extends Pick<AuditStream, 'append' | 'transaction'>>(
  stream: Stream,
  budget: WaitBudget,
): Stream {
  return {
    ...stream,
    append: (events, asOf, change) => budget.within(() => stream.append(events, asOf, change, budget)),
    transaction: (work) => budget.within(() => stream.transaction(work, budget)),
  };
}

export function auditStream({ database, keyring, clock, onSetBack }: AuditStreamDeps): AuditStream {
  const label = `${hostname()} ${process.pid}`;
  const mutex = timedMutex(TURN_TIMEOUT_MS, 'Timeout while waiting for other writes to the audit log');
  const changing = queues(OBJECT_TIMEOUT_MS);
  const started: ({ id: Uuid } & Head)[] = [];
  let key: Promise<AuditKey> | undefined;
  let stream: Append['stream'] | undefined;
  /** The newest head that is known to be committed. */
  let committed = GENESIS;
  /** The heads that statements with an unknown outcome have written, if these statements were committed. */
  let doubtful: Head[] = [];
  /** Months that have a partition, as far as this process knows. */
  const months = new Set<string>();

  const setBack = new Set<Uuid>();
  let failedAt: number | undefined;

  const noteSetBack = (found: SetBack) => {
    if (setBack.has(found.stream)) return;
    setBack.add(found.stream);
    onSetBack?.(found);
  };

  const openKey = () => {
    key ??= openAuditKey(database, keyring, clock).catch((error) => {
      key = undefined;
      throw error;
    });
    return key;
  };

  const begin = ({ id: auditKeyId }: AuditKey): Append['stream'] => {
    const id = newId();
    committed = GENESIS;
    doubtful = [];
    started.push({ id, ...GENESIS });
    return { id, auditKeyId, startedAt: clock.now(), label };
  };

  const settle = (head: Head) => {
    failedAt = undefined;
    committed = head;
    doubtful = [];
    const current = started.at(-1);
    if (current !== undefined) Object.assign(current, head);
  };

  /**
   * Reads the stream's row to find out which statements with an unknown outcome were committed. Returns false if the row has a head that this process
   * did not write.
   */
  const resolveDoubt = async (sql: Sql, { id }: Append['stream']): Promise<boolean> => {
    const { seq, hash } = (await findHead(sql, id)) ?? GENESIS;
    // The statements with an unknown outcome may still be committed later.
    if (seq === committed.seq && hash === committed.hash) return true;
    const found = doubtful.find((head) => head.seq === seq && head.hash === hash);
    if (found !== undefined) settle(found);
    else noteSetBack({ stream: id, committed: committed.seq, found: seq });
    return found !== undefined;
  };

  /** Months of `events` that have no partition, as far as this process knows. */
  const monthsWithoutPartition = (events: readonly StoredEvent[]): string[] =>
    [...new Set(events.map(({ at }) => at.slice(0, 7)))].filter((month) => !months.has(month));

  /**
   * Writes events with their changes, and returns the head after their commit. If states in `asOf` are not current, writes nothing and returns these
   * states. The caller must have the turn.
   */
  const write = async (
    sql: Sql,
    opened: AuditKey,
    { events, asOf, changes }: Pick<Append, 'asOf' | 'changes'> & { events: readonly StoredEvent[] },
  ): Promise<{ head: Head } | Pick<Appended, 'stale' | 'epoch'>> => {
    stream ??= begin(opened);
    for (const month of monthsWithoutPartition(events)) {
      await makePartition(sql, month);
      months.add(month);
    }
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      // INVARIANT: a stream continues only from a head that this process wrote. If someone changed the stream's row, this process begins another
      // stream, and verification reports the changed stream.
      if (doubtful.length > 0 && !(await resolveDoubt(sql, stream))) stream = begin(opened);
      const from = committed;
      const chained = chain(opened.key, stream.id, from, events);
      const { seq, hash } = chained.at(-1) ?? from;
      doubtful = [...doubtful.slice(-MOST_DOUBTFUL), { seq, hash }];
      const { appended, stale, epoch } = await appendEvents(sql, { stream, from, events: chained, asOf, changes });
      if (appended) return { head: { seq, hash } };
      if (stale.size > 0) {
        // This statement is known to have written nothing.
        doubtful.pop();
        return { stale, epoch };
      }
    }
    throw new Unavailable(new Error('The audit stream does not have the head that this process wrote'));
  };

  let waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;

  /**
   * Commits the events of the array that `take` returns, in one statement. If a state is not current, the items with this state fail with `Stale` and
   * are removed from the array, and the other items are sent again. `take` runs when the writer has the turn.
   */
  const commit = async (take: () => Waiting[]): Promise<void> => {
    const opened = await openKey();
    return database.connection(async (_, prepared) => {
      // INVARIANT: a writer takes its connection before it waits for its turn. Otherwise a writer that has the turn could wait for a connection while
      // waiting writers hold all connections.
      const end = await mutex.acquire();
      try {
        const batch = take();
        while (batch.length > 0) {
          const events = batch.flatMap(({ events, change }) => toStoredWith(events, factsOfChange(change, opened)));
          const asOf = [...new Set(batch.flatMap((item) => item.asOf ?? []))];
          const changes = batch.flatMap(({ asOf, change }) => (asOf && change ? { asOf, change } : []));
          const written = await write(prepared, opened, { events, asOf, changes });
          if ('head' in written) return settle(written.head);
          const isStale = (item: Waiting) => item.asOf !== undefined && written.stale.has(item.asOf);
          for (const item of batch.filter(isStale)) item.failed(new Stale(written.epoch));
          batch.splice(0, batch.length, ...batch.filter((item) => !isStale(item)));
        }
      } finally {
        end();
      }
    });
  };

  /** Removes the items whose request was already answered, because the request waited too long. */
  const removeAbandoned = () => {
    const isAbandoned = ({ budget }: Waiting) => budget?.isSpent === true;
    if (!waiting.some(isAbandoned)) return;
    const error = new Unavailable(new Error('The request ended before its audit event was sent'));
    for (const item of waiting.filter(isAbandoned)) item.failed(error);
    waiting = waiting.filter((item) => !isAbandoned(item));
  };

  /**
   * Takes waiting items with at most `MOST_PER_BATCH` events, and with states of at most `MOST_PER_BATCH` secrets. An item with more events or secrets
   * is a batch by itself. The changes of a batch have the same kind, and change different objects. The events of changes of access are last, because
   * the other decisions of the batch were made before these changes.
   */
  const takeBatch = (): Waiting[] => {
    removeAbandoned();
    let [count, size, compared, bytes] = [0, 0, 0, 0];
    let kind: Change['kind'] | undefined;
    const changed = new Set<string>();
    for (const { events, asOf, change } of waiting) {
      size += events.length;
      compared += asOf?.secrets.length ?? 0;
      bytes += change?.bytes ?? 0;
      if (count > 0 && (size > MOST_PER_BATCH || compared > MOST_PER_BATCH || bytes > MOST_BYTES_PER_BATCH)) break;
      if (change !== undefined) {
        kind ??= change.kind;
        if (change.kind !== kind || changed.has(change.object) || changed.size >= MOST_CHANGES_PER_BATCH) break;
        changed.add(change.object);
      }
      count += 1;
    }
    const taken = waiting.splice(0, count);
    return kind?.changesAccess
      ? [...taken.filter(({ change }) => !change), ...taken.filter(({ change }) => change)]
      : taken;
  };

  /** Writes the waiting events in one batch. If the database refuses the batch, writes the events of each call by themselves. */
  const flush = async (): Promise<void> => {
    let batch: Waiting[] = [];
    try {
      await commit(() => {
        batch = takeBatch();
        return batch;
      });
      const continueCallers = () => {
        for (const { done } of batch) done();
      };
      // If events wait, the next batch is sent first, so that the callers continue while the database writes the next batch.
      if (waiting.length > 0) setImmediate(continueCallers);
      else continueCallers();
    } catch (error) {
      if (isWithoutPartition(error)) months.clear();
      else failedAt = performance.now();
      // If the writer received no connection or no turn, `batch` is still empty. Then all waiting events fail, because they would wait for the same
      // connection or turn.
      if (batch.length === 0) [batch, waiting] = [waiting, []];
      for (const item of batch) {
        // If a partition is missing, the second attempt makes the partition.
        if (error instanceof Unavailable || (batch.length === 1 && !isWithoutPartition(error)))
          item.failed(failureOf(item, error));
        else await commit(() => [item]).then(item.done, (reason) => item.failed(failureOf(item, reason)));
      }
    }
  };

  const drain = async (): Promise<void> => {
    // Waits until all requests in this iteration of the event loop have added their events to the first batch.
    await new Promise((resume) => setImmediate(resume));
    while (waiting.length > 0) await (waiting[0]?.within?.(flush) ?? flush());
    draining = undefined;
  };

  const included = new WeakMap<Transaction, Included>();

  const transact = async <T>(work: (tx: Transaction) => Promise<T>, budget?: WaitBudget): Promise<T> => {
    const opened = await openKey();
    return database.transaction(async (tx) => {
      const ofTransaction: Included = { events: [] };
      included.set(tx, ofTransaction);
      const result = await work(tx);
      included.delete(tx);
      const { events, change } = ofTransaction;
      const facts = (factsOf(tx, opened.key) ?? '') + (factsOfChange(change, opened) ?? '') || null;
      // INVARIANT: every change of a row that decides about access or secret values is recorded in the facts of an audit event.
      if (facts !== null && events.length === 0) throw new Error('A transaction changed facts but recorded no event.');
      if (events.length > 0) await writeAtEnd(tx, opened, { events, change }, facts);
      return result;
    }, budget);
  };

  /** Writes the events of a transaction as its last statement. The transaction has the turn until its outcome is known. */
  const writeAtEnd = async (
    tx: Transaction,
    opened: AuditKey,
    { events, change }: Included,
    facts: string | null,
  ): Promise<void> => {
    const endTurn = await mutex.acquire();
    // INVARIANT: this listener is registered first and therefore runs last, so that the next writer sees the state that the other listeners set.
    tx.onEnd(endTurn);
    const stored = toStoredWith(events, facts);
    const newMonths = monthsWithoutPartition(stored);
    tx.onEnd((error) => {
      // A rollback removes the partitions that this transaction made.
      if (error !== undefined) for (const month of newMonths) months.delete(month);
    });
    const changes = change === undefined ? [] : [{ change, asOf: undefined }];
    const written = await write(tx.prepared, opened, { events: stored, asOf: [], changes }).catch((error) => {
      if (!isWithoutPartition(error)) failedAt = performance.now();
      throw failureOf({ change }, error);
    });
    tx.onEnd((error) => {
      if (error === undefined && 'head' in written) settle(written.head);
    });
  };

  return {
    append: (given, asOf, change, budget) =>
      new Promise((done, failed) => {
        const events = 'length' in given ? given : [given];
        // INVARIANT: without an event, no statement would compare the state `asOf`.
        if (events.length === 0) throw new Error('No audit event to append.');
        waiting.push({ events, asOf, change, budget, done, failed, within: tracer?.bind() });
        draining ??= drain();
      }),
    turnToChange: (object) => changing.enter(object),
    transaction: (work, budget) =>
      transact(work, budget).catch((error) => {
        if (!isWithoutPartition(error)) throw error;
        months.clear();
        return transact(work, budget);
      }),
    include(tx, events, change) {
      const ofTransaction = included.get(tx);
      if (ofTransaction === undefined) throw new Error('Not a transaction of the audit log');
      ofTransaction.events.push(...events);
      ofTransaction.change = change;
    },
    key: openKey,
    committed: () => started.filter(({ seq }) => seq > 0).map((head) => ({ ...head })),
    async compareHeads() {
      for (const { id, seq } of started.map((head) => ({ ...head }))) {
        const found = (await findHead(database, id))?.seq ?? 0;
        if (found < seq) noteSetBack({ stream: id, committed: seq, found });
      }
    },
    isFailing: () => failedAt !== undefined && performance.now() - failedAt < FAILING_MS,
    setBacks: () => setBack.size,
    drained: async () => draining,
  };
}

/** Converts events that are committed together. The last event records `facts` (see `factsText`). */
function toStoredWith(events: readonly AuditEvent[], facts: string | null): StoredEvent[] {
  const stored = events.map(toStored);
  const last = stored.at(-1);
  if (last !== undefined && facts !== null) last.facts = facts;
  return stored;
}

/** Returns the facts of a change as an audit event records them. Returns null without a change. */
function factsOfChange(change: Change | undefined, { key }: AuditKey): string | null {
  if (change === undefined) return null;
  const { ended, begun } = change.facts;
  const signed = (facts: readonly Fact[], sign: Sign) => facts.map((fact) => ({ sign, fact }));
  return factsText([...signed(ended, -1), ...signed(begun, 1)], key);
}

/** Returns the error of a failed statement. An error of the database about a change is not the fault of the audit log, so the error stays the same. */
function failureOf({ change }: Pick<Waiting, 'change'>, error: unknown): unknown {
  return change === undefined ? unavailable(error) : error;
}

function unavailable(error: unknown): Unavailable {
  return error instanceof Unavailable ? error : new Unavailable(error);
}
