import { HttpError } from '../http/exchange.ts';

/** No path has a longer one; what a body has is not told whole. */
const LONGEST_ID = 16_384;

/** That something is not there, or not for the caller, with its id, which clients look for in the message. */
export function noSuch(kind: string, ...ids: string[]): HttpError {
  const told = ids.map((id) => (id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id));
  return new HttpError(404, 'NOT_FOUND', `No such ${kind}: ${told.join(', ')}.`);
}
