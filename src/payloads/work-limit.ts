// Limits the total work on all payloads in one request. A request can have many small payloads or a few large payloads. The work is split into turns
// of the event loop, so that another request waits for one turn at most.
import { BadInput } from '../errors.ts';
import { isRawNumber, type Json } from '../primitives/json.ts';
import { type WorkQueue, workQueue } from './work-queue.ts';

/** The units of work that one request can spend. A unit is about one microsecond. */
const MOST = 3_000_000;
/** Maximum units of work in one turn of the event loop. After a turn, the event loop runs other work. */
const UNITS_PER_TURN = 50_000;
/** Characters and entries of an index of hidden texts that are built in one unit of work. */
const SIZE_OF_INDEX = 4;
/** Units for decrypting one secret value, in addition to the units for its length. */
const VALUE = 25;
/** Characters of secret values that are decrypted in one unit of work. */
const CHARACTERS_OF_VALUES = 16;
/** Units for finding, parsing and replacing one expression. */
const EXPRESSION = 4;
/** Bytes of a result that are written in one unit of work. */
const BYTES_OF_RESULTS = 8;

/** All requests of the process share this queue, because all requests share the event loop. */
const queueOfProcess = workQueue(UNITS_PER_TURN);

/** The limit of work of one request. */
export interface WorkLimit {
  /**
   * Runs `work` in a turn of the event loop, after all work that this request started before has ended. A request therefore has at most one entry in
   * the queue of the process. `units` is an estimate of the work before the first `await` in `work`. @throws BadInput naming `payload` if the request
   * has no units left
   */
  inTurn<T>(units: number, work: () => T | Promise<T>): Promise<T>;
  /** Continues work that `inTurn` started, in another turn of the event loop, after an `await`. */
  goOn<T>(units: number, work: () => T): Promise<T>;
  /** Subtracts `units` from the units that are left for the request and for the current turn. */
  spend(units: number): void;
}

export function workLimitOfRequest(queue: WorkQueue = queueOfProcess): WorkLimit {
  let left = MOST;
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn(units, work) {
      const begun = last.then(() =>
        queue.take(units, () => {
          if (left <= 0)
            throw new BadInput(
              'payload',
              'too large together with the other payloads of this request; send it in a separate request',
            );
          return work();
        }),
      );
      last = begun.catch(() => undefined);
      return begun;
    },
    goOn: (units, work) => queue.take(units, work),
    spend(units) {
      left -= units;
      queue.spend(units);
    },
  };
}

/**
 * Estimates the units for searching the texts of JSON values, before the search begins. Stops counting when the estimate reaches the units of one
 * turn.
 */
export function expectedUnits(...all: readonly (Json | undefined)[]): number {
  let units = 0;
  const open = [...all];
  while (open.length > 0 && units < UNITS_PER_TURN) {
    const json = open.pop();
    units++;
    // The shortest expression, `${}`, has three characters.
    if (typeof json === 'string') units += json.length + (json.includes('$') ? (EXPRESSION * json.length) / 3 : 0);
    else if (Array.isArray(json)) {
      if (json.length > UNITS_PER_TURN) return UNITS_PER_TURN;
      for (const item of json) open.push(item);
    } else if (typeof json === 'object' && json !== null && !isRawNumber(json)) {
      for (const key in json) {
        units += key.length + 1;
        if (units >= UNITS_PER_TURN) return UNITS_PER_TURN;
        open.push(json[key]);
      }
    }
  }
  return units;
}

/** Units for searching the texts of JSON values. INVARIANT: the nesting of the values was checked before. */
export const unitsForTexts = (...all: readonly (Json | undefined)[]) => JSON.stringify(all).length;

/** Units for `count` expressions `${…}`, about secrets or not. */
export const unitsForExpressions = (count: number) => EXPRESSION * count;

/** Units for building and writing a result of this many bytes. */
export const unitsForResult = (bytes: number) => bytes / BYTES_OF_RESULTS;

/** Units for reading, decrypting and parsing secret values. */
export const unitsForValues = (values: readonly string[]) =>
  values.reduce((sum, { length }) => sum + VALUE + length / CHARACTERS_OF_VALUES, 0);

/** Units for building an index of hidden texts. */
export const unitsForIndex = (size: number) => size / SIZE_OF_INDEX;

/** Runs the steps of a generator in turns of the event loop. The generator yields the units of its next step. */
export async function inTurns<T>(limit: WorkLimit, steps: Generator<number, T>): Promise<T> {
  for (let units = 0; ; ) {
    const step = await limit.goOn(units, () => steps.next());
    if (step.done) return step.value;
    units = step.value;
  }
}
