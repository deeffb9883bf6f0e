// The communication channel of a worker process to the primary process.
import cluster from 'node:cluster';
import { hash } from 'node:crypto';
import type { SharedState } from '../app.ts';
import { Unavailable } from '../errors.ts';
import type { MetricsSnapshot } from '../http/metrics.ts';
import { Throttled } from '../identity/throttle.ts';
import type { WorkerTask } from '../startup/serve.ts';
import type { Outcome, ToPrimary, ToWorker } from './messages.ts';

export interface PrimaryChannel {
  /**
   * A promise that resolves with the task of this worker process. The promise resolves with undefined if the worker process must stop before the
   * worker process begins.
   */
  task: Promise<WorkerTask | undefined>;
  /** A promise that resolves when the primary process orders this worker process to stop, or when the primary process ended. */
  stopRequested: Promise<void>;
  shared: SharedState;
  ready(port: number): void;
  /** Closes the channel, so that the channel does not prevent the end of this process. */
  close(): void;
}

type Answer = Extract<ToWorker, { type: 'admitted' | 'throttled' | 'metrics' }>;

/** @param onPrimaryLost a callback for the case that the primary process ends while this worker process is stopping */
export function primaryChannel(onPrimaryLost: () => void): PrimaryChannel {
  // Without this line, Node ends a worker process immediately when the primary process ends, even if the worker process is answering a request.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  const begun = Promise.withResolvers<WorkerTask | undefined>();
  const stopped = Promise.withResolvers<void>();
  let isStopping = false;
  const pending = new Map<number, { resolve: (answer: Answer) => void; reject: (error: unknown) => void }>();
  let lastId = 0;
  let takeSnapshot: () => Promise<MetricsSnapshot> = async () => [];

  const send = (message: ToPrimary) => {
    // The error callback is empty, because `onDisconnect` handles the end of the primary process.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  const request = (messageFor: (id: number) => ToPrimary): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!process.connected) throw new Unavailable(primaryEnded());
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      send(messageFor(lastId));
    });
  const stop = () => {
    isStopping = true;
    begun.resolve(undefined);
    stopped.resolve();
  };

  const onMessage = (message: ToWorker) => {
    if (message.type === 'request-snapshot') {
      const { id } = message;
      takeSnapshot().then(
        (snapshot) => send({ type: 'snapshot', id, snapshot }),
        () => {}, // without an answer, the primary process uses the previous snapshot of this worker process
      );
    } else if (message.type === 'begin') {
      begun.resolve(message.task);
    } else if (message.type === 'stop') {
      stop();
    } else {
      pending.get(message.id)?.resolve(message);
      pending.delete(message.id);
    }
  };
  const onDisconnect = () => {
    for (const { reject } of pending.values()) reject(new Unavailable(primaryEnded()));
    pending.clear();
    if (isStopping) onPrimaryLost();
    stop();
  };
  process.on('message', onMessage);
  process.on('disconnect', onDisconnect);

  return {
    task: begun.promise,
    stopRequested: stopped.promise,
    shared: {
      throttle: {
        async attempt(account, address) {
          // Only a hash of the account is sent to the primary process, because the throttle only compares accounts.
          const accountHash = hash('sha256', account, 'base64');
          const answer = await request((id) => ({ type: 'attempt', id, account: accountHash, address }));
          if (answer.type === 'throttled') throw new Throttled(answer.retryAfter, answer.first);
          const settle = (outcome: Outcome) => () => send({ type: 'outcome', id: answer.id, outcome });
          return { succeeded: settle('succeeded'), abandoned: settle('abandoned'), failed: settle('failed') };
        },
      },
      async allMetrics() {
        const answer = await request((id) => ({ type: 'request-metrics', id }));
        if (answer.type !== 'metrics' || answer.text === undefined)
          throw new Error('The primary process could not add up the metrics');
        return answer.text;
      },
      provideMetrics(snapshot) {
        takeSnapshot = snapshot;
      },
    },
    ready: (port) => send({ type: 'ready', port }),
    close() {
      process.off('message', onMessage);
      process.off('disconnect', onDisconnect);
      if (process.connected) process.disconnect();
    },
  };
}

const primaryEnded = () => new Error('The primary process, which runs the sign-in throttle, has ended');
