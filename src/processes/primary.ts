// The primary process. The primary process starts the worker processes and the embedded database. The primary process answers no requests itself and
// decrypts no secret values.
import { pino } from 'pino';
import type { Config } from '../config.ts';
import { permanentFailure, startEmbedded } from '../database/embedded.ts';
import { requireFreePorts, urlOf } from '../startup/listening.ts';
import type { Running } from '../startup/serve.ts';
import { startWorkerPool } from './worker-pool.ts';

/**
 * Starts `config.workers` worker processes. If the settings name no external database, the function also starts the embedded database. Resolves when
 * all worker processes accept requests.
 * @throws WorkerFailed, or the error that prevents the start of the database
 */
export async function serveByWorkers(config: Config, print: (line: string) => void): Promise<Running> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  await requireFreePorts(config);
  // The worker processes load their code while the database starts.
  const pool = startWorkerPool(config.workers, config.port, log);
  let embedded: Awaited<ReturnType<typeof startEmbedded>> | undefined;
  try {
    if (config.databaseUrl === undefined) {
      const connections = config.databaseConnections * config.workers;
      embedded = await startEmbedded({ dataDir: config.dataDir, print: print, connections });
    }
    const port = await pool.begin(embedded?.localUrl);
    const databaseFailed = embedded?.exited.then(permanentFailure) ?? new Promise<never>(() => {});
    return {
      url: urlOf({ ...config, port }),
      port,
      stop: () => pool.stop().finally(embedded?.stop),
      failed: Promise.race([pool.failed, databaseFailed]),
    };
  } catch (error) {
    await pool.stop().catch(() => {}); // the caller reports only the first error
    await embedded?.stop();
    throw error;
  }
}
