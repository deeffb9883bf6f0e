import { type DestinationStream, pino } from 'pino';

/** Characters that wait at most. */
const MOST_WAITING = 65_536;

/**
 * Standard error, for the log: the lines of one turn of the event loop are written together, before the next one. What waits when the process ends is
 * written at its end.
 */
export function logDestination(): DestinationStream {
  const out = pino.destination({ dest: 2, sync: true });
  let waiting = '';
  const write = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') out.write(lines);
  };
  process.once('exit', write);
  return {
    write(line) {
      if (waiting === '') setImmediate(write);
      waiting += line;
      if (waiting.length > MOST_WAITING) write();
    },
  };
}
