import type { JsonObject } from '../primitives/json.ts';

/** How a task ended. Holds no value of a secret. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR';
  /** Why, where it is not completed. */
  reason?: string;
  output: JsonObject;
}

/** Engines keep reasons in columns and indexes. */
const REASON_LIMIT = 1_000;

/** It will not do better if it is tried again. */
export function ended(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED_WITH_TERMINAL_ERROR', reason: reason.slice(0, REASON_LIMIT), output };
}

/** The workflow's retries decide what becomes of it. */
export function failed(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED', reason: reason.slice(0, REASON_LIMIT), output };
}
