// What all workers counted, asked of each at every scrape, whichever of them the scrape came to.
import type { MetricsSnapshot } from '../http/metrics.ts';
import type { MetricsSum } from '../http/metrics-sum.ts';

/** For the answer of each: one that is busy for longer counts as it did at the last scrape. */
const PATIENCE_MS = 1_000;

export interface MetricsDesk {
  /** Asks each of `workers`, with the number of the question, and adds up; scrapes that come meanwhile are told the same. */
  text(workers: ReadonlySet<number>, ask: (worker: number, question: number) => void): Promise<string>;
  told(worker: number, question: number, snapshot: MetricsSnapshot): void;
  gone(worker: number): void;
}

interface Open {
  awaited: Set<number>;
  complete: () => void;
}

/** Workers are known by numbers that no other process has had. */
export function metricsDesk(sum: MetricsSum): MetricsDesk {
  const open = new Map<number, Open>();
  const left = new Set<number>();
  let questions = 0;

  const heard = (question: number, worker: number) => {
    const one = open.get(question);
    one?.awaited.delete(worker);
    if (one?.awaited.size === 0) one.complete();
  };

  const askAll: MetricsDesk['text'] = async (workers, ask) => {
    questions += 1;
    const question = questions;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((complete) => {
      open.set(question, { awaited: new Set(workers), complete });
      timer = setTimeout(complete, PATIENCE_MS);
      if (workers.size === 0) complete();
      for (const worker of workers) ask(worker, question);
    });
    clearTimeout(timer);
    open.delete(question);
    return sum.text();
  };
  let underWay: Promise<string> | undefined;

  return {
    text(workers, of) {
      underWay ??= askAll(workers, of).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    told(worker, question, snapshot) {
      if (left.has(worker)) return;
      sum.told(worker, snapshot);
      heard(question, worker);
    },
    gone(worker) {
      left.add(worker);
      sum.ended(worker);
      for (const question of open.keys()) heard(question, worker);
    },
  };
}
