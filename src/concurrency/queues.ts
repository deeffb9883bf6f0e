// Queues of callers that change the same object.
import { endsWithin } from '../primitives/ends-within.ts';

/** The turn of a caller in a queue. */
export interface Turn {
  /** Whether an earlier caller was in the queue. */
  hasWaited: boolean;
  /** Ends the turn. The next caller of the queue continues. */
  end(): void;
}

export interface Queues {
  /**
   * Waits until the turns of all earlier callers for the same object have ended, in the order of the calls. After the maximum waiting time, the caller
   * gets a turn at the same time as an earlier caller.
   */
  enter(object: string): Promise<Turn>;
}

/** A queue exists only while a caller has a turn or waits. */
export function queues(timeoutMs: number): Queues {
  /** For each object, a promise that resolves when the turns of all callers have ended. */
  const ends = new Map<string, Promise<void>>();
  return {
    async enter(object) {
      const earlier = ends.get(object);
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const all = earlier === undefined ? ended : earlier.then(() => ended);
      ends.set(object, all);
      all.then(() => {
        if (ends.get(object) === all) ends.delete(object);
      });
      if (earlier !== undefined) await endsWithin(earlier, timeoutMs);
      return { hasWaited: earlier !== undefined, end };
    },
  };
}
