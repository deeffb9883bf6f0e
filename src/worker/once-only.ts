import { isJsonObject } from '../primitives/json.ts';
import type { Task } from './conductor.ts';
import { InvalidTask, planOf, type WithDefinition } from './definition.ts';
import { requestIn } from './http-request.ts';
import { type Outcome, retryableFailure } from './outcome.ts';

/** Idempotent methods: a repeated call has the same effect as one call. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/**
 * Wraps `work` so that a call with another method is made only if the server hands the task out for the first time: an earlier worker process may
 * have made the call. Then the task fails, and the workflow's retry settings decide. (A task that this process finished itself never gets here
 * again.)
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

/** Returns the HTTP method of the call. The result is empty if the method is unknown. */
function methodOf(task: WithDefinition): string {
  try {
    const { places, assemble, definition } = planOf(task);
    const request = requestIn(assemble(places.map(() => '')), definition);
    return isJsonObject(request) && typeof request.method === 'string' ? request.method.trim().toUpperCase() : '';
  } catch (error) {
    // An invalid task causes no call, and `work` reports what is wrong.
    if (error instanceof InvalidTask) return 'GET';
    throw error;
  }
}
