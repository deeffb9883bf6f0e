import { type Session, session } from '../session/session.ts';
import type { Operation } from './operation.ts';
import { Problem } from './problem.ts';

export interface Answered {
  data?: unknown;
  errors?: {
    message: string;
    extensions?: { code?: string; field?: string; expected?: string; retryAfter?: number };
  }[];
}

/**
 * Sends a GraphQL operation with the session of the signed-in user. A response with errors counts as a failure, even if the response also
 * contains data. @throws Problem
 */
export async function ask<Result, Variables>(
  { text }: Operation<Result, Variables>,
  variables: Variables,
  { signal, as = session.current() }: { signal?: AbortSignal; as?: Session | undefined } = {},
): Promise<Result> {
  const body = JSON.stringify({ query: text, variables });
  const { data, errors } = (await answerTo(body, as, signal)).answered;
  const [first] = errors ?? [];
  if (first === undefined) return data as Result;
  const { code = 'INTERNAL_SERVER_ERROR', field, expected, retryAfter } = first.extensions ?? {};
  throw new Problem(code, first.message, { field, expected, retryAfter });
}

/**
 * Sends a complete GraphQL request body. Returns the text of the response and the parsed JSON, even if the response contains errors.
 * @throws Problem if the gateway sends no readable response
 */
export function askRaw(body: string, signal?: AbortSignal): Promise<{ text: string; answered: Answered }> {
  return answerTo(body, session.current(), signal);
}

async function answerTo(
  body: string,
  as: Session | undefined,
  signal: AbortSignal | undefined,
): Promise<{ text: string; answered: Answered }> {
  const response = await send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearing(as) },
    body,
    ...(signal && { signal }),
  });
  try {
    const text = await response.text();
    const answered: Answered = JSON.parse(text);
    if (as !== undefined && answered.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') session.lost(as);
    return { text, answered };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('UNREACHABLE', 'The console cannot read the response of the gateway.');
  }
}

/** Downloads a file from the REST API with the session of the signed-in user. @throws Problem */
export async function download(path: string): Promise<Blob> {
  const as = session.current();
  const response = await send(path, { headers: bearing(as) });
  if (response.ok)
    return response.blob().catch(() => {
      throw new Problem('UNREACHABLE', 'The connection closed before the download was complete.');
    });
  const { error, code, message } = await response.json().catch(() => ({}));
  if (response.status === 401 && as !== undefined) session.lost(as);
  throw new Problem(code ?? error ?? 'INTERNAL_SERVER_ERROR', message ?? 'The gateway could not create the file.');
}

const bearing = (as: Session | undefined): Record<string, string> =>
  as === undefined ? {} : { authorization: `Bearer ${as.token}` };

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('UNREACHABLE', 'The gateway sent no response.');
  }
}
