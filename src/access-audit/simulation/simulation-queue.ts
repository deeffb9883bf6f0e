// The queues of access simulations. A simulation can hold a database connection for seconds, so simulations run one at a time and the other
// connections stay free.
import { type TimedMutex, timedMutex } from '../../concurrency/mutex.ts';

/**
 * The simulation queues of one process. ADMIN and AUDITOR have a queue of their own, so that they do not wait for the simulations of all other
 * callers.
 */
export interface SimulationQueues {
  seeingAll: TimedMutex;
  others: TimedMutex;
}

/** Maximum time in milliseconds that a simulation waits in its queue. */
const MAX_WAIT_MS = 10_000;

export function simulationQueues(): SimulationQueues {
  const queue = () => timedMutex(MAX_WAIT_MS, 'Other simulations are taking too long. Retry later.');
  return { seeingAll: queue(), others: queue() };
}
