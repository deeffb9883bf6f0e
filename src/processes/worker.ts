// A worker process. All worker processes of a gateway serve requests on one shared port.
import type { Config } from '../config.ts';
import { MAX_STOP_MS } from '../startup/stop-limit.ts';
import { primaryChannel } from './primary-channel.ts';

/** Serves requests until this process or the primary process receives a stop signal. @returns the exit code */
export async function work(config: Config, stopSignal: Promise<number>): Promise<number> {
  const primary = primaryChannel(() => process.exit(1));
  try {
    // The worker process loads its code while the primary process starts the database.
    const loading = import('../startup/serve.ts');
    const stopRequested = Promise.race([stopSignal, primary.stopRequested]);
    const task = await Promise.race([primary.task, stopRequested.then(() => undefined)]);
    const { serve } = await loading;
    if (task === undefined) return 0;
    const running = await serve(config, (line) => console.log(line), { task, shared: primary.shared });
    primary.ready(running.port);
    await stopRequested;
    setTimeout(() => process.exit(1), MAX_STOP_MS + config.drainSeconds * 1_000).unref();
    await running.stop();
    return 0;
  } finally {
    primary.close();
  }
}
