import { isJsonObject } from '../primitives/json.ts';
import type { Task } from './conductor.ts';
import { type Defined, Misfit, planOf } from './definition.ts';
import { requestIn } from './http-request.ts';
import { failed, type Outcome } from './outcome.ts';

/** Whatever they do, they do it once, however often they are sent. */
const HARMLESS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];

/**
 * `work`, but for calls that are not harmless twice only when they are handed out for the first time: whoever had the task before may have
 * made the call. (What this process did itself is remembered, and comes here only once.) The task fails then, and the workflow's retries
 * decide.
 */
export function onceOnly<T extends Task & Defined>(
  work: (task: T, signal: AbortSignal) => Promise<Outcome>,
): (task: T, signal: AbortSignal) => Promise<Outcome> {
  return async (task, signal) => {
    if (task.pollCount > 1 && !HARMLESS.includes(methodOf(task)))
      return failed('It was handed out before, and the call may have been made: it is not made again.');
    return work(task, signal);
  };
}

/** Of the call that would be made; empty if it cannot be told. */
function methodOf(task: Defined): string {
  try {
    const { places, assemble, definition } = planOf(task);
    const request = requestIn(assemble(places.map(() => '')), definition);
    return isJsonObject(request) && typeof request.method === 'string' ? request.method.trim().toUpperCase() : '';
  } catch (error) {
    // No call comes of it: whoever does the task says why.
    if (error instanceof Misfit) return 'GET';
    throw error;
  }
}
