import type { Metric, Registry } from 'prom-client';

export interface Durations {
  took(route: string, seconds: number): void;
}

interface OfRoute {
  /** How many took no longer than each bound and longer than the one before; at the end, those that took longer than any. */
  readonly counts: number[];
  seconds: number;
}

const name = 'http_request_duration_seconds';
const help = 'Time from the first line of a request to the end of its answer, by route.';
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long requests took, as a histogram in `registry`. Counted here: prom-client takes several times as long over each, and every request is one. */
export function createDurations(registry: Registry): Durations {
  const routes = new Map<string, OfRoute>();
  const get = async () => ({
    ...{ name, help, type: 'histogram', aggregator: 'sum' },
    values: [...routes].flatMap(([route, of]) => valuesOf(route, of)),
  });
  // All that a registry asks of a metric.
  registry.registerMetric({ name, get } as unknown as Metric);

  return {
    took(route, seconds) {
      let of = routes.get(route);
      if (of === undefined) {
        of = { counts: [...BOUNDS, Number.POSITIVE_INFINITY].map(() => 0), seconds: 0 };
        routes.set(route, of);
      }
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++;
      of.counts[bucket]! += 1;
      of.seconds += seconds;
    },
  };
}

/** Buckets hold what smaller ones do, as Prometheus has it. */
function valuesOf(route: string, { counts, seconds }: OfRoute) {
  let count = 0;
  const buckets = counts.map((more, i) => {
    count += more;
    return { metricName: `${name}_bucket`, labels: { le: BOUNDS[i] ?? '+Inf', route }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { route }, value: seconds },
    { metricName: `${name}_count`, labels: { route }, value: count },
  ];
}
