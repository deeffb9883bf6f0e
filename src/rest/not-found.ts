// Errors with status 404 that contain the id or name from the request, because clients look for the id in the message.
import { NotFound } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';

/** The maximum length of an id in a message. An id in a path is never longer, but an id in a body can be. */
const LONGEST_ID = 16_384;

/** The error for an object that does not exist, or that the caller does not see. */
export function notFound(kind: string, ...ids: string[]): HttpError {
  const shortened = ids.map((id) => (id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id));
  return new HttpError(404, 'NOT_FOUND', `No such ${kind}: ${shortened.join(', ')}.`);
}

/**
 * Runs `work` and converts its NotFound to an error with the name from the request. `names` has the name for each field, or a list of names for the
 * items of a list: `{ group: 'ops', members: ['ann'] }` for the fields `group` and `members.0`.
 * @throws HttpError 404
 */
export async function withNotFoundNames<T>(
  names: Readonly<Record<string, string | readonly string[]>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const [, list = '', index = ''] = /^(.*)\.(\d+)$/.exec(error.field ?? '') ?? [];
    const name = names[error.field ?? ''] ?? names[list]?.[Number(index)];
    throw typeof name === 'string' ? notFound(error.kind, name) : error;
  }
}
