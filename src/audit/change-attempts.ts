// Decides about a change from data that is not locked, and makes the change only if the data is still current. See docs/adr/0034 and docs/adr/0036.
import type { Turn } from '../concurrency/queues.ts';
import { GatewayError, Unauthenticated, Unavailable } from '../errors.ts';
import { Stale } from './as-of.ts';
import type { Audited, AuditedMany } from './audit-log.ts';

/** A request that is allowed: its result, its audit events, and its change. Without a change, only the events are committed. */
export type Decided<T> = Audited<T> | AuditedMany<T>;

/** Data for a decision about a change. */
export interface ReadAsOf<Outcome extends Decided<unknown>> {
  /**
   * Makes the change and commits its events, if the data of the decision is still current. @throws Stale if the data is not current: nothing was
   * changed; Unavailable
   */
  commit(decided: Outcome): Promise<void>;
}

/** Maximum number of attempts at one change. An attempt fails if the data of its decision changes before the attempt commits. */
const MOST_TRIES = 3;

/**
 * Reads data, decides from this data, and makes the change as of this data. The callers of this process that change the same object take turns. If the data changes before the commit, waits until the transaction that
 * changes the data ends, and decides again. Returns undefined in each of these cases: `read` or `decide` returns undefined, the decision is a refusal,
 * the database refuses the change, or the data changes during each attempt. The caller then locks the data and decides by the same rules.
 * INVARIANT: only the transaction that locks the data refuses a change and records the refusal. @throws Unauthenticated, Unavailable
 */
export async function changedAsOf<Read extends ReadAsOf<Outcome>, Outcome extends Decided<unknown>>({
  read,
  decide,
  wait,
  turnFor,
  mostTries = MOST_TRIES,
}: {
  /** Reads the data. If `isFresh` is true, always sends a statement. */
  read(isFresh: boolean): Promise<Read | undefined>;
  decide(read: Read): Outcome | undefined | Promise<Outcome | undefined>;
  /** Waits until no other transaction has locked the rows of the change. */
  wait(stale: Read): Promise<void>;
  /**
   * Waits for the caller's turn to change the object that was read. Returns undefined if the caller may not change the object. INVARIANT: such a caller
   * never waits, because the time of the wait would show that a hidden object exists.
   */
  turnFor?(read: Read): Promise<Turn> | undefined;
  mostTries?: number;
}): Promise<Outcome['result'] | undefined> {
  let stale: Read | undefined;
  let turn: Turn | undefined;
  try {
    for (let tries = 1; tries <= mostTries; tries += 1) {
      // INVARIANT: the wait for another transaction ends before the data is read, so that the decision uses what this transaction changed.
      if (stale !== undefined) await wait(stale);
      let data = await read(stale !== undefined);
      if (turn === undefined && data !== undefined) {
        turn = await turnFor?.(data);
        // An earlier caller has probably changed the data.
        if (turn?.hasWaited) data = await read(true);
      }
      const decided = data && (await decisionOf(() => decide(data)));
      if (data === undefined || decided === undefined) return undefined;
      try {
        await data.commit(decided);
        return decided.result;
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        // The database refused the statement and changed nothing. The locking transaction finds out whether the change or the audit log is at fault.
        if (!(error instanceof Stale)) return undefined;
        stale = data;
      }
    }
    return undefined;
  } finally {
    turn?.end();
  }
}

/** Returns undefined if the decision is a refusal. */
async function decisionOf<Outcome>(decide: () => Outcome | Promise<Outcome>): Promise<Outcome | undefined> {
  try {
    return await decide();
  } catch (error) {
    if (!(error instanceof GatewayError) || error instanceof Unauthenticated || error instanceof Unavailable)
      throw error;
    return undefined;
  }
}
