// Adds up the metrics of several processes.
import { Registry } from '@prometheus-io/client';
import type { MetricsSnapshot } from './metrics.ts';

export interface MetricsSum {
  /** Replaces the last snapshot of process `id`. */
  addSnapshot(id: number, snapshot: MetricsSnapshot): void;
  /** Keeps the counters of a process that ended, so that no sum ever falls. Drops its gauges, such as memory and connections. */
  processEnded(id: number): void;
  /** The sum in Prometheus' text format. */
  text(): Promise<string>;
}

/** The number of a process is never used again for another one. */
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

/** Whether a metric is a counter or histogram. Counters and histograms only grow, so the sum keeps them after their process has ended. The sum drops gauges. */
function isCount({ type, aggregator }: MetricsSnapshot[number]): boolean {
  return aggregator === 'sum' && ['counter', 'histogram'].includes(type);
}
