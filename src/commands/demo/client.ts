import type { Sensitive } from '../../sensitive.ts';
import type { Json } from './pretty.ts';

/** The answer of a gateway to a GraphQL request. */
export interface Answer {
  data: { [field: string]: Json } | null;
  errors: { message: string; path: Json; code: string }[];
}

/** Sends a GraphQL request over HTTP. @throws NoUsableAnswer */
export type Ask = (query: string, variables: Record<string, Json>, token?: Sensitive) => Promise<Answer>;

/** An error: the server did not answer, or the server is not a gateway. */
export class NoUsableAnswer extends Error {}

const TIMEOUT_MS = 30_000;

export function clientOf(url: string, signal?: AbortSignal): Ask {
  return async (query, variables, token) => {
    const until = [AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
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
      if (signal?.aborted) throw new NoUsableAnswer('The demo was stopped.');
      throw new NoUsableAnswer(`${url} did not answer: ${reasonOf(error)}.`);
    });
    const text = await response.text().catch(() => '');
    return answerFrom(parsed(text)) ?? fail(`${url} sent an answer (HTTP ${response.status}) that is not GraphQL.`);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Converts JSON to a GraphQL answer. Returns undefined if `json` is not a GraphQL answer. */
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
  throw new NoUsableAnswer(message);
}

function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  }
  return error instanceof Error ? error.message : 'unknown reason';
}
