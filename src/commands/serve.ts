import cluster from 'node:cluster';
import { readConfig } from '../config.ts';
import { help, misused, readArguments } from './arguments.ts';

/** Longer than a clean stop ever takes. */
const STOPS_WITHIN_MS = 30_000;
/** Ctrl-C comes twice where npm is in between: from the terminal and from npm. Only later than this is it meant as a second one. */
const SAME_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const USAGE = `npm start

Serves until it is told to stop. Settings come from the environment: see README.md.`;

/** Serves until it is told to stop. */
export async function run(args: string[] = []): Promise<number> {
  const asked = readArguments(args);
  if (asked === undefined || asked.words.length > 0) return misused(USAGE);
  if (asked.help) return help(USAGE);
  const config = readConfig(process.env);
  let isTold = false;
  const toldToStop = new Promise<number>((stop) => {
    let first: number | undefined;
    const onSignal = () => {
      if (first === undefined) {
        first = performance.now();
        isTold = true;
        setTimeout(() => process.exit(1), STOPS_WITHIN_MS).unref();
        stop(0);
      } else if (performance.now() - first > SAME_MS) {
        // Asked again, somebody is in a hurry: PostgreSQL and its log keep what was committed.
        process.exit(1);
      }
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  const say = (line: string) => console.log(line);
  // Each loads what it needs and no more: the parent of several processes serves nothing itself.
  if (cluster.isWorker) return (await import('../processes/worker.ts')).work(config, toldToStop);
  const start =
    config.workers === 1
      ? (await import('../startup/serve.ts')).serve(config, say)
      : (await import('../processes/primary.ts')).serveByWorkers(config, say);
  const running = await start.catch((error) => {
    // Signals from a terminal reach the workers as well, and end those that had not begun.
    if (isTold && error.name === 'WorkerFailed') return undefined;
    throw error;
  });
  if (running === undefined) return 0;
  console.log(`ready ${running.url}`);
  const failed = running.failed.then((error) => {
    console.error(error.message);
    return 1;
  });
  const code = await Promise.race([toldToStop, failed]);
  await running.stop();
  return code;
}
