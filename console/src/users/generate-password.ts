import { randomText } from '../parts/random-text.ts';

/** Omits characters that look alike: 0 O 1 l I. */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Generates a password of 24 characters. Each character has 5.83 bits of entropy, so the password has 140 bits. */
export const generatePassword = (): string => randomText(CHARACTERS, 24);
