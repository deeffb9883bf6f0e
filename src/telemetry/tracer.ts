// The tracer of this process. Without telemetry, no tracer exists: code that makes spans then makes one comparison, and loads no module.

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * Describes a span. INVARIANT: no name and no attribute contains input of a request, a secret value, a token or a parameter of an SQL statement. A span
 * contains the name of a secret only if the operator set OTEL_SECRET_NAMES.
 */
export interface SpanDescription {
  readonly name: string;
  /** `client` if the span is a call of another server. */
  readonly kind?: 'internal' | 'client';
  readonly attributes?: Attributes;
}

/** The span of an HTTP request that this process received. */
export interface RequestSpan {
  readonly traceId: string;
  /** Runs `work`, so that the spans of `work` are children of this span. */
  within<T>(work: () => T): T;
  /** Ends the span. `route` is the template of the path and contains no input of the request. */
  end(outcome: { route: string; status: number; aborted: boolean }): void;
}

export interface Tracer {
  /** Whether spans contain the names of secrets. */
  readonly secretNames: boolean;
  /**
   * Runs `work` in a span. The span ends when `work` returns, or when its promise settles. After an error, the span contains the error code, and not
   * the message of the error.
   */
  run<T>(span: SpanDescription, work: () => T): T;
  /** Begins the span of an HTTP request. The header `traceparent` of the request names the parent of the span. */
  request(method: string, headers: Readonly<Record<string, string | string[] | undefined>>): RequestSpan;
  /** Returns the headers `traceparent` and `tracestate` for a request to another server. */
  headers(): Record<string, string>;
  /** Returns a function that runs work with the current span as the parent. */
  bind(): <T>(work: () => T) => T;
}

/** Undefined if the gateway exports no traces. */
export let tracer: Tracer | undefined;

/** Sets the tracer of this process. The parts of the process must be created afterwards. */
export function setTracer(next: Tracer | undefined): void {
  tracer = next;
}
