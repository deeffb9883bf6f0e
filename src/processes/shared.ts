import type { MetricsSnapshot } from '../http/metrics.ts';
import type { PatientThrottle } from '../identity/waiting-throttle.ts';

/** What one of several processes has in common with the others, kept by the one that started them. */
export interface Shared {
  throttle: PatientThrottle;
  /** What all of them counted. */
  metricsOfAll(): Promise<string>;
  /** Says who tells what this one counted. */
  tellsMetrics(snapshot: () => Promise<MetricsSnapshot>): void;
}
