// What workers have in common, where they ask for it: their parent.
import type { Worker } from 'node:cluster';
import { metricsSum } from '../http/metrics-sum.ts';
import { createThrottle } from '../identity/throttle.ts';
import { patient } from '../identity/waiting-throttle.ts';
import { systemClock } from '../primitives/clock.ts';
import type { ToParent, ToWorker } from './messages.ts';
import { metricsDesk } from './shared-metrics.ts';
import { throttleDesk } from './shared-throttle.ts';

export interface Hub {
  /** Answers what `worker` asks, and takes what it tells. */
  hear(worker: Worker, message: ToParent, serving: readonly Worker[]): void;
  /** It ended, whatever it had under way. */
  gone(worker: Worker): void;
}

/** Ids of the cluster's workers are never used again. */
export function hub(): Hub {
  const throttle = throttleDesk(patient(createThrottle({ clock: systemClock })));
  const metrics = metricsDesk(metricsSum());
  return {
    hear(worker, message, serving) {
      if ('ask' in message && message.ask === 'attempt') {
        const { id, account, address } = message;
        void throttle.attempt(worker.id, id, account, address).then((verdict) => {
          if (verdict?.admitted) tell(worker, { tell: 'admitted', id });
          else if (verdict)
            tell(worker, { tell: 'throttled', id, retryAfter: verdict.retryAfter, first: verdict.first });
        });
      } else if ('ask' in message && message.ask === 'metrics') {
        const { id } = message;
        const asked = new Map(serving.map((one) => [one.id, one]));
        const ask = (of: number, question: number) => {
          const one = asked.get(of);
          if (one) tell(one, { ask: 'snapshot', id: question });
        };
        const answer = (text: string | undefined) => tell(worker, { tell: 'metrics', id, text });
        metrics.text(new Set(asked.keys()), ask).then(answer, () => answer(undefined));
      } else if ('tell' in message && message.tell === 'outcome') {
        throttle.outcome(worker.id, message.id, message.outcome);
      } else if ('tell' in message && message.tell === 'snapshot') {
        metrics.told(worker.id, message.id, message.snapshot);
      }
    },
    gone(worker) {
      throttle.gone(worker.id);
      metrics.gone(worker.id);
    },
  };
}

/** One that is gone is noticed by its end. */
export function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.process.send(message, () => {});
}
