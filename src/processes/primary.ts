// The process that starts those that serve. It serves nothing itself and opens no secret.
import { pino } from 'pino';
import type { Config } from '../config.ts';
import { goneForGood, startEmbedded } from '../database/embedded.ts';
import { requireFreePort, urlOf } from '../startup/listening.ts';
import type { Running } from '../startup/serve.ts';
import { crew } from './worker-pool.ts';

/**
 * Starts `config.workers` processes, and the embedded database for them. Resolves when all of them accept requests.
 * @throws WorkerFailed; whatever keeps the database from starting
 */
export async function serveByWorkers(config: Config, say: (line: string) => void): Promise<Running> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  await requireFreePort(config);
  // They load what they run while the database starts.
  const workers = crew(config.workers, config.port, log);
  let embedded: Awaited<ReturnType<typeof startEmbedded>> | undefined;
  try {
    if (config.databaseUrl === undefined) {
      const connections = config.databaseConnections * config.workers;
      embedded = await startEmbedded({ dataDir: config.dataDir, log: say, connections });
    }
    const port = await workers.begin(embedded?.url);
    const databaseFailed = embedded?.exited.then(goneForGood) ?? new Promise<never>(() => {});
    return {
      url: urlOf({ ...config, port }),
      port,
      stop: () => workers.stop().finally(embedded?.stop),
      failed: Promise.race([workers.failed, databaseFailed]),
    };
  } catch (error) {
    await workers.stop().catch(() => {}); // what went wrong first is what matters
    await embedded?.stop();
    throw error;
  }
}
