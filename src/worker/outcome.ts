import type { JsonObject } from '../primitives/json.ts';

/** The result of a task. Contains no secret value. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR';
  /** Why the task failed. The field is undefined for a completed task. */
  reason?: string;
  output: JsonObject;
}

/** Maximum length of a reason. Engines store reasons in columns and indexes. */
const REASON_LIMIT = 1_000;

/** A failure that a retry would repeat. */
export function terminalFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED_WITH_TERMINAL_ERROR', reason: reason.slice(0, REASON_LIMIT), output };
}

/** A failure that the workflow may retry. */
export function retryableFailure(reason: string, output: JsonObject = {}): Outcome {
  return { status: 'FAILED', reason: reason.slice(0, REASON_LIMIT), output };
}
