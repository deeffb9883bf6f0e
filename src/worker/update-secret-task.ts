// Runs UPDATE_SECRET tasks, which store `_secrets.secretValue` as the value of the secret `_secrets.secretKey`.

import type { WithDefinition } from '../conductor/definition.ts';
import { resolveInput } from '../conductor/resolve-input.ts';
import { InvalidTask } from '../conductor/task.ts';
import { checkNameOfUpdate } from '../conductor/update-secret.ts';
import type { Gateway } from './gateway.ts';
import { outcomeOfError } from './gateway-errors.ts';
import { gatewayResolver } from './gateway-resolver.ts';
import { type Outcome, terminalFailure } from './outcome.ts';

/**
 * Creates the secret, or rotates the existing secret. If the current version already contains the value, the gateway creates no version. The function
 * never throws an error. The output of the task is empty.
 */
export async function updateSecretTask(task: WithDefinition, gateway: Gateway): Promise<Outcome> {
  try {
    const { input } = await resolveInput(task, gatewayResolver(gateway), { exact: true, check: checkNameOfUpdate });
    // The worker sends only the field `_secrets` to the gateway, because the input can contain unrelated fields.
    await gateway.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof InvalidTask ? terminalFailure(`${error.message}.`) : outcomeOfError(error);
  }
}
