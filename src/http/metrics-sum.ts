// Adds up the metrics of several processes.
import { Registry } from '@prometheus-io/client';
import type { MetricsSnapshot } from './metrics.ts';

export interface MetricsSum {
  /** Stores a snapshot of the process with the number `id`, in place of the previous snapshot of this process. */
  addSnapshot(id: number, snapshot: MetricsSnapshot): void;
  /**
   * Handles the end of a process. The sum keeps the counters of this process, so that no counter in the sum ever decreases. The sum drops the gauges
   * of this process, such as memory and connections.
   */
  processEnded(id: number): void;
  /** The sum in Prometheus' text format. */
  text(): Promise<string>;
}

/** The calling code must never use the number of a process again for another process. */
export function metricsSum(): MetricsSum {
  const running = new Map<number, MetricsSnapshot>();
  let ended: Promise<MetricsSnapshot> = Promise.resolve([]);
  return {
    addSnapshot(id, snapshot) {
      running.set(id, snapshot);
    },
    processEnded(id) {
      const counts = running.get(id)?.filter(isCount) ?? [];
      running.delete(id);
      ended = ended.then((before) => sum([before, counts]).getMetricsAsJSON());
    },
    async text() {
      const before = await ended;
      return sum([...running.values(), before]).metrics();
    },
  };
}

const sum = (snapshots: MetricsSnapshot[]) => Registry.aggregate(snapshots);

/**
 * Whether a metric is a counter or histogram. Counters and histograms only increase, so the sum keeps counters and histograms after their process has
 * ended. The sum drops gauges.
 */
function isCount({ type, aggregator }: MetricsSnapshot[number]): boolean {
  return aggregator === 'sum' && ['counter', 'histogram'].includes(type);
}
