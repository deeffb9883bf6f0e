// Starts the export of traces and metrics. Without settings for OpenTelemetry, does not load the SDK of OpenTelemetry.
import type { Logger } from 'pino';
import type { MetricSnapshot } from './metric-data.ts';
import type { TelemetrySettings } from './settings.ts';
import { setTracer } from './tracer.ts';

export interface Telemetry {
  /** Exports the metrics that `snapshot` returns, every minute and when the process stops. */
  exportMetrics(snapshot: () => Promise<MetricSnapshot>): void;
  /** Exports the remaining spans and metrics, within a short time. */
  stop(): Promise<void>;
}

/** Starts telemetry, and sets the tracer of this process. Returns undefined if the settings turn telemetry off. */
export async function startTelemetry(
  settings: TelemetrySettings | undefined,
  log: Pick<Logger, 'info' | 'warn'>,
): Promise<Telemetry | undefined> {
  if (settings === undefined) return undefined;
  const { openTelemetry } = await import('./opentelemetry.ts');
  const { tracer, exportMetrics, stop } = openTelemetry(settings, log);
  setTracer(tracer);
  return {
    exportMetrics,
    async stop() {
      await stop();
      setTracer(undefined);
    },
  };
}
