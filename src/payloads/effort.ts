// Limits the work of all payloads of one request together, so that a request can have many small payloads or a few large ones.
// The work runs in turns of the process, so that other requests wait for one step of it at most.
import { BadInput } from '../errors.ts';
import { isRawNumber, type Json } from '../primitives/json.ts';
import { type LoopTurns, loopTurns } from './loop-turns.ts';

/** About microseconds of work. */
const MOST = 3_000_000;
/** Units of work after which everything else in the process gets a turn. */
const TURN = 50_000;
const FORM = 5;
const VALUE = 25;
const CHARACTERS_OF_VALUES = 16;
/** Units for an expression: it is read, parsed and replaced. */
const EXPRESSION = 4;
const BYTES_OF_RESULTS = 8;

/** Shared by all requests of the process, because they share its event loop. */
const turns = loopTurns(TURN);

export interface Effort {
  /**
   * Runs `work` in a turn of the process, after all earlier work of this request ended: so a request waits in the line of the process once.
   * `units` is an estimate of the work up to its first `await`. @throws BadInput naming `payload` if the request has no units left
   */
  inTurn<T>(units: number, work: () => T | Promise<T>): Promise<T>;
  /** Continues `inTurn` in another turn, after an `await`. */
  goOn<T>(units: number, work: () => T): Promise<T>;
  spend(units: number): void;
}

export function effortOfRequest(ofProcess: LoopTurns = turns): Effort {
  let left = MOST;
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn(units, work) {
      const begun = last.then(() =>
        ofProcess.take(units, () => {
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
    goOn: (units, work) => ofProcess.take(units, work),
    spend(units) {
      left -= units;
      ofProcess.spend(units);
    },
  };
}

/** An estimate of the units that searching these texts takes, before anything searches them. It stops counting at a turn. */
export function expectedEffort(...all: readonly (Json | undefined)[]): number {
  let units = 0;
  const open = [...all];
  while (open.length > 0 && units < TURN) {
    const json = open.pop();
    units++;
    // Each `$` may begin an expression: three characters at least, `${}`.
    if (typeof json === 'string') units += json.length + (json.includes('$') ? (EXPRESSION * json.length) / 3 : 0);
    else if (Array.isArray(json)) {
      if (json.length > TURN) return TURN;
      for (const item of json) open.push(item);
    } else if (typeof json === 'object' && json !== null && !isRawNumber(json)) {
      for (const key in json) {
        units += key.length + 1;
        if (units >= TURN) return TURN;
        open.push(json[key]);
      }
    }
  }
  return units;
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
