// The queues of access simulations. A simulation can hold a database connection for seconds, so simulations run one at a time and the other
// connections stay free.
import { type TimedMutex, timedMutex } from '../../concurrency/mutex.ts';

/**
 * The simulation queues of one process. ADMIN and AUDITOR have a queue of their own, so that they do not wait for the simulations of all other
 * callers.
 */
export interface SimulationTurns {
  seeingAll: TimedMutex;
  others: TimedMutex;
}

/** How long a simulation waits for its turn. */
const PATIENCE_MS = 10_000;

export function simulationTurns(): SimulationTurns {
  const line = () => timedMutex(PATIENCE_MS, 'Other simulations are taking too long. Retry later.');
  return { seeingAll: line(), others: line() };
}
