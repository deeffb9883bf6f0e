import { Problem, type Words } from '../api/problem.ts';

const WORDS: Record<string, Words> = {
  NOT_FOUND: {
    title: 'The secret did not exist at that time',
    text: 'No secret had the requested name at that time, or you cannot see the secret.',
  },
};

/** Error messages for an access review at a past time at which the secret did not exist. */
export const missingSecret = (problem: unknown): Record<string, Words> =>
  problem instanceof Problem && problem.field === 'secret' ? WORDS : {};
