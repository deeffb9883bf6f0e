// Runs UPDATE_SECRET tasks, which store `_secrets.secretValue` as the value of the secret `_secrets.secretKey`.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { InvalidTask, type WithDefinition } from './definition.ts';
import type { Gateway } from './gateway.ts';
import { outcomeOfError } from './gateway-errors.ts';
import { type Outcome, terminalFailure } from './outcome.ts';
import { resolveInput } from './resolve-input.ts';

/**
 * Creates the secret, or rotates the existing secret. If the current version already contains the value, the gateway creates no version. The function
 * never throws an error. The output of the task is empty.
 */
export async function updateSecretTask(task: WithDefinition, gateway: Gateway): Promise<Outcome> {
  try {
    const { input } = await resolveInput(task, gateway, { exact: true, check: checkName });
    // The worker sends only the field `_secrets` to the gateway, because the input can contain unrelated fields.
    await gateway.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof InvalidTask ? terminalFailure(`${error.message}.`) : outcomeOfError(error);
  }
}

/** INVARIANT: only the task's definition determines which secret the task updates. @throws InvalidTask if the secret's name contains an expression */
function checkName({ _secrets }: JsonObject): void {
  const name = isJsonObject(_secrets) ? _secrets.secretKey : _secrets;
  const field = isJsonObject(_secrets) ? '_secrets.secretKey' : '_secrets';
  if (typeof name === 'string' && partsOf(name).some((part) => typeof part !== 'string'))
    throw new InvalidTask(
      `${field}: expressions are not allowed. To choose between secrets, write one task for each secret, in the branches of a SWITCH task`,
    );
}
