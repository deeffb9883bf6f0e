// Turns of the event loop, for synchronous work that blocks everything else in the process.

/** Between two turns the event loop runs other work. */
export interface LoopTurns {
  /**
   * Runs `work`, at once if the turn has units left. Work of an estimated turn or more is large and waits in a line of its own. Small work has
   * every other turn, so that it waits for one large work at most.
   */
  take<T>(units: number, work: () => T | Promise<T>): Promise<T>;
  /** Counts units of the current turn. */
  spend(units: number): void;
}

/** A turn ends with the work that uses up its `most` units. */
export function loopTurns(most: number): LoopTurns {
  const small: (() => void)[] = [];
  const large: (() => void)[] = [];
  let spent = 0;
  let isNext = false;
  let wasSmall = false;
  const needNext = () => {
    if (isNext) return;
    isNext = true;
    setImmediate(turn);
  };
  const turn = () => {
    isNext = false;
    spent = 0;
    wasSmall = small.length > 0 && !(wasSmall && large.length > 0);
    const line = wasSmall ? small : large;
    while (spent < most) {
      const begin = line.shift();
      if (begin === undefined) break;
      begin();
    }
    if (small.length + large.length > 0) needNext();
  };
  return {
    take(units, work) {
      const isSmall = units < most;
      // Small work overtakes large work, and no other.
      const waiting = isSmall ? small.length : small.length + large.length;
      return new Promise((resolve, reject) => {
        const begin = () => {
          const before = spent;
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
          // Work may count its units in another turn, or fail before it counts them.
          spent = Math.max(spent, before + units);
        };
        if (spent < most && waiting === 0) return begin();
        (isSmall ? small : large).push(begin);
        needNext();
      });
    },
    spend(units) {
      spent += units;
    },
  };
}
