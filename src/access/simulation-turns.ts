// A simulation has a connection for as long as seconds: one at a time leaves the others of the pool to what cannot wait.
import { type Turns, turns } from '../turns.ts';

/** Of one process. Those who see all do not wait for those who do not, of whom there may be many. */
export interface SimulationTurns {
  seeingAll: Turns;
  others: Turns;
}

/** As long as one may take. */
const PATIENCE_MS = 10_000;

export function simulationTurns(): SimulationTurns {
  const line = () => turns(PATIENCE_MS, 'Others simulate changes, and do not come to an end');
  return { seeingAll: line(), others: line() };
}
