// What the parent and its workers tell each other.
import type { MetricsSnapshot } from '../http/metrics.ts';

/** What a worker needs to begin. */
export interface Task {
  /** Which of them it is, from 1. */
  worker: number;
  /** Holds a password. Undefined: what the settings say. */
  databaseUrl: string | undefined;
  port: number;
  /** Whether it makes what a first start needs, and tells what a person should read. */
  prepares: boolean;
  /** Whether it does what one of them is enough for. */
  keepsHouse: boolean;
}

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
