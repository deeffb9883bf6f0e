// Adds up the metrics of all worker processes. A scrape by Prometheus can arrive at any worker process.
import type { MetricsSnapshot } from '../http/metrics.ts';
import type { MetricsSum } from '../http/metrics-sum.ts';

/**
 * The maximum time until a worker process sends its metrics snapshot. If a worker process takes longer, the sum includes the previous snapshot of
 * this worker process.
 */
const TIMEOUT_MS = 1_000;

export interface SharedMetrics {
  /** Requests a metrics snapshot from each of `workers`, and returns the sum as text. Concurrent scrapes receive the same text. */
  text(workers: ReadonlySet<number>, requestSnapshot: (worker: number, requestId: number) => void): Promise<string>;
  addSnapshot(worker: number, requestId: number, snapshot: MetricsSnapshot): void;
  workerEnded(worker: number): void;
}

interface PendingRequest {
  /** The worker processes that did not send a snapshot yet. */
  awaited: Set<number>;
  complete: () => void;
}

/** Node's cluster module does not use the number of an ended worker process for a new worker process. */
export function sharedMetrics(sum: MetricsSum): SharedMetrics {
  const pending = new Map<number, PendingRequest>();
  const ended = new Set<number>();
  let lastRequestId = 0;

  const markAnswered = (requestId: number, worker: number) => {
    const request = pending.get(requestId);
    request?.awaited.delete(worker);
    if (request?.awaited.size === 0) request.complete();
  };

  const collect: SharedMetrics['text'] = async (workers, requestSnapshot) => {
    lastRequestId += 1;
    const requestId = lastRequestId;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((complete) => {
      pending.set(requestId, { awaited: new Set(workers), complete });
      timer = setTimeout(complete, TIMEOUT_MS);
      if (workers.size === 0) complete();
      for (const worker of workers) requestSnapshot(worker, requestId);
    });
    clearTimeout(timer);
    pending.delete(requestId);
    return sum.text();
  };
  let collecting: Promise<string> | undefined;

  return {
    text(workers, requestSnapshot) {
      collecting ??= collect(workers, requestSnapshot).finally(() => {
        collecting = undefined;
      });
      return collecting;
    },
    addSnapshot(worker, requestId, snapshot) {
      if (ended.has(worker)) return;
      sum.addSnapshot(worker, snapshot);
      markAnswered(requestId, worker);
    },
    workerEnded(worker) {
      ended.add(worker);
      sum.processEnded(worker);
      for (const requestId of pending.keys()) markAnswered(requestId, worker);
    },
  };
}
