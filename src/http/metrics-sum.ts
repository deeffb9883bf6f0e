// Adds up the metrics of several processes.
import { Registry } from '@prometheus-io/client';
import type { MetricsSnapshot } from './metrics.ts';

export interface MetricsSum {
  /** Stores a metrics snapshot of the process with the number `id`. The new snapshot replaces the previous snapshot of this process. */
  addSnapshot(id: number, snapshot: MetricsSnapshot): void;
  /**
   * Handles the end of a process. The sum still includes the counters of the ended process, so that no counter in the sum ever decreases. The sum no
   * longer includes the gauges of the ended process, such as memory and connections.
   */
  processEnded(id: number): void;
  /** Returns the sum in Prometheus' text format. */
  text(): Promise<string>;
}

/** The calling code must not use the number of an ended process for a new process. */
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
 * Returns whether a metric is a counter or histogram. Counters and histograms never decrease, so the sum includes the counters and histograms of
 * ended processes. The sum excludes the gauges of ended processes.
 */
function isCount({ type, aggregator }: MetricsSnapshot[number]): boolean {
  return aggregator === 'sum' && ['counter', 'histogram'].includes(type);
}
