// The queues of access simulations. A simulation can use a database connection for several seconds. Only one simulation runs at a time in each queue,
// so that database connections remain available for other requests.
import { type TimedMutex, timedMutex } from '../../concurrency/mutex.ts';

/**
 * The simulation queues of one process. Callers with ADMIN or AUDITOR have a separate queue. Therefore they do not wait for the simulations of other
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
