// Starts the worker processes of one gateway, replaces those that end, and stops all of them together.
import cluster, { type Worker } from 'node:cluster';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { closeUnacceptedConnections } from './connection-handover.ts';
import type { ToPrimary } from './messages.ts';
import { EARLY_END_MS, MAX_FAILED_STARTS, restartDelay } from './restarts.ts';
import { primaryState, sendTo } from './shared-state.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

/** A worker process ended before it accepted requests. The worker process has logged the reason. */
export class WorkerFailed extends Error {
  constructor(how: string) {
    super(`A worker process ended before it accepted requests (${how}).`);
    this.name = 'WorkerFailed';
  }
}

export interface WorkerPool {
  /**
   * Lets all worker processes begin to serve requests. The worker processes use the database of `databaseUrl`; if `databaseUrl` is undefined, they
   * use the database of their settings. Resolves with the port when all worker processes accept requests.
   * @throws WorkerFailed
   */
  begin(databaseUrl: string | undefined): Promise<number>;
  /** Stops all worker processes. @throws Error if a worker process ended with an error */
  stop(): Promise<void>;
  /** Resolves with the reason when the gateway stops trying to start worker processes. */
  failed: Promise<Error>;
}

/** A numbered place for one worker process. When the worker process ends, a new worker process uses this slot. */
interface Slot {
  number: number;
  worker: Worker | undefined;
  /** The port that the worker process asks for. The primary process chooses this port. */
  requestedPort: number;
  /** Whether the worker process accepts requests. */
  serves: boolean;
  startedAt: number;
  /** The number of failed starts in a row. */
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
   * The port that the next worker process asks for. If the settings have port 0, all worker processes ask for port 0, and share one free port. If all
   * worker processes with this port have ended, the next worker process must ask for the number of this port.
   */
  let portToRequest = wantedPort;
  let isStopping = false;
  /** The callbacks of `begin`, until all worker processes have accepted requests for the first time. */
  let starting: { ready: (worker: Worker) => void; ended: (error: WorkerFailed) => void } | undefined;

  // Round robin gives each worker process the same number of connections. The distribution of connections matters because a client that keeps its
  // connection alive stays with one worker process.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: MAIN, args: ['serve'] });

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
    // `actualPort` differs from `port` if the last worker process with the shared port ended while this worker process asked for port 0.
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
      failed.resolve(new Error('No worker process can be started. Each worker process has logged its error above.'));
      return;
    }
    const againInMs = restartDelay(failedStarts);
    log.warn({ worker: slot.number, pid: worker.process.pid, how, againInMs }, 'worker process ended');
    slot.restartTimer = setTimeout(() => {
      fork(slot);
      beginIn(slot, false);
    }, againInMs);
  };

  /** Lets the worker processes of the slots in `some` begin. Resolves when all these worker processes accept requests. */
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
