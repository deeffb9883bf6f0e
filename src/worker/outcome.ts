import type { JsonObject } from '../primitives/json.ts';

/** The result of a task, which contains no secret value. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR';
  /** The reason why the task failed. Undefined for a completed task. */
  reason?: string;
  output: JsonObject;
}

/** Maximum number of characters of a reason. The length is limited because engines store reasons in database columns and indexes. */
const REASON_LIMIT = 1_000;

/** The outcome of a task that would fail again if the engine retried the task. */
export function terminalFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED_WITH_TERMINAL_ERROR', reason: reason.slice(0, REASON_LIMIT), output };
}

/** The outcome of a failed task that the engine may retry. */
export function retryableFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED', reason: reason.slice(0, REASON_LIMIT), output };
}
