// Starts the worker processes of one gateway, replaces each worker process that ends, and stops all worker processes together.
import cluster, { type Worker } from 'node:cluster';
import { extname, join } from 'node:path';
import type { Logger } from 'pino';
import { closeUnacceptedConnections } from './connection-handover.ts';
import type { ToPrimary } from './messages.ts';
import { EARLY_END_MS, MAX_FAILED_STARTS, restartDelay } from './restarts.ts';
import { primaryState, sendTo } from './shared-state.ts';

/** The entry point of the program. The file has the same ending as this file: `.ts` in the sources, and `.js` in the compiled package. */
const MAIN = join(import.meta.dirname, `../main${extname(import.meta.filename)}`);

/** An error: a worker process ended before the worker process accepted requests. The worker process logged the reason. */
export class WorkerFailed extends Error {
  constructor(how: string) {
    super(`A worker process ended before the worker process accepted requests (${how}).`);
    this.name = 'WorkerFailed';
  }
}

export interface WorkerPool {
  /**
   * Allows all worker processes to serve requests. The worker processes use the database at `databaseUrl`. If `databaseUrl` is undefined, the worker
   * processes use the database in their settings. Resolves with the port when all worker processes accept requests.
   * @throws WorkerFailed
   */
  begin(databaseUrl: string | undefined): Promise<number>;
  /** Stops all worker processes. @throws Error if a worker process ended with an error */
  stop(): Promise<void>;
  /** A promise that resolves with the reason if the gateway gives up starting worker processes. */
  failed: Promise<Error>;
}

/** The data of one numbered worker process. After the worker process ends, the data describes the replacement of the worker process. */
interface Slot {
  number: number;
  worker: Worker | undefined;
  /** The port that the worker process requests from the primary process. The primary process chooses this port. */
  requestedPort: number;
  /** True if the worker process accepts requests. */
  serves: boolean;
  startedAt: number;
  /** The number of consecutive failed starts. */
  failedStarts: number;
  restartTimer: NodeJS.Timeout | undefined;
}

/** Starts `workers` processes. The worker processes load their code, and wait for `begin`. */
export function startWorkerPool(workers: number, wantedPort: number, log: Logger): WorkerPool {
  const shared = primaryState();
  const failed = Promise.withResolvers<Error>();
  let databaseUrl: string | undefined;
  let port = wantedPort;
  /**
   * The port that the next worker process requests. If the settings contain port 0, all worker processes request port 0 and share one free port. If
   * all worker processes with the shared port ended, the next worker process must request the number of the shared port.
   */
  let portToRequest = wantedPort;
  let isStopping = false;
  /** The callbacks of the promise that `begin` returns. The callbacks are set until all worker processes accept requests for the first time. */
  let starting: { ready: (worker: Worker) => void; ended: (error: WorkerFailed) => void } | undefined;

  // Round robin gives each worker process the same number of connections. The distribution of connections matters because a client that keeps its
  // connection alive stays with one worker process.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  // The worker processes receive the same flags, so that they have the same settings.
  cluster.setupPrimary({ exec: MAIN, args: process.argv.slice(2) });

  const beginIn = (slot: Slot, initializes: boolean) => {
    const { number, worker } = slot;
    if (worker === undefined) return;
    slot.requestedPort = portToRequest;
    const task = { worker: number, databaseUrl, port: portToRequest, initializes, runsHousekeeping: number === 1 };
    sendTo(worker, { type: 'begin', task });
  };

  const fork = (slot: Slot) => {
    const worker = cluster.fork();
    closeUnacceptedConnections(worker);
    Object.assign(slot, {
      worker,
      serves: false,
      startedAt: performance.now(),
      restartTimer: undefined,
    } satisfies Partial<Slot>);
    worker.on('message', (message: ToPrimary) => {
      if (typeof message !== 'object' || message === null) return;
      if (message.type === 'ready') onReady(slot, worker, message.port);
      else shared.handle(worker, message, serving());
    });
    worker.on('error', () => {}); // the handler of `exit` reports the end
    worker.once('exit', (code, signal) => {
      // A replacement must wait for the event `disconnect`, because only then does the cluster module release the worker process' handle of the
      // shared port.
      const next = () => onEnded(slot, worker, signal ?? `exit code ${code}`);
      if (worker.isConnected()) worker.once('disconnect', next);
      else next();
    });
  };

  const serving = () => slots.flatMap(({ serves, worker }) => (serves && worker ? [worker] : []));

  const onReady = (slot: Slot, worker: Worker, actualPort: number) => {
    slot.serves = true;
    if (port === 0) port = actualPort;
    // The variable `actualPort` differs from `port` if the last worker process with the shared port ended while this worker process requested port 0.
    if (actualPort === port) portToRequest = slot.requestedPort;
    else worker.process.kill('SIGTERM');
    starting?.ready(worker);
  };

  const onEnded = (slot: Slot, worker: Worker, how: string) => {
    const isFailedStart = !slot.serves || performance.now() - slot.startedAt < EARLY_END_MS;
    const failedStarts = isFailedStart ? slot.failedStarts + 1 : 0;
    Object.assign(slot, { worker: undefined, serves: false, failedStarts } satisfies Partial<Slot>);
    shared.workerEnded(worker);
    if (isStopping) return;
    if (starting) return starting.ended(new WorkerFailed(how));

    if (serving().length === 0) portToRequest = port;
    if (slots.every((other) => !other.serves && other.failedStarts >= MAX_FAILED_STARTS)) {
      failed.resolve(
        new Error(
          'The gateway cannot start any worker process. The log lines above contain the error of each worker process.',
        ),
      );
      return;
    }
    const againInMs = restartDelay(failedStarts);
    log.warn({ worker: slot.number, pid: worker.process.pid, how, againInMs }, 'worker process ended');
    slot.restartTimer = setTimeout(() => {
      fork(slot);
      beginIn(slot, false);
    }, againInMs);
  };

  /** Allows the worker processes in `some` to begin. Resolves when all worker processes in `some` accept requests. */
  const beginAll = (some: readonly Slot[], initializes: boolean) =>
    new Promise<void>((resolve, reject) => {
      const awaited = new Set(some.map(({ worker }) => worker));
      starting = {
        ready(worker) {
          awaited.delete(worker);
          if (awaited.size === 0) resolve();
        },
        ended: reject,
      };
      if (some.some(({ worker }) => worker === undefined || worker.isDead())) reject(new WorkerFailed('at once'));
      for (const slot of some) beginIn(slot, initializes);
    });

  const slots: Slot[] = Array.from({ length: workers }, (_, i) => ({
    number: i + 1,
    worker: undefined,
    requestedPort: 0,
    serves: false,
    startedAt: 0,
    failedStarts: 0,
    restartTimer: undefined,
  }));
  for (const slot of slots) fork(slot);

  return {
    async begin(url) {
      databaseUrl = url;
      // The first worker process initializes the database before the others begin.
      await beginAll(slots.slice(0, 1), true);
      await beginAll(slots.slice(1), false);
      starting = undefined;
      return port;
    },
    async stop() {
      isStopping = true;
      const codes = slots.map(({ worker, restartTimer }) => {
        clearTimeout(restartTimer);
        if (worker === undefined) return 0;
        const exitCode = new Promise<number>((resolve) => worker.process.once('exit', (code) => resolve(code ?? 1)));
        sendTo(worker, { type: 'stop' });
        return exitCode;
      });
      const failures = (await Promise.all(codes)).filter((code) => code !== 0);
      if (failures.length > 0)
        throw new Error(`${failures.length} of ${codes.length} worker processes ended with an error.`);
    },
    failed: failed.promise,
  };
}
