// Decides which types of tasks a caller can poll.
import { isEngineType } from '../../conductor/task-types.ts';
import { Forbidden } from '../../errors.ts';

/**
 * Refuses to hand out tasks of a type that the Conductor server itself runs. A poll removes a task from its queue, so any caller could otherwise poll
 * and end the tasks of other teams. `types` contains one task type for each possible interpretation of the request's path. @throws Forbidden
 */
export function requirePolledType(types: readonly string[]): void {
  const type = types.find((text) => isEngineType(withoutQueueParts(text)));
  if (type !== undefined)
    throw new Forbidden(
      'The Conductor server itself runs tasks of this type. Poll only types of tasks that workers run.',
    );
}

/** Returns the task type from the name of a queue, which has the format `domain:type@namespace`. */
const withoutQueueParts = (queue: string) => queue.slice(queue.lastIndexOf(':') + 1).replace(/[@;].*$/s, '');
