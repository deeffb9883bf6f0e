// Gives each task its registered definition before the task runs.
import type { WithDefinition } from '../conductor/definition.ts';
import type { RegisteredDefinitions } from '../conductor/registered-definition.ts';
import { InvalidTask, Unreachable } from '../conductor/task.ts';
import type { PolledTask } from './conductor.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';
import type { TaskHandler } from './polling.ts';

export type DefinedTask = PolledTask & WithDefinition;

/** Wraps `work`, and adds the registered definition to each task before `work` runs. An invalid task fails without a call of `work`. */
export function withDefinition(
  type: string,
  definitions: RegisteredDefinitions,
  work: (task: DefinedTask, signal: AbortSignal) => Promise<Outcome>,
): TaskHandler {
  return async (task, signal) => {
    try {
      return await work(await definitions.of(type, task), signal);
    } catch (error) {
      if (error instanceof InvalidTask) return terminalFailure(`${error.message}.`);
      if (error instanceof Unreachable)
        return retryableFailure('The Conductor server did not return the definition of the task.');
      throw error;
    }
  };
}
