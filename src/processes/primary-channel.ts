// A worker's side of what passes between it and its parent.
import cluster from 'node:cluster';
import { hash } from 'node:crypto';
import type { Shared } from '../app.ts';
import { Unavailable } from '../errors.ts';
import type { MetricsSnapshot } from '../http/metrics.ts';
import { Throttled } from '../identity/throttle.ts';
import type { Task } from '../startup/serve.ts';
import type { Outcome, ToParent, ToWorker } from './messages.ts';

export interface ParentChannel {
  /** Undefined: it is not to begin. */
  task: Promise<Task | undefined>;
  /** Resolves when the parent says so, or has gone. */
  toldToStop: Promise<void>;
  shared: Shared;
  ready(port: number): void;
  /** For good: nothing of it keeps the process alive. */
  leave(): void;
}

type Answer = Extract<ToWorker, { tell: 'admitted' | 'throttled' | 'metrics' }>;

/** `inAHurry` is called when the parent goes while this worker is being stopped. */
export function parentChannel(inAHurry: () => void): ParentChannel {
  // What a worker does when its parent is gone is for us to say; Node would end it in the middle of what it does.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  const begun = Promise.withResolvers<Task | undefined>();
  const stopped = Promise.withResolvers<void>();
  let isStopping = false;
  const asked = new Map<number, { answer: (answer: Answer) => void; fail: (error: unknown) => void }>();
  let asks = 0;
  let snapshot: () => Promise<MetricsSnapshot> = async () => [];

  const tell = (message: ToParent) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {}); // one that is gone is noticed below
  };
  const ask = (question: (id: number) => ToParent): Promise<Answer> =>
    new Promise((answer, fail) => {
      if (!process.connected) throw new Unavailable(gone());
      asks += 1;
      asked.set(asks, { answer, fail });
      tell(question(asks));
    });
  const stop = () => {
    isStopping = true;
    begun.resolve(undefined);
    stopped.resolve();
  };

  const onMessage = (message: ToWorker) => {
    if ('ask' in message) {
      const { id } = message;
      snapshot().then(
        (counted) => tell({ tell: 'snapshot', id, snapshot: counted }),
        () => {}, // the parent goes by what it was told before
      );
    } else if (message.tell === 'begin') {
      begun.resolve(message.task);
    } else if (message.tell === 'stop') {
      stop();
    } else {
      asked.get(message.id)?.answer(message);
      asked.delete(message.id);
    }
  };
  const onGone = () => {
    for (const { fail } of asked.values()) fail(new Unavailable(gone()));
    asked.clear();
    if (isStopping) inAHurry();
    stop();
  };
  process.on('message', onMessage);
  process.on('disconnect', onGone);

  return {
    task: begun.promise,
    toldToStop: stopped.promise,
    shared: {
      throttle: {
        async attempt(account, address) {
          // Of a name only so much as tells it from others.
          const named = hash('sha256', account, 'base64');
          const answer = await ask((id) => ({ ask: 'attempt', id, account: named, address }));
          if (answer.tell === 'throttled') throw new Throttled(answer.retryAfter, answer.first);
          const settle = (outcome: Outcome) => () => tell({ tell: 'outcome', id: answer.id, outcome });
          return { succeeded: settle('succeeded'), abandoned: settle('abandoned'), failed: settle('failed') };
        },
      },
      async metricsOfAll() {
        const answer = await ask((id) => ({ ask: 'metrics', id }));
        if (answer.tell !== 'metrics' || answer.text === undefined) throw new Error('The metrics cannot be added up');
        return answer.text;
      },
      provideMetrics(by) {
        snapshot = by;
      },
    },
    ready: (port) => tell({ tell: 'ready', port }),
    leave() {
      process.off('message', onMessage);
      process.off('disconnect', onGone);
      if (process.connected) process.disconnect();
    },
  };
}

const gone = () => new Error('The process that keeps the throttle is gone');
