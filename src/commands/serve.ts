import { readConfig } from '../config.ts';
import { serve } from '../serve.ts';

/** Longer than a clean stop ever takes. */
const STOPS_WITHIN_MS = 30_000;
/** Ctrl-C comes twice where npm is in between: from the terminal and from npm. Only later than this is it meant as a second one. */
const SAME_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves until it is told to stop. */
export async function run(): Promise<number> {
  const config = readConfig(process.env);
  const asked = new Promise<number>((stop) => {
    let first: number | undefined;
    const onSignal = () => {
      if (first === undefined) {
        first = performance.now();
        setTimeout(() => process.exit(1), STOPS_WITHIN_MS).unref();
        stop(0);
      } else if (performance.now() - first > SAME_MS) {
        // Asked again, somebody is in a hurry: PostgreSQL and its log keep what was committed.
        process.exit(1);
      }
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  const running = await serve(config, (line) => console.log(line));
  console.log(`ready ${running.url}`);
  const failed = running.failed.then((error) => {
    console.error(`The embedded PostgreSQL is gone and does not start again: ${error.message}`);
    return 1;
  });
  const code = await Promise.race([asked, failed]);
  await running.stop();
  return code;
}
