// The rules for the definition of an UPDATE_SECRET task.
import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
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
