import type { JsonObject } from '../primitives/json.ts';

/** The result of a task. The result contains no secret value. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR';
  /** The reason why the task failed. The field is undefined if the task completed. */
  reason?: string;
  output: JsonObject;
}

/** Maximum number of characters of the reason for a failure. Engines store reasons in database columns and indexes. */
const REASON_LIMIT = 1_000;

/** Creates the outcome of a failed task that the engine must not retry, because a retry would fail again. */
export function terminalFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED_WITH_TERMINAL_ERROR', reason: reason.slice(0, REASON_LIMIT), output };
}

/** Creates the outcome of a failed task that the engine may retry. */
export function retryableFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED', reason: reason.slice(0, REASON_LIMIT), output };
}
