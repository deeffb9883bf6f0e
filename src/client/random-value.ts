import { randomInt } from 'node:crypto';
import type { Alphabet } from '../generated/vocabulary.ts';
import { SecretsGatewayError } from './client-error.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const LETTERS_AND_DIGITS = LOWER.toUpperCase() + LOWER + DIGITS;
const CHARACTERS: Readonly<Record<Alphabet, string>> = {
  ALPHANUMERIC: LETTERS_AND_DIGITS,
  HEX: `${DIGITS}abcdef`,
  BASE64URL: `${LETTERS_AND_DIGITS}-_`,
  PRINTABLE: String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 0x21 + i)),
  DIGITS,
};
const MOST = 65_535;

/** Returns a random value for a new secret, by the rules with which the gateway generates a value. @throws SecretsGatewayError for a wrong length */
export function randomValue({
  length = 32,
  alphabet = 'ALPHANUMERIC',
}: {
  length?: number;
  alphabet?: Alphabet;
}): string {
  if (!Number.isInteger(length) || length < 1 || length > MOST)
    throw new SecretsGatewayError('BAD_USER_INPUT', `length: expected a whole number from 1 to ${MOST}`);
  const characters = CHARACTERS[alphabet];
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
