import type { Alphabet } from '../generated/operations.ts';

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The character sets for generated values, with labels. */
export const ALPHABETS: Record<Alphabet, { words: string; characters: string }> = {
  ALPHANUMERIC: { words: 'Letters and digits', characters: LETTERS_AND_DIGITS },
  HEX: { words: 'Hexadecimal: 0-9 a-f', characters: '0123456789abcdef' },
  BASE64URL: { words: 'Letters, digits, - and _', characters: `${LETTERS_AND_DIGITS}-_` },
  PRINTABLE: {
    words: 'All printable ASCII',
    characters: String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i)),
  },
  DIGITS: { words: 'Digits', characters: '0123456789' },
};
