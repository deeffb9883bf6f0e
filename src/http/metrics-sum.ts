// What several processes counted, as one.
import { Registry } from '@prometheus-io/client';
import type { MetricsSnapshot } from './metrics.ts';

export interface MetricsSum {
  /** Takes what a process counted so far. */
  told(of: number, snapshot: MetricsSnapshot): void;
  /** What it counted stays, so that no sum ever falls; what it had (memory, connections) does not. */
  ended(of: number): void;
  /** As Prometheus reads it. */
  text(): Promise<string>;
}

/** `of` is a number that no other process has had. */
export function metricsSum(): MetricsSum {
  const living = new Map<number, MetricsSnapshot>();
  let ended: Promise<MetricsSnapshot> = Promise.resolve([]);
  return {
    told(of, snapshot) {
      living.set(of, snapshot);
    },
    ended(of) {
      const counts = living.get(of)?.filter(isCount) ?? [];
      living.delete(of);
      ended = ended.then((before) => sum([before, counts]).getMetricsAsJSON());
    },
    async text() {
      const before = await ended;
      return sum([...living.values(), before]).metrics();
    },
  };
}

const sum = (snapshots: MetricsSnapshot[]) => Registry.aggregate(snapshots);

/** Whether a metric is a counter or histogram. These only grow, so they stay in the sum after their process has ended; gauges do not. */
function isCount({ type, aggregator }: MetricsSnapshot[number]): boolean {
  return aggregator === 'sum' && ['counter', 'histogram'].includes(type);
}
