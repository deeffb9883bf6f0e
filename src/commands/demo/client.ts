import type { Sensitive } from '../../sensitive.ts';
import type { Json } from './pretty.ts';

/** What a gateway answered. */
export interface Answer {
  data: { [field: string]: Json } | null;
  errors: { message: string; path: Json; code: string }[];
}

/** Asks a gateway by GraphQL over HTTP, as any client does. @throws NoAnswer */
export type Ask = (query: string, variables: Record<string, Json>, token?: Sensitive) => Promise<Answer>;

/** What answered, if anything did, is no gateway. */
export class NoAnswer extends Error {}

const PATIENCE_MS = 30_000;

export function clientOf(url: string, signal?: AbortSignal): Ask {
  return async (query, variables, token) => {
    const until = [AbortSignal.timeout(PATIENCE_MS), ...(signal === undefined ? [] : [signal])];
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token.expose()}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any(until),
      redirect: 'error',
    }).catch((error: unknown) => {
      if (signal?.aborted) throw new NoAnswer('It was stopped.');
      throw new NoAnswer(`${url} does not answer: ${reasonOf(error)}.`);
    });
    const text = await response.text().catch(() => '');
    return answerFrom(parsed(text)) ?? fail(`${url} answered ${response.status} with something that is no GraphQL.`);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined if it has not the form of a GraphQL answer. */
function answerFrom(json: unknown): Answer | undefined {
  if (!isObject(json)) return undefined;
  const { data = null, errors = [] } = json;
  if (!(data === null || isObject(data)) || !Array.isArray(errors) || (data === null && errors.length === 0))
    return undefined;
  return {
    data: data as Answer['data'],
    errors: errors.map((error: unknown) => {
      const { message, path, extensions } = isObject(error) ? error : {};
      const code = isObject(extensions) ? extensions.code : undefined;
      return { message: String(message ?? ''), path: (path as Json) ?? null, code: String(code ?? '') };
    }),
  };
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function fail(message: string): never {
  throw new NoAnswer(message);
}

function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at.name === 'TimeoutError') return `nothing in ${PATIENCE_MS / 1_000} s`;
  }
  return error instanceof Error ? error.message : 'no reason was given';
}
