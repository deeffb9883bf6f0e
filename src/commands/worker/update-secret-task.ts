// UPDATE_SECRET: `_secrets.secretKey` gets `_secrets.secretValue`.
import { type Defined, Misfit } from './definition.ts';
import { fillIn } from './fill-in.ts';
import type { Gateway } from './gateway.ts';
import { ended, type Outcome } from './outcome.ts';
import { refused } from './refused.ts';

/** Creates or rotates the secret. The same value again makes no new version. Throws nothing; there is no output. */
export async function updateSecretTask(task: Defined, gateway: Gateway): Promise<Outcome> {
  try {
    // Which secret it is, the definition says: with secrets or without.
    const { input } = await fillIn(task, gateway, { exact: true });
    // Nothing but what the task is about: its input may have more in it.
    await gateway.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
    return { status: 'COMPLETED', output: {} };
  } catch (error) {
    return error instanceof Misfit ? ended(`${error.message}.`) : refused(error);
  }
}
