import type { Incoming } from '../http/exchange.ts';

export const JSON_TYPE = 'application/json';
export const RESPONSE_TYPE = 'application/graphql-response+json';

/** The one of our two media types that the caller likes best; undefined if it likes neither. */
export function answerType({ headers: { accept } }: Incoming): string | undefined {
  if (accept === undefined || accept === '*/*' || accept.trim() === '') return JSON_TYPE;
  let best: string | undefined;
  let bestQuality = 0;
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    const type = name === '*/*' || name === 'application/*' ? JSON_TYPE : name;
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if ((type === JSON_TYPE || type === RESPONSE_TYPE) && quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  return best;
}
