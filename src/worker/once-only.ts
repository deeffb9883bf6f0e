import { planOf, type WithDefinition } from '../conductor/definition.ts';
import { requestIn } from '../conductor/http-request.ts';
import { InvalidTask } from '../conductor/task.ts';
import { isJsonObject } from '../primitives/json.ts';
import type { PolledTask } from './conductor.ts';
import { type Outcome, retryableFailure } from './outcome.ts';

/** The idempotent HTTP methods. Repeated calls with an idempotent method have the same effect as one call. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/**
 * Wraps `work` to prevent repeated calls. A call with a method that is not idempotent is made only if the Conductor server returned the task to a
 * poll for the first time. After a second poll, the task fails, because another worker process may already have made the call. The retry settings of
 * the workflow then determine whether the engine schedules the task again. The function never receives a task that this process finished.
 */
export function onceOnly<T extends PolledTask & WithDefinition>(
  work: (task: T, signal: AbortSignal) => Promise<Outcome>,
): (task: T, signal: AbortSignal) => Promise<Outcome> {
  return async (task, signal) => {
    if (task.pollCount > 1 && !IDEMPOTENT.includes(methodOf(task)))
      return retryableFailure(
        'The worker does not repeat this HTTP call, because another worker process may already have made the call.',
      );
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
    // The function treats an invalid task as idempotent, because `work` makes no call for an invalid task and reports the error.
    if (error instanceof InvalidTask) return 'GET';
    throw error;
  }
}
