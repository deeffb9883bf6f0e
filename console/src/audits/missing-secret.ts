import { Problem, type Words } from '../api/problem.ts';

const WORDS: Record<string, Words> = {
  NOT_FOUND: {
    title: 'No such secret at that time',
    text: 'No secret had this name at that time, or you cannot see it.',
  },
};

/** Messages for a query about a past time at which the secret did not exist. */
export const missingSecret = (problem: unknown): Record<string, Words> =>
  problem instanceof Problem && problem.field === 'secret' ? WORDS : {};
