import { type DestinationStream, pino } from 'pino';

/** Maximum number of buffered characters of the log. */
const MAX_WAITING = 65_536;

/** How long a log line waits for further lines. A request that comes alone would otherwise cost one more system call for its line. */
const WAIT_MS = 10;

/**
 * Writes the log to standard error. The gateway buffers log lines for a few milliseconds, and writes the lines together. When the process exits, the
 * gateway writes all buffered lines.
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
      if (waiting === '') setTimeout(write, WAIT_MS).unref();
      waiting += line;
      if (waiting.length > MAX_WAITING) write();
    },
  };
}
