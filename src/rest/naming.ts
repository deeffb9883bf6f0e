import { NotFound } from '../errors.ts';
import { noSuch } from './no-such.ts';

/**
 * `work`; where it finds something missing, the refusal has what the request called it. `names` tells that of each field at fault, or of each
 * item of a list: `{ group: 'ops', members: ['ann'] }` for the fields `group` and `members.0`.
 * @throws HttpError 404
 */
export async function naming<T>(
  names: Readonly<Record<string, string | readonly string[]>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const [, list = '', index = ''] = /^(.*)\.(\d+)$/.exec(error.field ?? '') ?? [];
    const name = names[error.field ?? ''] ?? names[list]?.[Number(index)];
    throw typeof name === 'string' ? noSuch(error.kind, name) : error;
  }
}
