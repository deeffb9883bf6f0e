import { type DestinationStream, pino } from 'pino';

/** Maximum number of buffered characters. */
const MAX_WAITING = 65_536;

/**
 * Writes the log to standard error. The lines of one turn of the event loop are written together, before the next turn. Lines that are still
 * buffered when the process exits are written on exit.
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
      if (waiting.length > MAX_WAITING) write();
    },
  };
}
