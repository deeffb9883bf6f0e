import { LRUCache } from 'lru-cache';
import type { Incoming } from '../http/exchange.ts';

export const JSON_TYPE = 'application/json';
export const RESPONSE_TYPE = 'application/graphql-response+json';

/** A cache of media types by the text of the header `accept`. The cache is small, because clients send few different texts. */
const mediaTypes = new LRUCache<string, { type: string | undefined }>({ max: 100 });
/** Maximum number of characters of an `accept` header that the gateway caches. */
const MOST_CHARACTERS = 200;

/** Returns the media type that the caller prefers. Returns undefined if the caller accepts neither of the two media types of GraphQL answers. */
export function answerType({ headers: { accept } }: Incoming): string | undefined {
  if (accept === undefined || accept === '*/*') return JSON_TYPE;
  const cached = mediaTypes.get(accept);
  if (cached !== undefined) return cached.type;
  const type = bestOf(accept);
  if (accept.length <= MOST_CHARACTERS) mediaTypes.set(accept, { type });
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
