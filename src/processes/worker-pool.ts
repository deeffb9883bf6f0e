// The workers of one gateway: started, replaced when they end, ended together.
import cluster, { type Worker } from 'node:cluster';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { closeUntaken } from './handovers.ts';
import type { ToParent } from './messages.ts';
import { MOST_FAILURES, pauseAfter, SOON_MS } from './restarts.ts';
import { hub, tell } from './shared-state.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

/** A worker ended before it served, and has said why. */
export class WorkerFailed extends Error {
  constructor(how: string) {
    super(`A worker ended before it was ready (${how}).`);
    this.name = 'WorkerFailed';
  }
}

export interface Crew {
  /**
   * Has all begin, on the database of `databaseUrl` or of their settings. Resolves the port when all of them accept requests.
   * @throws WorkerFailed
   */
  begin(databaseUrl: string | undefined): Promise<number>;
  /** Ends all in order. @throws Error if one did not end so */
  stop(): Promise<void>;
  /** Resolves when none can be started. */
  failed: Promise<Error>;
}

/** The place of one worker: when it ends, another one has it. */
interface Place {
  number: number;
  worker: Worker | undefined;
  /** The port it asked for. */
  asked: number;
  /** Whether it accepts requests. */
  serves: boolean;
  since: number;
  /** Ends in a row that came soon. */
  soonEnds: number;
  pause: NodeJS.Timeout | undefined;
}

/** Starts so many processes. They load what they run until they are told to begin. */
export function crew(workers: number, wantedPort: number, log: Logger): Crew {
  const shared = hub();
  const failed = Promise.withResolvers<Error>();
  let databaseUrl: string | undefined;
  let port = wantedPort;
  /** They share a free port by all asking for any. Once none has it, it has to be asked for by its number. */
  let portToAsk = wantedPort;
  let isStopping = false;
  /** Until all served for the first time: who waits for that. */
  let starting: { ready: (worker: Worker) => void; ended: (error: WorkerFailed) => void } | undefined;

  // Whoever keeps a connection alive keeps it to one worker: in turn, each has its share of them.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: MAIN, args: ['serve'] });

  const begin = (place: Place, prepares: boolean) => {
    const { number, worker } = place;
    if (worker === undefined) return;
    place.asked = portToAsk;
    tell(worker, {
      tell: 'begin',
      task: { worker: number, databaseUrl, port: portToAsk, prepares, keepsHouse: number === 1 },
    });
  };

  const fork = (place: Place) => {
    const worker = cluster.fork();
    closeUntaken(worker);
    Object.assign(place, { worker, serves: false, since: performance.now(), pause: undefined });
    worker.on('message', (message: ToParent) => {
      if (typeof message !== 'object' || message === null) return;
      if ('tell' in message && message.tell === 'ready') serves(place, worker, message.port);
      else shared.hear(worker, message, serving());
    });
    worker.on('error', () => {}); // its end says what there is to say
    worker.once('exit', (code, signal) => {
      // Its share of the port is given back when the channel is closed.
      const next = () => ended(place, worker, signal ?? `exit code ${code}`);
      if (worker.isConnected()) worker.once('disconnect', next);
      else next();
    });
  };

  const serving = () => places.flatMap(({ serves, worker }) => (serves && worker ? [worker] : []));

  const serves = (place: Place, worker: Worker, at: number) => {
    place.serves = true;
    if (port === 0) port = at;
    // Another port, if the last that had it ended while this one asked for any.
    if (at === port) portToAsk = place.asked;
    else worker.process.kill('SIGTERM');
    starting?.ready(worker);
  };

  const ended = (place: Place, worker: Worker, how: string) => {
    const wasSoon = !place.serves || performance.now() - place.since < SOON_MS;
    const soonEnds = wasSoon ? place.soonEnds + 1 : 0;
    Object.assign(place, { worker: undefined, serves: false, soonEnds });
    shared.gone(worker);
    if (isStopping) return;
    if (starting) return starting.ended(new WorkerFailed(how));

    if (serving().length === 0) portToAsk = port;
    if (places.every((one) => !one.serves && one.soonEnds >= MOST_FAILURES)) {
      failed.resolve(new Error('No worker can be started: each says why above.'));
      return;
    }
    const againInMs = pauseAfter(soonEnds);
    log.warn({ worker: place.number, pid: worker.process.pid, how, againInMs }, 'a worker ended');
    place.pause = setTimeout(() => {
      fork(place);
      begin(place, false);
    }, againInMs);
  };

  /** Has some begin. Resolves when all of them serve. */
  const begun = (some: readonly Place[], prepares: boolean) =>
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
      for (const place of some) begin(place, prepares);
    });

  const places: Place[] = Array.from({ length: workers }, (_, i) => ({
    ...{ number: i + 1, worker: undefined, asked: 0, serves: false, since: 0, soonEnds: 0, pause: undefined },
  }));
  for (const place of places) fork(place);

  return {
    async begin(url) {
      databaseUrl = url;
      // One makes what a first start needs; the others find it.
      await begun(places.slice(0, 1), true);
      await begun(places.slice(1), false);
      starting = undefined;
      return port;
    },
    async stop() {
      isStopping = true;
      const codes = places.map(({ worker, pause }) => {
        clearTimeout(pause);
        if (worker === undefined) return 0;
        const end = new Promise<number>((tellCode) => worker.process.once('exit', (code) => tellCode(code ?? 1)));
        tell(worker, { tell: 'stop' });
        return end;
      });
      const failures = (await Promise.all(codes)).filter((code) => code !== 0);
      if (failures.length > 0) throw new Error(`Of ${codes.length} workers ${failures.length} did not end in order.`);
    },
    failed: failed.promise,
  };
}
