import { type DestinationStream, pino } from 'pino';

/** Maximum number of buffered characters of the log. */
const MAX_WAITING = 65_536;

/**
 * Writes the log to standard error. The gateway buffers the log lines of one iteration of the event loop, and writes the lines together before the
 * next iteration. When the process exits, the gateway writes all buffered lines.
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
