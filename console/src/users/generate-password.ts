import { randomText } from '../parts/random-text.ts';

/** The characters of generated passwords. The characters 0, O, 1, l and I are missing, because they look alike. */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Generates a random password of 24 characters. Each character has 5.83 bits of entropy, so the password has 140 bits of entropy. */
export const generatePassword = (): string => randomText(CHARACTERS, 24);
