import { randomInt } from 'node:crypto';
import type { Alphabet } from '../generated/vocabulary.ts';

/** The characters of generated values, by the name of the alphabet. */
export const ALPHABETS = {
  ALPHANUMERIC: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  HEX: '0123456789abcdef',
  BASE64URL: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  PRINTABLE: Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join(''),
  DIGITS: '0123456789',
} satisfies Record<Alphabet, string>;

/** Generates a text from a cryptographic source of randomness. All characters of the alphabet are equally likely. */
export function randomText(length: number, alphabet: Alphabet): string {
  const characters = ALPHABETS[alphabet];
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
