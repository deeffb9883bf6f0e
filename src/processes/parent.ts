// Starts the processes that serve behind one port, and starts another one for each that ends. It serves nothing itself and opens no secret.
import cluster, { type Worker } from 'node:cluster';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { goneForGood, startEmbedded } from '../database/embedded.ts';
import { metricsSum } from '../http/metrics-sum.ts';
import { patient } from '../identity/patience.ts';
import { createThrottle } from '../identity/throttle.ts';
import { requireFreePort, urlOf } from '../listening.ts';
import type { Running } from '../serve.ts';
import { closeUntaken } from './handovers.ts';
import type { ToParent, ToWorker } from './messages.ts';
import { metricsDesk } from './metrics-desk.ts';
import { MOST_FAILURES, pauseAfter, SOON_MS } from './restarts.ts';
import { throttleDesk } from './throttle-desk.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

/** A worker ended before it served, and has said why. */
export class WorkerFailed extends Error {
  constructor(how: string) {
    super(`A worker ended before it was ready (${how}).`);
    this.name = 'WorkerFailed';
  }
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

/**
 * Starts `config.workers` processes, and the embedded database for them. Resolves when all of them accept requests.
 * @throws WorkerFailed; whatever keeps the database from starting
 */
export async function serveByWorkers(config: Config, say: (line: string) => void): Promise<Running> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  await requireFreePort(config);
  const throttle = throttleDesk(patient(createThrottle({ clock: systemClock })));
  const metrics = metricsDesk(metricsSum());
  const failed = Promise.withResolvers<Error>();
  const places: Place[] = Array.from({ length: config.workers }, (_, i) => ({
    ...{ number: i + 1, worker: undefined, asked: 0, serves: false, since: 0, soonEnds: 0, pause: undefined },
  }));
  let databaseUrl: string | undefined;
  let port = config.port;
  /** What the workers ask for: they share a free port by all asking for any. Once none has it, it has to be asked for by its number. */
  let portToAsk = config.port;
  let isStopping = false;
  /** Until all served for the first time: who waits for that. */
  let starting: { ready: (worker: Worker) => void; ended: (error: WorkerFailed) => void } | undefined;

  // Whoever keeps a connection alive keeps it to one worker: in turn, each has its share of them.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: MAIN, args: ['serve'] });

  const tell = (worker: Worker, message: ToWorker) => {
    if (worker.isConnected()) worker.process.send(message, () => {}); // one that is gone is noticed by its end
  };

  const begin = (place: Place, prepares: boolean) => {
    const { number, worker } = place;
    if (worker === undefined) return;
    place.asked = portToAsk;
    const task = { worker: number, databaseUrl, port: portToAsk, prepares, keepsHouse: number === 1 };
    tell(worker, { tell: 'begin', task });
  };

  const fork = (place: Place) => {
    const worker = cluster.fork();
    closeUntaken(worker);
    Object.assign(place, { worker, serves: false, since: performance.now(), pause: undefined });
    worker.on('message', (message: ToParent) => hear(place, worker, message));
    worker.on('error', () => {}); // its end says what there is to say
    worker.once('exit', (code, signal) => {
      // Its end of the port is given back when the channel is closed.
      const next = () => ended(place, worker, code ?? 0, signal);
      if (worker.isConnected()) worker.once('disconnect', next);
      else next();
    });
  };

  const hear = (place: Place, worker: Worker, message: ToParent) => {
    if ('ask' in message && message.ask === 'attempt') {
      const { id, account, address } = message;
      void throttle.attempt(worker.id, id, account, address).then((verdict) => {
        if (verdict?.admitted) tell(worker, { tell: 'admitted', id });
        else if (verdict) tell(worker, { tell: 'throttled', id, retryAfter: verdict.retryAfter, first: verdict.first });
      });
    } else if ('ask' in message && message.ask === 'metrics') {
      const { id } = message;
      const serving = places.flatMap((one) => (one.serves && one.worker ? [one.worker] : []));
      const ask = (of: number, question: number) => {
        const asked = serving.find((one) => one.id === of);
        if (asked) tell(asked, { ask: 'snapshot', id: question });
      };
      const answer = (text: string | undefined) => tell(worker, { tell: 'metrics', id, text });
      metrics.text(new Set(serving.map((one) => one.id)), ask).then(answer, () => answer(undefined));
    } else if ('tell' in message && message.tell === 'outcome') {
      throttle.outcome(worker.id, message.id, message.outcome);
    } else if ('tell' in message && message.tell === 'snapshot') {
      metrics.told(worker.id, message.id, message.snapshot);
    } else if ('tell' in message && message.tell === 'ready') {
      place.serves = true;
      if (port === 0) port = message.port;
      // Another one, if the last that had the port ended while this one asked for any.
      if (message.port === port) portToAsk = place.asked;
      else worker.process.kill('SIGTERM');
      starting?.ready(worker);
    }
  };

  const ended = (place: Place, worker: Worker, code: number, signal: string | null) => {
    const how = signal ?? `exit code ${code}`;
    const wasSoon = !place.serves || performance.now() - place.since < SOON_MS;
    const failures = wasSoon ? place.soonEnds + 1 : 0;
    Object.assign(place, { worker: undefined, serves: false, soonEnds: failures });
    throttle.gone(worker.id);
    metrics.gone(worker.id);
    if (isStopping) return;
    if (starting) return starting.ended(new WorkerFailed(how));

    if (!places.some(({ serves }) => serves)) portToAsk = port;
    if (places.every((one) => !one.serves && one.soonEnds >= MOST_FAILURES)) {
      failed.resolve(new Error('No worker can be started: each says why above.'));
      return;
    }
    const pauseMs = pauseAfter(failures);
    log.warn({ worker: place.number, pid: worker.process.pid, how, againInMs: pauseMs }, 'a worker ended');
    place.pause = setTimeout(() => {
      fork(place);
      begin(place, false);
    }, pauseMs);
  };

  const stopWorkers = async () => {
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
  };

  /** Resolves when all of `some` serve. */
  const begun = (some: Place[], prepares: boolean) =>
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
      if (awaited.size === 0) resolve();
    });

  let embedded: Awaited<ReturnType<typeof startEmbedded>> | undefined;
  try {
    // They load what they run while the database starts.
    for (const place of places) fork(place);
    if (config.databaseUrl === undefined) {
      const connections = config.databaseConnections * config.workers;
      embedded = await startEmbedded({ dataDir: config.dataDir, log: say, connections });
      databaseUrl = embedded.url;
    }
    const [first, ...others] = places;
    // One makes what a first start needs; the others find it.
    if (first) await begun([first], true);
    await begun(others, false);
    starting = undefined;
  } catch (error) {
    await stopWorkers().catch(() => {}); // what went wrong first is what matters
    await embedded?.stop();
    throw error;
  }
  void embedded?.exited.then((error) => failed.resolve(goneForGood(error)));
  return {
    url: urlOf({ ...config, port }),
    port,
    stop: () => stopWorkers().finally(() => embedded?.stop()),
    failed: failed.promise,
  };
}
