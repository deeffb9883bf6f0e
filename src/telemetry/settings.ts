// The settings of OpenTelemetry, checked.
import type { Sensitive } from '../sensitive.ts';

export interface TelemetrySettings {
  /** The address of the OpenTelemetry Collector, without the path of a signal. */
  endpoint: URL;
  /** Headers of each request to the collector, such as credentials. */
  headers: ReadonlyMap<string, Sensitive>;
  serviceName: string;
  resourceAttributes: Readonly<Record<string, string>>;
  sampler: Sampler;
  /** The time between two exports of the metrics. */
  metricsIntervalMs: number;
  secretNames: boolean;
}

export interface Sampler {
  /** A value of the setting `OTEL_TRACES_SAMPLER`. */
  name: string;
  /** The part of the traces that `traceidratio` records, from 0 to 1. */
  ratio: number;
}

/** Parses a list such as `a=1,b=2`, whose values are percent-encoded. Returns undefined if the text is no such list. */
export function parsePairs(text: string): Record<string, string> | undefined {
  const pairs: Record<string, string> = {};
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const at = pair.indexOf('=');
    if (at < 1) return undefined;
    try {
      pairs[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      return undefined;
    }
  }
  return pairs;
}
