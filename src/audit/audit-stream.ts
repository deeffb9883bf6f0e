// The events of this process as one chain. Whoever writes next has its turn until the outcome is known, so that the order of numbers is
// the order of commits.
import { hostname } from 'node:os';
import { turns } from '../concurrency/mutex.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql, Transaction } from '../database/client.ts';
import { isWithoutPartition } from '../database/faults.ts';
import { Unavailable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId } from '../primitives/ids.ts';
import { chain, GENESIS, type Head } from './audit-chain.ts';
import type { AuditEvent } from './audit-event.ts';
import { type AuditKey, openAuditKey } from './audit-key.ts';
import { type Append, appendEvents, findHead, makePartition, toStored } from './audit-store.ts';
import { factsOf } from './facts.ts';

export interface AuditStream {
  /** Commits an event; those of the same moment, of whatever request, in one statement. @throws Unavailable if it is not known to be there */
  append(event: AuditEvent): Promise<void>;
  /**
   * A transaction (see `Database`) whose last act is to write the events that `include` was given for it.
   * @throws Unavailable if they cannot be written: nothing was done
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Has events written at the end of a transaction of this stream. */
  include(tx: Transaction, events: readonly AuditEvent[]): void;
  key(): Promise<AuditKey>;
  /** What is committed of this process' streams, as far as it is known here: there is more than one if somebody cut one short. */
  committed(): ({ id: string } & Head)[];
  /** Resolves once all that was to be appended is written or given up. */
  drained(): Promise<void>;
}

export interface AuditStreamNeeds {
  database: Database;
  keyring: Keyring;
  clock: Clock;
}

const MOST_AT_ONCE = 500;
const MOST_TRIES = 3;
const MOST_DOUBTFUL = 100;
/** A statement may take as long. */
const PATIENCE_MS = 5_000;

interface Waiting {
  event: AuditEvent;
  done: () => void;
  failed: (error: unknown) => void;
}

