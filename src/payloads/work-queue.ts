// Spreads long synchronous work over several turns of the event loop, so that the work does not block other requests.

/** A queue of synchronous work. Between two turns, the event loop runs other work. */
export interface WorkQueue {
  /**
   * Runs `work` when a turn has units left. If the current turn has units left and no work is waiting, `work` runs immediately. Work is large if it
   * needs at least the units of one turn. Large work waits in a separate queue. Every second turn runs small work, so that small work waits for at
   * most one piece of large work.
   */
  take<T>(units: number, work: () => T | Promise<T>): Promise<T>;
  /** Adds to the spent units of the current turn. */
  spend(units: number): void;
}

/** Creates the queues for small and large work. A turn starts no further work after `most` units were spent. */
export function workQueue(most: number): WorkQueue {
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
      // Small work can overtake large work. Work of the same size runs in order.
      const waiting = isSmall ? small.length : small.length + large.length;
      return new Promise((resolve, reject) => {
        const begin = () => {
          const before = spent;
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
          // Some work calls `spend` in a later turn, or fails before it calls `spend`. The turn therefore spends at least the estimated units.
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
