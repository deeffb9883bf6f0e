// Parses the input of a workflow's UPDATE_SECRET task.
import { BadInput } from '../../errors.ts';
import { valueProblem } from '../../primitives/input.ts';
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts';
import { type SecretName, secretName } from '../../secrets/secret.ts';
import { MASK, Sensitive } from '../../sensitive.ts';

/** Reads `{ "_secrets": { "secretKey": …, "secretValue": … } }`. @throws BadInput for a field that is missing, empty or invalid */
export function secretToUpdate(input: Json): { name: SecretName; value: Sensitive } {
  const secrets = memberOf(input, '_secrets');
  const name = secretName(textOf(secrets, 'secretKey'), '_secrets.secretKey');
  const value = textOf(secrets, 'secretValue');
  const problem = valueProblem(value);
  if (problem !== undefined) throw new BadInput('_secrets.secretValue', problem);
  // A masked or archived payload contains `***` in place of the secret value. Storing `***` would replace the real value.
  if (value === MASK) throw new BadInput('_secrets.secretValue', `a secret value, not the mask ${MASK}`);
  return { name, value: new Sensitive(value) };
}

function memberOf(json: Json, name: string): JsonObject {
  const member = isJsonObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
  if (!isJsonObject(member)) throw new BadInput(name, 'an object with the fields secretKey and secretValue');
  return member;
}

function textOf(secrets: JsonObject, name: 'secretKey' | 'secretValue'): string {
  const text = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (typeof text !== 'string' || text === '') throw new BadInput(`_secrets.${name}`, 'a non-empty string');
  return text;
}
