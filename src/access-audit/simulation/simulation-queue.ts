// The queues of access simulations. A simulation can use a database connection for several seconds. Only one simulation runs at a time in each queue,
// so that database connections remain available for other requests.
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
