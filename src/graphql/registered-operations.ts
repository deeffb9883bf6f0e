// Operations that a client names by the SHA-256 of their text, in the way that Apollo's clients do, and the setting that admits no others.
import { hash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import type { Incoming } from '../http/exchange.ts';
import { type Body, isRecord } from './body.ts';
import { EdgeError } from './format-error.ts';

export interface RegisteredOperations {
  /** By SHA-256 in hex; undefined if there is none. @throws Unavailable */
  readonly textOf: (hash: string) => Promise<string | undefined>;
  /** Whether no others are answered. */
  readonly only: boolean;
}

const HASH = /^[0-9a-f]{64}$/;

/** Whether there is anything to look for in a request: most have their text, and may. */
export function mayNameOne({ method, search }: Incoming, { json }: Body, { only }: RegisteredOperations): boolean {
  return only || (method === 'GET' ? search.includes('extensions=') : isRecord(json) && json.extensions != null);
}

/** The body with the text of the operation that it names, or with what is wrong with that. @throws Unavailable */
export async function withOperation(incoming: Incoming, body: Body, operations: RegisteredOperations): Promise<Body> {
  if (body.problem) return body;
  const sent = incoming.method === 'GET' ? parametersOf(incoming.query) : body.json;
  if (!isRecord(sent)) return body;
  const { query, extensions } = sent;
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted == null) {
    // What is no text is refused for that.
    if (!operations.only || typeof query !== 'string' || query === '') return body;
    return (await operations.textOf(hash('sha256', query))) === undefined
      ? { ...body, problem: notRegistered() }
      : body;
  }

  const text = await textOf(persisted, query, operations);
  if (typeof text !== 'string') return { ...body, problem: text };
  const { extensions: _, ...others } = sent;
  if (incoming.method !== 'GET') return { ...body, json: { ...others, query: text } };
  const search = new URLSearchParams(incoming.query);
  search.set('query', text);
  search.delete('extensions');
  return { ...body, search };
}

async function textOf(
  persisted: unknown,
  query: unknown,
  { textOf, only }: RegisteredOperations,
): Promise<string | GraphQLError> {
  const { version, sha256Hash } = isRecord(persisted) ? persisted : {};
  if (version !== 1) return new EdgeError('BAD_REQUEST', 'Persisted queries are of version 1 here.');
  const known = typeof sha256Hash === 'string' && HASH.test(sha256Hash) ? await textOf(sha256Hash) : undefined;
  if (query == null || query === '') {
    // In the words that clients look for, which send the text then.
    return known ?? new EdgeError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', { status: 200 });
  }
  if (typeof query !== 'string' || hash('sha256', query) !== sha256Hash)
    return new EdgeError('BAD_REQUEST', 'The hash is not that of the query.');
  return only && known === undefined ? notRegistered() : query;
}

const notRegistered = () =>
  new EdgeError('OPERATION_NOT_REGISTERED', 'Only registered operations are answered here.', { status: 403 });

/** `query` and `extensions` of a GET; what is no JSON is Apollo Server's to refuse. */
function parametersOf(search: URLSearchParams): unknown {
  const query = search.get('query') ?? undefined;
  try {
    return { query, extensions: JSON.parse(search.get('extensions') ?? 'null') };
  } catch {
    return { query };
  }
}
