// A simulation can hold a database connection for seconds. Simulations run one at a time, so that the pool's other connections stay free.
import { type TimedMutex, timedMutex } from '../../concurrency/mutex.ts';

/** Queues of one process. ADMIN and AUDITOR have their own, so that they do not wait for everyone else, who may be many. */
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
