import { Problem, type Words } from '../api/problem.ts';

const WORDS: Record<string, Words> = {
  NOT_FOUND: {
    title: 'No such secret at that time',
    text: 'No secret had this name at that time, or you cannot see it.',
  },
};

/** What is said where a question about the past names a secret that was not there. */
export const missingSecret = (problem: unknown): Record<string, Words> =>
  problem instanceof Problem && problem.field === 'secret' ? WORDS : {};
