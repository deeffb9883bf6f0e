// The shared state of all worker processes: the sign-in throttle and the sum of the metrics. The state is in the primary process.
import type { Worker } from 'node:cluster';
import { metricsSum } from '../http/metrics-sum.ts';
import { createThrottle } from '../identity/throttle.ts';
import { waitingThrottle } from '../identity/waiting-throttle.ts';
import { systemClock } from '../primitives/clock.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import { sharedMetrics } from './shared-metrics.ts';
import { sharedThrottle } from './shared-throttle.ts';

export interface PrimaryState {
  /** Handles a message of `worker`. If the message requires an answer, the function sends the answer. */
  handle(worker: Worker, message: ToPrimary, serving: readonly Worker[]): void;
  workerEnded(worker: Worker): void;
}

/** The code relies on a property of Node's cluster module: the module does not use the id of an ended worker process for a new worker process. */
export function primaryState(): PrimaryState {
  const throttle = sharedThrottle(waitingThrottle(createThrottle({ clock: systemClock })));
  const metrics = sharedMetrics(metricsSum());
  return {
    handle(worker, message, serving) {
      if (message.type === 'attempt') {
        const { id, account, address } = message;
        void throttle.attempt(worker.id, id, account, address).then((verdict) => {
          if (verdict?.admitted) sendTo(worker, { type: 'admitted', id });
          else if (verdict)
            sendTo(worker, { type: 'throttled', id, retryAfter: verdict.retryAfter, first: verdict.first });
        });
      } else if (message.type === 'request-metrics') {
        const { id } = message;
        const workers = new Map(serving.map((other) => [other.id, other]));
        const requestSnapshot = (workerId: number, requestId: number) => {
          const other = workers.get(workerId);
          if (other) sendTo(other, { type: 'request-snapshot', id: requestId });
        };
        const answer = (text: string | undefined) => sendTo(worker, { type: 'metrics', id, text });
        metrics.text(new Set(workers.keys()), requestSnapshot).then(answer, () => answer(undefined));
      } else if (message.type === 'outcome') {
        throttle.settle(worker.id, message.id, message.outcome);
      } else if (message.type === 'snapshot') {
        metrics.addSnapshot(worker.id, message.id, message.snapshot);
      }
    },
    workerEnded(worker) {
      throttle.workerEnded(worker.id);
      metrics.workerEnded(worker.id);
    },
  };
}

/**
 * Sends a message to a worker process. The function ignores an error, because an error means that the worker process ended, and the handler of `exit`
 * reports the end.
 */
export function sendTo(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.process.send(message, () => {});
}
