// Decides which types of tasks a caller can poll.
import { isEngineType } from '../../conductor/task-types.ts';
import { Forbidden } from '../../errors.ts';

/**
 * Refuses to hand out tasks of a type that the Conductor server itself runs. A poll takes a task from its queue, so any caller could end such tasks of
 * other teams. `types` are the types that different servers could read in the request. @throws Forbidden
 */
export function requirePolledType(types: readonly string[]): void {
  const type = types.find((text) => isEngineType(withoutQueueParts(text)));
  if (type !== undefined)
    throw new Forbidden(
      'The Conductor server itself runs tasks of this type. Poll only types of tasks that workers run.',
    );
}

/** The type of the tasks in a queue `domain:type@namespace`. */
const withoutQueueParts = (queue: string) => queue.slice(queue.lastIndexOf(':') + 1).replace(/[@;].*$/s, '');
