// Limits the work of all payloads of one request together, so that a request can have many small payloads or a few large ones.
import { setImmediate } from 'node:timers/promises';
import { BadInput } from '../errors.ts';
import type { Json } from '../json.ts';

/** About microseconds in which all others are held up. */
const MOST = 3_000_000;
/** Units of work after which other requests get a turn. */
const TURN = 50_000;
const FORM = 5;
const VALUE = 25;
const CHARACTERS_OF_VALUES = 16;
/** Units for an expression: it is read, parsed and replaced. */
const EXPRESSION = 4;
const BYTES_OF_RESULTS = 8;

export interface Effort {
  /** Does `work` when all that was begun before it is done. @throws BadInput naming `payload` if nothing is left for it */
  inTurn<T>(work: () => T | Promise<T>): Promise<T>;
  spend(units: number): void;
}

export function effortOfRequest(): Effort {
  let left = MOST;
  let sinceTurn = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(work: () => T | Promise<T>) {
      const begun = last.then(async () => {
        // Small payloads continue without a pause, so that their reads are batched.
        if (sinceTurn >= TURN) {
          sinceTurn = 0;
          await setImmediate();
        }
        if (left <= 0)
          throw new BadInput(
            'payload',
            'too large together with the other payloads of this request; send it in a separate request',
          );
        return work();
      });
      last = begun.catch(() => undefined);
      return begun;
    },
    spend(units) {
      left -= units;
      sinceTurn += units;
    },
  };
}

/** Of looking through them. INVARIANT: they are not nested too deeply. */
export const effortOfTexts = (...all: readonly (Json | undefined)[]) => JSON.stringify(all).length;

/** Units for `count` expressions `${…}`, about secrets or not. */
export const effortOfExpressions = (count: number) => EXPRESSION * count;

/** Units for building and writing a result of this many bytes. */
export const effortOfResult = (bytes: number) => bytes / BYTES_OF_RESULTS;

/** Of reading, opening and parsing them. */
export const effortOfValues = (values: readonly string[]) =>
  values.reduce((sum, { length }) => sum + VALUE + length / CHARACTERS_OF_VALUES, 0);

/** Of building so many. */
export const effortOfForms = (count: number) => FORM * count;
