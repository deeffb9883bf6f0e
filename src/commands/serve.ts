import cluster from 'node:cluster';
import { readConfig } from '../config.ts';
import { MAX_STOP_MS } from '../startup/stop-limit.ts';
import { help, readArguments, wrongUsage } from './arguments.ts';

/**
 * After Ctrl-C, npm and the terminal both send SIGINT. A signal is treated as a second Ctrl-C only if it arrives more than this number of
 * milliseconds after the first signal.
 */
const DUPLICATE_SIGNAL_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const USAGE = `npm start

Serves requests until the process receives SIGINT, SIGTERM or SIGHUP. docs/settings.md describes the settings, which are environment variables.`;

/** Serves requests until a signal stops the process. */
export async function run(args: string[] = []): Promise<number> {
  const parsed = readArguments(args);
  if (parsed.problem !== undefined || parsed.words.length > 0)
    return wrongUsage(USAGE, parsed.problem ?? 'This command takes no arguments.');
  if (parsed.help) return help(USAGE);
  const config = readConfig(process.env);
  let isStopping = false;
  const stopSignal = new Promise<number>((stop) => {
    let first: number | undefined;
    const onSignal = () => {
      if (first === undefined) {
        first = performance.now();
        isStopping = true;
        setTimeout(() => process.exit(1), MAX_STOP_MS).unref();
        stop(0);
      } else if (performance.now() - first > DUPLICATE_SIGNAL_MS) {
        // A second signal ends the process at once. PostgreSQL keeps all committed data.
        process.exit(1);
      }
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  const print = (line: string) => console.log(line);
  // Each process loads only the modules that it needs. The primary process serves no requests itself.
  if (cluster.isWorker) return (await import('../processes/worker.ts')).work(config, stopSignal);
  const start =
    config.workers === 1
      ? (await import('../startup/serve.ts')).serve(config, print)
      : (await import('../processes/primary.ts')).serveByWorkers(config, print);
  const running = await start.catch((error) => {
    // A terminal sends its signals to the worker processes too. A worker process can therefore end before it begins to serve requests.
    if (isStopping && error.name === 'WorkerFailed') return undefined;
    throw error;
  });
  if (running === undefined) return 0;
  console.log(`ready ${running.url}`);
  const failed = running.failed.then((error) => {
    console.error(error.message);
    return 1;
  });
  const code = await Promise.race([stopSignal, failed]);
  await running.stop();
  return code;
}
