// The messages between the primary process and its worker processes.
import type { MetricsSnapshot } from '../http/metrics.ts';
import type { WorkerTask } from '../startup/serve.ts';

export type Outcome = 'succeeded' | 'abandoned' | 'failed';

export type ToWorker =
  | { type: 'begin'; task: WorkerTask }
  | { type: 'stop' }
  /** An answer to a worker process contains the `id` of the worker process' request. */
  | { type: 'admitted'; id: number }
  | { type: 'throttled'; id: number; retryAfter: number; first: boolean }
  /** The field `text` is undefined if the primary process could not add up the metrics. */
  | { type: 'metrics'; id: number; text: string | undefined }
  | { type: 'request-snapshot'; id: number };

export type ToPrimary =
  | { type: 'ready'; port: number }
  | { type: 'attempt'; id: number; account: string; address: string }
  | { type: 'outcome'; id: number; outcome: Outcome }
  | { type: 'request-metrics'; id: number }
  | { type: 'snapshot'; id: number; snapshot: MetricsSnapshot };
