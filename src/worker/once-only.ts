import { isJsonObject } from '../primitives/json.ts';
import type { Task } from './conductor.ts';
import { InvalidTask, planOf, type WithDefinition } from './definition.ts';
import { requestIn } from './http-request.ts';
import { type Outcome, retryableFailure } from './outcome.ts';

/** Idempotent methods: a repeated call has the same effect as one call. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/**
 * Wraps `work` so that a call with a method that is not idempotent is made only if the Conductor server returns the task to a poll for the first
 * time. Otherwise, another worker process may already have made the call, and the task fails. The retry settings of the workflow then decide whether
 * the engine schedules the task again. Tasks that this process itself has finished are never passed to this function again.
 */
export function onceOnly<T extends Task & WithDefinition>(
  work: (task: T, signal: AbortSignal) => Promise<Outcome>,
): (task: T, signal: AbortSignal) => Promise<Outcome> {
  return async (task, signal) => {
    if (task.pollCount > 1 && !IDEMPOTENT.includes(methodOf(task)))
      return retryableFailure('Another worker process may have made this call already, so it is not repeated.');
    return work(task, signal);
  };
}

/** Returns the HTTP method of the call. Returns an empty text if the method is unknown. */
function methodOf(task: WithDefinition): string {
  try {
    const { places, assemble, definition } = planOf(task);
    const request = requestIn(assemble(places.map(() => '')), definition);
    return isJsonObject(request) && typeof request.method === 'string' ? request.method.trim().toUpperCase() : '';
  } catch (error) {
    // An invalid task is treated as idempotent, because `work` makes no call for an invalid task and reports the error.
    if (error instanceof InvalidTask) return 'GET';
    throw error;
  }
}
