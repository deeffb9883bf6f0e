import { type Session, session } from '../session/session.ts';
import type { Operation } from './operation.ts';
import { Problem } from './problem.ts';

interface Answered {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string; field?: string; retryAfter?: number } }[];
}

/** Asks the gateway as whoever is signed in. What it answers may be partly null only where nothing failed. @throws Problem */
export async function ask<Result, Variables>(
  { text }: Operation<Result, Variables>,
  variables: Variables,
  { signal, as = session.current() }: { signal?: AbortSignal; as?: Session | undefined } = {},
): Promise<Result> {
  const response = await send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearing(as) },
    body: JSON.stringify({ query: text, variables }),
    ...(signal && { signal }),
  });
  const { data, errors } = (await response.json().catch(() => {
    throw new Problem('UNREACHABLE', 'No answer that can be read.');
  })) as Answered;
  const [first] = errors ?? [];
  if (first === undefined) return data as Result;
  const { code = 'INTERNAL_SERVER_ERROR', field, retryAfter } = first.extensions ?? {};
  if (code === 'UNAUTHENTICATED' && as !== undefined) session.lost(as);
  throw new Problem(code, first.message, { field, retryAfter });
}

/** A file of the REST interface, as whoever is signed in. @throws Problem */
export async function download(path: string): Promise<Blob> {
  const as = session.current();
  const response = await send(path, { headers: bearing(as) });
  if (response.ok)
    return response.blob().catch(() => {
      throw new Problem('UNREACHABLE', 'Cut in the middle.');
    });
  const { error, code, message } = await response.json().catch(() => ({}));
  if (response.status === 401 && as !== undefined) session.lost(as);
  throw new Problem(code ?? error ?? 'INTERNAL_SERVER_ERROR', message ?? 'It could not be made.');
}

const bearing = (as: Session | undefined): Record<string, string> =>
  as === undefined ? {} : { authorization: `Bearer ${as.token}` };

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('UNREACHABLE', 'No answer.');
  }
}
