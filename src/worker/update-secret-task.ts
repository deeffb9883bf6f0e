// UPDATE_SECRET: stores `_secrets.secretValue` as the value of the secret `_secrets.secretKey`.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { InvalidTask, type WithDefinition } from './definition.ts';
import type { Gateway } from './gateway.ts';
import { outcomeOfError } from './gateway-errors.ts';
import { type Outcome, terminalFailure } from './outcome.ts';
import { resolveInput } from './resolve-input.ts';

/** Creates or rotates the secret. Storing the same value again creates no version. Never throws. The output is empty. */
export async function updateSecretTask(task: WithDefinition, gateway: Gateway): Promise<Outcome> {
  try {
    const { input } = await resolveInput(task, gateway, { exact: true, check: checkName });
    // The input can have more members, so only the needed one is sent.
    await gateway.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof InvalidTask ? terminalFailure(`${error.message}.`) : outcomeOfError(error);
  }
}

/** INVARIANT: only the definition chooses the secret to update. @throws InvalidTask if data would choose the secret */
function checkName({ _secrets }: JsonObject): void {
  const name = isJsonObject(_secrets) ? _secrets.secretKey : _secrets;
  const field = isJsonObject(_secrets) ? '_secrets.secretKey' : '_secrets';
  if (typeof name === 'string' && partsOf(name).some((part) => typeof part !== 'string'))
    throw new InvalidTask(
      `${field}: expressions are not allowed. Write one task for each secret, in the branches of a SWITCH`,
    );
}
