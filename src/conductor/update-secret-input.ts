// Reads the input of an UPDATE_SECRET task, which names a secret and contains the new value of the secret.
import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { MASK } from '../sensitive.ts';
import { InvalidTask } from './task.ts';

/** INVARIANT: only the definition of the task determines which secret is updated. @throws InvalidTask if the secret's name contains an expression */
export function checkNameOfUpdate({ _secrets }: JsonObject): void {
  const name = isJsonObject(_secrets) ? _secrets.secretKey : _secrets;
  const field = isJsonObject(_secrets) ? '_secrets.secretKey' : '_secrets';
  if (typeof name === 'string' && partsOf(name).some((part) => typeof part !== 'string'))
    throw new InvalidTask(
      `${field}: expressions are not allowed. To choose between secrets, write one task for each secret, in the branches of a SWITCH task`,
    );
}

/** Whether the input contains `***` because the gateway captured the new value. */
export function isValueCaptured({ _secrets }: JsonObject): boolean {
  return isJsonObject(_secrets) && _secrets.secretValue === MASK;
}

/** Returns only the field `_secrets`, because the input can contain unrelated fields. */
export function secretsOfUpdate({ _secrets }: JsonObject): JsonObject {
  return _secrets === undefined ? {} : { _secrets };
}
