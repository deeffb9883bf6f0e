import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from '@prometheus-io/client';
import type { Handler } from './exchange.ts';

/** The metrics of this process, for Prometheus. INVARIANT: no label contains a name, an id or a value from a caller. */
export interface Metrics {
  requestServed(route: string, status: number, seconds: number): void;
  counter<L extends string>(configuration: Omit<CounterConfiguration<L>, 'registers'>): Counter<L>;
  /** Creates a gauge. If the configuration contains a function `collect`, the gateway calls `collect` at each scrape by Prometheus. */
  gauge<L extends string>(configuration: Omit<GaugeConfiguration<L>, 'registers'>): Gauge<L>;
  histogram<L extends string>(configuration: Omit<HistogramConfiguration<L>, 'registers'>): Histogram<L>;
  /** Returns the current values of this process' metrics. The primary process adds these values to the values of the other processes. */
  snapshot(): Promise<MetricsSnapshot>;
  /** Answers `GET /metrics`. */
  handle: Handler;
}

export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/**
 * The function `allMetrics` returns the sum of the metrics of all worker processes. If the gateway consists of one process, the caller omits
 * `allMetrics`.
 */
export function createMetrics(allMetrics?: () => Promise<string>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // The gateway removes this summary, because quantiles of several processes cannot be added up. The gateway does not remove the histogram of event
  // loop utilization, because histograms can be added up.
  registry.removeSingleMetric('nodejs_eventloop_utilization_summary');

  /**
   * The numbers of answered requests, by route and status, that the metrics registry does not include yet. The gateway adds many requests to the
   * registry at once, because adding each request separately is slower.
   */
  const served = new Map<string, Map<number, number>>();
  new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers,
    collect() {
      for (const [route, statuses] of served)
        for (const [status, count] of statuses) this.inc({ route, status }, count);
      served.clear();
    },
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first line of a request to the end of its answer, by route.',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });

  return {
    requestServed(route, status, seconds) {
      const statuses = served.get(route) ?? new Map<number, number>();
      if (statuses.size === 0) served.set(route, statuses);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      durations.observe({ route }, seconds);
    },
    counter: (configuration) => new Counter({ ...configuration, registers }),
    gauge: (configuration) => new Gauge({ ...configuration, registers }),
    histogram: (configuration) => new Histogram({ ...configuration, registers }),
    snapshot: () => registry.getMetricsAsJSON(),
    handle: async () => ({
      status: 200,
      headers: { 'content-type': registry.contentType },
      body: await (allMetrics?.() ?? registry.metrics()),
    }),
  };
}

/** Creates a metric for the errors in GraphQL answers. The returned function receives an error code, and counts one error. */
export function graphqlErrorCounter(metrics: Metrics): (code: string) => void {
  const errors = metrics.counter({
    name: 'graphql_errors_total',
    help: 'Errors in answers of /graphql, by error code.',
    labelNames: ['code'],
  });
  return (code) => errors.inc({ code });
}

export function countSetBacks(metrics: Metrics, setBacks: () => number): void {
  metrics.counter({
    name: 'audit_streams_set_back_total',
    help: 'Audit streams whose committed events the database lost, for example by a failover to a standby that was behind.',
    collect() {
      this.reset();
      this.inc(setBacks());
    },
  });
}

export function countDescriptorShortages(metrics: Metrics, shortages: () => number): void {
  metrics.counter({
    name: 'gateway_file_descriptor_shortages_total',
    help: 'Number of checks that found no free file descriptor. The gateway checks once a second.',
    collect() {
      this.reset();
      this.inc(shortages());
    },
  });
}

/** The gauge has no value before the first measurement. The processes of one gateway have the same clock, so their values are averaged. */
export function showClockDifference(metrics: Metrics, difference: () => number | undefined): void {
  metrics.gauge({
    name: 'gateway_clock_difference_seconds',
    help: 'Clock of this machine minus clock of the database server.',
    aggregator: 'average',
    collect() {
      const seconds = difference();
      if (seconds === undefined) this.remove();
      else this.set(seconds);
    },
  });
}

/** Creates the metrics of audit sinks. `status` returns the sinks to which this process sends audit events. */
export function measureSinks(
  metrics: Metrics,
  {
    status,
    skipped,
  }: {
    status: () => readonly { sink: string; lagEvents: number; lagSeconds: number }[];
    skipped: () => ReadonlyMap<string, number>;
  },
): void {
  metrics.gauge({
    name: 'gateway_audit_sink_lag_events',
    help: 'Audit events that the audit sink does not have yet.',
    labelNames: ['sink'],
    collect() {
      this.reset();
      for (const { sink, lagEvents } of status()) this.set({ sink }, lagEvents);
    },
  });
  metrics.gauge({
    name: 'gateway_audit_sink_lag_seconds',
    help: 'Age of the oldest audit event that the audit sink does not have yet.',
    labelNames: ['sink'],
    collect() {
      this.reset();
      for (const { sink, lagSeconds } of status()) this.set({ sink }, lagSeconds);
    },
  });
  metrics.counter({
    name: 'gateway_audit_sink_skipped_events_total',
    help: 'Number of audit events that were deleted by audit retire before the audit sink received them.',
    labelNames: ['sink'],
    collect() {
      this.reset();
      for (const [sink, events] of skipped()) this.inc({ sink }, events);
    },
  });
}

export function countStatements(metrics: Metrics, statements: () => number): void {
  metrics.counter({
    name: 'database_statements_total',
    help: 'SQL statements sent to the database.',
    collect() {
      this.reset();
      this.inc(statements());
    },
  });
}
