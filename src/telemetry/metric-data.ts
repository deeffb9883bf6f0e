// Converts the metrics of the Prometheus registry to the data model of OpenTelemetry, so that both have the same metrics.
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

type Labels = Readonly<Partial<Record<string, string | number>>>;

/** A metric as the Prometheus registry returns the metric. */
interface PrometheusMetric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values: readonly { readonly value: number; readonly labels: Labels; readonly metricName?: string }[];
}

export type MetricSnapshot = readonly object[];

/** Converts counters, gauges and histograms. `startTime` is the time from which the process counts its metrics. */
export function metricData(snapshot: MetricSnapshot, startTime: HrTime, endTime: HrTime): MetricData[] {
  return (snapshot as readonly PrometheusMetric[]).flatMap((metric) => {
    const { name, help: description } = metric;
    const base = {
      descriptor: { name, description, unit: unitOf(name), valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    const point = <T>(labels: Labels, value: T): DataPoint<T> => ({
      startTime,
      endTime,
      attributes: attributesOf(labels),
      value,
    });
    const numbers = () => metric.values.map(({ labels, value }) => point(labels, value));
    if (metric.type === 'counter')
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: numbers() };
    if (metric.type === 'gauge') return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: numbers() };
    if (metric.type !== 'histogram') return [];
    const dataPoints = histogramsOf(metric).map(({ labels, histogram }) => point(labels, histogram));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  });
}

/** Collects the values of a histogram. Prometheus counts the values up to each boundary, and OpenTelemetry counts the values between two boundaries. */
function histogramsOf({ name, values }: PrometheusMetric): { labels: Labels; histogram: Histogram }[] {
  const found = new Map<
    string,
    { labels: Labels; upTo: [boundary: number, count: number][]; sum: number; count: number }
  >();
  for (const { labels: all, value, metricName } of values) {
    const { le, ...labels } = all;
    const id = JSON.stringify(labels);
    const entry = found.get(id) ?? { labels, upTo: [], sum: 0, count: 0 };
    found.set(id, entry);
    if (metricName === `${name}_sum`) entry.sum = value;
    else if (metricName === `${name}_count`) entry.count = value;
    else if (le !== undefined && le !== '+Inf') entry.upTo.push([Number(le), value]);
  }
  return [...found.values()].map(({ labels, upTo, sum, count }) => {
    const sorted = upTo.sort(([one], [other]) => one - other);
    const cumulative = [...sorted.map(([, upToHere]) => upToHere), count];
    return {
      labels,
      histogram: {
        buckets: {
          boundaries: sorted.map(([boundary]) => boundary),
          counts: cumulative.map((upToHere, i) => upToHere - (cumulative[i - 1] ?? 0)),
        },
        sum,
        count,
      },
    };
  });
}

function attributesOf(labels: Labels): Attributes {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Returns the unit of a metric, in the notation of OpenTelemetry. Prometheus has the unit in the name of the metric. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/, '');
  if (base.endsWith('_seconds')) return 's';
  return base.endsWith('_bytes') ? 'By' : '';
}
