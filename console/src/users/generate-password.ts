import { randomText } from '../parts/random-text.ts';

/** Omits characters that look alike: 0 O 1 l I. */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A password of 24 characters, 5.83 bits each: 140 bits. */
export const generatePassword = (): string => randomText(CHARACTERS, 24);
