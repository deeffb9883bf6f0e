import { remembered } from '../concurrency/cache.ts';
import type { Incoming } from '../http/exchange.ts';

export const JSON_TYPE = 'application/json';
export const RESPONSE_TYPE = 'application/graphql-response+json';

/** By the text of the header: clients send few different ones, each with every request. */
const found = remembered<{ type: string | undefined }>({ most: 100 });
const LONGEST = 200;

/** The one of our two media types that the caller likes best; undefined if it likes neither. */
export function answerType({ headers: { accept } }: Incoming): string | undefined {
  if (accept === undefined || accept === '*/*') return JSON_TYPE;
  const known = found.get(accept);
  if (known !== undefined) return known.type;
  const type = bestOf(accept);
  if (accept.length <= LONGEST) found.set(accept, { type });
  return type;
}

function bestOf(accept: string): string | undefined {
  if (accept.trim() === '') return JSON_TYPE;
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
