import type { Alphabet } from '../generated/vocabulary.ts';
import { MAX_VALUE_LENGTH } from '../primitives/input.ts';
import { randomText } from '../primitives/random-text.ts';
import { SecretsGatewayError } from './client-error.ts';

/** Returns a random value for a new secret, by the rules with which the gateway generates a value. @throws SecretsGatewayError for a wrong length */
export function randomValue({
  length = 32,
  alphabet = 'ALPHANUMERIC',
}: {
  length?: number;
  alphabet?: Alphabet;
}): string {
  if (!Number.isInteger(length) || length < 1 || length > MAX_VALUE_LENGTH)
    throw new SecretsGatewayError('BAD_USER_INPUT', `length: expected a whole number from 1 to ${MAX_VALUE_LENGTH}`);
  return randomText(length, alphabet);
}
