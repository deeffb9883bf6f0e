// What the parent and its workers tell each other.
import type { MetricsSnapshot } from '../http/metrics.ts';
import type { Task } from '../startup/serve.ts';

export type Outcome = 'succeeded' | 'abandoned' | 'failed';

export type ToWorker =
  | { tell: 'begin'; task: Task }
  | { tell: 'stop' }
  /** The answers to what a worker asked, by the number of the question. */
  | { tell: 'admitted'; id: number }
  | { tell: 'throttled'; id: number; retryAfter: number; first: boolean }
  /** Undefined: they could not be added up. */
  | { tell: 'metrics'; id: number; text: string | undefined }
  | { ask: 'snapshot'; id: number };

export type ToParent =
  | { tell: 'ready'; port: number }
  | { ask: 'attempt'; id: number; account: string; address: string }
  | { tell: 'outcome'; id: number; outcome: Outcome }
  | { ask: 'metrics'; id: number }
  | { tell: 'snapshot'; id: number; snapshot: MetricsSnapshot };
