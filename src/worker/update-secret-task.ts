// Runs UPDATE_SECRET tasks, which store `_secrets.secretValue` as the value of the secret `_secrets.secretKey`.

import type { WithDefinition } from '../conductor/definition.ts';
import type { InWorkflow } from '../conductor/registered-definition.ts';
import { resolveInput } from '../conductor/resolve-input.ts';
import { InvalidTask, type Task } from '../conductor/task.ts';
import { checkNameOfUpdate, isValueCaptured, secretsOfUpdate } from '../conductor/update-secret-input.ts';
import type { JsonObject } from '../primitives/json.ts';
import type { Gateway } from './gateway.ts';
import { outcomeOfError } from './gateway-errors.ts';
import { gatewayResolver } from './gateway-resolver.ts';
import { type Outcome, terminalFailure } from './outcome.ts';

/**
 * Creates the secret, or rotates the existing secret. If the current version already contains the value, the gateway creates no version. The function
 * never throws an error. The output of the task is empty.
 */
export async function updateSecretTask(
  task: WithDefinition & Partial<Task> & InWorkflow,
  gateway: Gateway,
): Promise<Outcome> {
  try {
    const { input } = await resolveInput(task, gatewayResolver(gateway, task), {
      exact: true,
      check: checkNameOfUpdate,
    });
    // The gateway captured the new value, so that the engine does not store the value.
    if (isValueCaptured(input)) {
      await gateway.updateSecretOfTask(taskJson(task));
      return { status: 'COMPLETED', output: {} };
    }
    await gateway.updateSecret(secretsOfUpdate(input));
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof InvalidTask ? terminalFailure(`${error.message}.`) : outcomeOfError(error);
  }
}

/** The task in the JSON of the engine. The gateway reads the workflow definition of the execution from the engine. */
function taskJson(task: WithDefinition & Partial<Task>): JsonObject {
  const { taskId = '', workflowInstanceId = '', referenceTaskName = '', inputData = null, workflowTask = null } = task;
  return { taskId, workflowInstanceId, referenceTaskName, taskType: 'UPDATE_SECRET', inputData, workflowTask };
}
