// Creates errors with status 404 whose message contains the id or name from the request, because clients search the message for the id.
import { NotFound } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';

/** The maximum length of an id in an error message. An id in a request body can be longer than this maximum, but an id in a path cannot. */
const LONGEST_ID = 16_384;

/** Creates the error for an object that does not exist, or that the caller may not see. */
export function notFound(kind: string, ...ids: string[]): HttpError {
  const shortened = ids.map((id) => (id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id));
  return new HttpError(404, 'NOT_FOUND', `No such ${kind}: ${shortened.join(', ')}.`);
}

/**
 * Runs `work`. If `work` throws NotFound, the function throws an error that contains the name from the request. The object `names` maps each argument
 * of the service to the name in the request. If an argument is a list, `names` contains a list. For example, `{ group: 'ops', members: ['ann'] }`
 * contains the names for the arguments `group` and `members.0`.
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
