import { HttpError } from '../http/http-server.ts';

/** That something is not there, or not for the caller, with its id, which clients look for in the message. */
export function noSuch(kind: string, ...ids: string[]): HttpError {
  return new HttpError(404, 'NOT_FOUND', `No such ${kind}: ${ids.join(', ')}.`);
}
