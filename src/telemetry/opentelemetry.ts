// Traces and metrics by the SDK of OpenTelemetry. The gateway makes its spans itself: instrumentation libraries replace functions of other modules.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  type ExportResult,
  ExportResultCode,
  hrTime,
  setGlobalErrorHandler,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { type MetricSnapshot, metricData } from './metric-data.ts';
import type { Sampler, TelemetrySettings } from './settings.ts';
import type { RequestSpan, SpanDescription, Tracer } from './tracer.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);
/** The maximum time of the last export when the process stops. */
const LAST_MS = 3_000;
const SCOPE = 'secrets-gateway';

export function openTelemetry(settings: TelemetrySettings, log: Pick<Logger, 'info' | 'warn'>) {
  const resource = resourceFromAttributes({
    'service.instance.id': randomUUID(),
    ...settings.resourceAttributes,
    'service.name': settings.serviceName,
  });
  // `exporting` below logs each failure. The SDK would otherwise log failures with the text of the error.
  setGlobalErrorHandler(() => {});
  const connection = connectionLog(log);
  const headers = Object.fromEntries([...settings.headers].map(([name, value]) => [name, value.expose()]));
  const options = (signal: 'traces' | 'metrics') => ({ url: urlFor(settings.endpoint, signal), headers });

  const processor = new BatchSpanProcessor({
    exporter: exporting(new OTLPTraceExporter(options('traces')), connection),
  });
  const provider = new TracerProvider({ resource, sampler: samplerOf(settings.sampler), spanProcessors: [processor] });
  const metrics = metricsExport(resource, settings.metricsIntervalMs, () =>
    exporting(new OTLPMetricExporter(options('metrics')), connection),
  );

  return {
    tracer: tracerOf(provider, settings.secretNames),
    exportMetrics: metrics.start,
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          connection.down('timeout');
          resolve();
        }, LAST_MS);
      });
      await Promise.race([Promise.allSettled([provider.shutdown(), metrics.stop()]), late]);
      clearTimeout(timer);
    },
  };
}

function tracerOf(provider: TracerProvider, secretNames: boolean): Tracer {
  const current = new AsyncLocalStorage<Context>();
  const spans = provider.getTracer(SCOPE);
  const propagator = new W3CTraceContextPropagator();
  const active = () => current.getStore() ?? ROOT_CONTEXT;

  const run = <T>({ name, kind, attributes = {} }: SpanDescription, work: () => T): T => {
    const parent = active();
    const span = spans.startSpan(
      name,
      { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes },
      parent,
    );
    try {
      const result = current.run(trace.setSpan(parent, span), work);
      if (!(result instanceof Promise)) {
        span.end();
        return result;
      }
      const settled = result.then(
        (value) => {
          span.end();
          return value;
        },
        (error) => {
          fail(span, error);
          throw error;
        },
      );
      return settled as T;
    } catch (error) {
      fail(span, error);
      throw error;
    }
  };

  const request = (method: string, headers: Parameters<Tracer['request']>[1]): RequestSpan => {
    const known = METHODS.has(method) ? method : '_OTHER';
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const attributes = { 'http.request.method': known };
    const span = spans.startSpan(known, { kind: SpanKind.SERVER, attributes }, parent);
    const context = trace.setSpan(parent, span);
    return {
      traceId: span.spanContext().traceId,
      within: (work) => current.run(context, work),
      end({ route, status, aborted }) {
        span.updateName(`${known} ${route}`);
        span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
        if (status >= 500 || aborted) {
          span.setAttribute('error.type', aborted ? 'aborted' : String(status));
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      },
    };
  };

  return {
    secretNames,
    run,
    request,
    headers() {
      const headers: Record<string, string> = {};
      propagator.inject(active(), headers, defaultTextMapSetter);
      return headers;
    },
    bind: () => {
      const context = active();
      return (work) => current.run(context, work);
    },
  };
}

/** Ends a span after an error. The span has the code or the class of the error. Messages of errors can quote input, so no span has a message. */
function fail(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const type = [code, name].find((each) => typeof each === 'string' && /^[A-Za-z0-9_]{1,50}$/.test(each)) ?? 'Error';
  span.setAttribute('error.type', String(type));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function samplerOf({ name, ratio }: Sampler) {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** Exports the metrics of the Prometheus registry. The SDK collects and sends the metrics. */
function metricsExport(resource: Resource, intervalMs: number, exporter: () => OTLPMetricExporter) {
  let provider: MeterProvider | undefined;
  return {
    start(snapshot: () => Promise<MetricSnapshot>) {
      const startTime = hrTime();
      const collect = async () => {
        const metrics = metricData(await snapshot(), startTime, hrTime());
        return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: SCOPE }, metrics }] }, errors: [] };
      };
      const reader = new PeriodicExportingMetricReader({
        exporter: exporter(),
        metricProducers: [{ collect }],
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: intervalMs,
      });
      provider = new MeterProvider({ resource, readers: [reader] });
    },
    stop: async () => provider?.shutdown(),
  };
}

function urlFor({ href }: URL, signal: string): string {
  return `${href.replace(/\/+$/, '')}/v1/${signal}`;
}

interface Exporter {
  export(items: never, done: (result: ExportResult) => void): void;
}

/** Reports the outcome of each export to `connection`. */
function exporting<Kind extends Exporter>(exporter: Kind, connection: ConnectionLog): Kind {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code === ExportResultCode.SUCCESS) connection.up();
      else connection.down(reasonOf(result.error));
      done(result);
    });
  return exporter;
}

interface ConnectionLog {
  up(): void;
  down(reason: string): void;
}

/** Logs one line when the collector does not accept data, and one line when the collector accepts data again. */
function connectionLog(log: Pick<Logger, 'info' | 'warn'>): ConnectionLog {
  let isDown = false;
  return {
    up() {
      if (isDown) log.info('the OpenTelemetry collector accepts data again');
      isDown = false;
    },
    down(reason) {
      if (!isDown)
        log.warn({ reason }, 'the OpenTelemetry collector does not accept data; the gateway discards old spans');
      isDown = true;
    },
  };
}

/** The errors of the exporters that have no code, by their messages. */
const REASONS = new Map([
  ['Request timed out', 'timeout'],
  ['Concurrent export limit reached', 'too many unanswered requests'],
  ['Export failed with retryable status', 'HTTP 429, 502, 503 or 504'],
]);

/** Returns the reason of a failed export for the log. INVARIANT: no reason contains the message of an error, because messages can quote input. */
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'number') return `HTTP ${code}`;
  if (typeof code === 'string') return code;
  return REASONS.get(String(message)) ?? 'unknown error';
}