export function auditStream({ database, keyring, clock }: AuditStreamNeeds): AuditStream {
  const label = `${hostname()} ${process.pid}`;
  const turn = turns(PATIENCE_MS, 'Others write to the audit log, and do not come to an end');
  const started: ({ id: string } & Head)[] = [];
  let key: Promise<AuditKey> | undefined;
  let stream: Append['stream'] | undefined;
  /** Known to be committed. */
  let committed = GENESIS;
  /** Where a statement would have taken the stream of which nobody knows what came. */
  let doubtful: Head[] = [];
  /** Those that have a partition, as far as is known. */
  const months = new Set<string>();
  /** By whoever has the turn. */
  let made: string[] = [];

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
    committed = head;
    doubtful = [];
    const current = started.at(-1);
    if (current !== undefined) Object.assign(current, head);
  };

  /** Finds out what came of commits that nobody heard of again. False if the stream is where nobody here took it. */
  const findOut = async (sql: Sql, { id }: Append['stream']): Promise<boolean> => {
    const { seq, hash } = (await findHead(sql, id)) ?? GENESIS;
    // Those in doubt may still come.
    if (seq === committed.seq && hash === committed.hash) return true;
    const came = doubtful.find((head) => head.seq === seq && head.hash === hash);
    if (came !== undefined) settle(came);
    return came !== undefined;
  };

  /** Only in one's turn. Tells where the stream is once this is committed. */
  const write = async (
    sql: Sql,
    opened: AuditKey,
    events: readonly AuditEvent[],
    facts: string | null = null,
  ): Promise<Head> => {
    stream ??= begin(opened);
    const stored = events.map(toStored);
    const last = stored.at(-1);
    if (last !== undefined && facts !== null) last.facts = facts;
    made = [...new Set(stored.map(({ at }) => at.slice(0, 7)))].filter((month) => !months.has(month));
    for (const month of made) {
      await makePartition(sql, month);
      months.add(month);
    }
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      // INVARIANT: a stream goes on from nowhere but where this process took it. One that somebody cut short ends there, for whoever
      // checks the log to find, and another one begins.
      if (doubtful.length > 0 && !(await findOut(sql, stream))) stream = begin(opened);
      const from = committed;
      const chained = chain(opened.key, stream.id, from, stored);
      const { seq, hash } = chained.at(-1) ?? from;
      doubtful = [...doubtful.slice(-MOST_DOUBTFUL), { seq, hash }];
      if (await appendEvents(sql, { stream, from, events: chained })) return { seq, hash };
    }
    throw new Unavailable(new Error('The audit stream is not where it was left'));
  };

  let waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;

  const commit = async (events: () => readonly AuditEvent[]): Promise<void> => {
    const opened = await openKey();
    return database.connection(async (_, prepared) => {
      // INVARIANT: whoever has the turn has a connection: those who wait for the turn may have all others.
      const end = await turn.take();
      try {
        settle(await write(prepared, opened, events()));
      } finally {
        end();
      }
    });
  };

  /** Writes all that waits, or each by itself if together they are refused for what one of them is. */
  const flush = async (): Promise<void> => {
    let batch: Waiting[] = [];
    const take = () => {
      batch = waiting.slice(0, MOST_AT_ONCE);
      waiting = waiting.slice(MOST_AT_ONCE);
      return batch.map(({ event }) => event);
    };
    try {
      await commit(take);
      // What they do next can wait until the next events are on their way, and is done while those are written.
      setImmediate(() => {
        for (const { done } of batch) done();
      });
    } catch (error) {
      if (isWithoutPartition(error)) months.clear();
      // There was no connection, or no turn: whoever waits by now would wait for the same.
      if (batch.length === 0) [batch, waiting] = [waiting, []];
      for (const { event, done, failed } of batch) {
        // A month that went is made again.
        if (error instanceof Unavailable || (batch.length === 1 && !isWithoutPartition(error)))
          failed(unavailable(error));
        else await commit(() => [event]).then(done, (reason) => failed(unavailable(reason)));
      }
    }
  };

  const drain = async (): Promise<void> => {
    // What comes up at the same moment, in whatever request, is there before it begins.
    await new Promise((resume) => setImmediate(resume));
    while (waiting.length > 0) await flush();
    draining = undefined;
  };

  const included = new WeakMap<Transaction, AuditEvent[]>();

  const transact = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const opened = await openKey();
    let end: (() => void) | undefined;
    let written: Head | undefined;
    return database.transaction(
      async (tx) => {
        const events: AuditEvent[] = [];
        included.set(tx, events);
        const result = await work(tx);
        included.delete(tx);
        const facts = factsOf(tx, opened.key);
        // INVARIANT: every change of a row that decides about access or values is in the facts of an event.
        if (facts !== null && events.length === 0)
          throw new Error('A transaction changed facts but recorded no event.');
        if (events.length > 0) {
          end = await turn.take();
          written = await write(tx.prepared, opened, events, facts).catch((error) => {
            throw unavailable(error);
          });
        }
        return result;
      },
      (error) => {
        if (end === undefined) return;
        if (error === undefined && written !== undefined) settle(written);
        // A partition that was made is gone with the rest.
        if (error !== undefined) for (const month of made) months.delete(month);
        written = undefined;
        end();
        end = undefined;
      },
    );
  };

  return {
    append: (event) =>
      new Promise((done, failed) => {
        waiting.push({ event, done, failed });
        draining ??= drain();
      }),
    transaction: (work) =>
      transact(work).catch((error) => {
        if (!isWithoutPartition(error)) throw error;
        months.clear();
        return transact(work);
      }),
    include(tx, events) {
      const there = included.get(tx);
      if (there === undefined) throw new Error('Events are written in a transaction of the audit log');
      there.push(...events);
    },
    key: openKey,
    committed: () => started.filter(({ seq }) => seq > 0).map((one) => ({ ...one })),
    drained: async () => draining,
  };
}

function unavailable(error: unknown): Unavailable {
  return error instanceof Unavailable ? error : new Unavailable(error);
}
