// What masking takes, counted over all payloads of one request: so that many small ones are as welcome as a few large ones.
import { setImmediate } from 'node:timers/promises';
import { BadInput } from '../errors.ts';
import type { Json } from '../json.ts';

/** About microseconds in which all others are held up. */
const MOST = 3_000_000;
const FORM = 5;
const VALUE = 25;
const CHARACTERS_OF_VALUES = 16;

export interface Effort {
  /** Does `work` when all that was begun before it is done. @throws BadInput naming `payload` if nothing is left for it */
  inTurn<T>(work: () => T | Promise<T>): Promise<T>;
  spend(units: number): void;
}

export function effortOfRequest(): Effort {
  let left = MOST;
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(work: () => T | Promise<T>) {
      const begun = last.then(async () => {
        // Other requests have their turn in between.
        if (left < MOST) await setImmediate();
        if (left <= 0) throw new BadInput('payload', 'too much to be hidden in one request; send it in one of its own');
        return work();
      });
      last = begun.catch(() => undefined);
      return begun;
    },
    spend(units) {
      left -= units;
    },
  };
}

/** Of looking through them. INVARIANT: they are not nested too deeply. */
export const effortOfTexts = (...all: readonly (Json | undefined)[]) => JSON.stringify(all).length;

/** Of reading, opening and parsing them. */
export const effortOfValues = (values: readonly string[]) =>
  values.reduce((sum, { length }) => sum + VALUE + length / CHARACTERS_OF_VALUES, 0);

/** Of building so many. */
export const effortOfForms = (count: number) => FORM * count;
