// UPDATE_SECRET: `_secrets.secretKey` gets `_secrets.secretValue`.

import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { type Defined, Misfit } from './definition.ts';
import { fillIn } from './fill-in.ts';
import type { Gateway } from './gateway.ts';
import { ended, type Outcome } from './outcome.ts';
import { refused } from './refused.ts';

/** Creates or rotates the secret. The same value again makes no new version. Throws nothing; there is no output. */
export async function updateSecretTask(task: Defined, gateway: Gateway): Promise<Outcome> {
  try {
    const { input } = await fillIn(task, gateway, { exact: true, check: checkName });
    // Nothing but what the task is about: its input may have more in it.
    await gateway.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof Misfit ? ended(`${error.message}.`) : refused(error);
  }
}

/** INVARIANT: the definition alone chooses the secret to update. @throws Misfit if data would choose it */
function checkName({ _secrets }: JsonObject): void {
  const name = isJsonObject(_secrets) ? _secrets.secretKey : _secrets;
  const field = isJsonObject(_secrets) ? '_secrets.secretKey' : '_secrets';
  if (typeof name === 'string' && partsOf(name).some((part) => typeof part !== 'string'))
    throw new Misfit(
      `${field}: expressions are not allowed. Write one task for each secret, in the branches of a SWITCH`,
    );
}
