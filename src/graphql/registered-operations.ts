// Clients send the SHA-256 hash of a registered operation in place of its text. The protocol is the protocol of Apollo's persisted queries. With the
// setting OPERATIONS=registered, the gateway rejects all other operations.
import { hash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import type { Incoming } from '../http/exchange.ts';
import { type Body, isRecord } from './body.ts';
import { EdgeError } from './edge-error.ts';

export interface RegisteredOperations {
  /** Returns the text of the operation with this SHA-256 hash in hexadecimal. Returns undefined if no operation has this hash. @throws Unavailable */
  readonly textOf: (hash: string) => Promise<string | undefined>;
  /** True if the gateway rejects all operations that are not registered. */
  readonly only: boolean;
}

const HASH = /^[0-9a-f]{64}$/;

/** Returns whether `withOperation` can change the body. The result is false for most requests, because most requests contain the text of an operation. */
export function mayNameOperation(
  { method, search }: Incoming,
  { json }: Body,
  { only }: RegisteredOperations,
): boolean {
  return only || (method === 'GET' ? search.includes('extensions=') : isRecord(json) && json.extensions != null);
}

/**
 * If the request contains the hash of an operation, the function adds the text of the operation to the body. If no operation with this hash is
 * registered, the function adds a problem to the body. @throws Unavailable
 */
export async function withOperation(incoming: Incoming, body: Body, operations: RegisteredOperations): Promise<Body> {
  if (body.problem) return body;
  const sent = incoming.method === 'GET' ? parametersOf(incoming.query) : body.json;
  if (!isRecord(sent)) return body;
  const { query, extensions } = sent;
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted == null) {
    // Apollo Server rejects a `query` that is not a string.
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
  if (version !== 1) return new EdgeError('BAD_REQUEST', '`persistedQuery.version` must be 1.');
  const registered = typeof sha256Hash === 'string' && HASH.test(sha256Hash) ? await textOf(sha256Hash) : undefined;
  if (query == null || query === '') {
    // A client compares this message with the message of Apollo Server. If both messages are equal, the client repeats the request with the text of
    // the operation.
    return registered ?? new EdgeError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', { status: 200 });
  }
  if (typeof query !== 'string' || hash('sha256', query) !== sha256Hash)
    return new EdgeError('BAD_REQUEST', '`persistedQuery.sha256Hash` must be the SHA-256 of `query`.');
  return only && registered === undefined ? notRegistered() : query;
}

const notRegistered = () =>
  new EdgeError(
    'OPERATION_NOT_REGISTERED',
    'The gateway allows only registered operations, and this operation is not registered.',
    { status: 403 },
  );

/** Returns the parameters `query` and `extensions` of a GET request. Apollo Server rejects `extensions` that are not JSON. */
function parametersOf(search: URLSearchParams): unknown {
  const query = search.get('query') ?? undefined;
  try {
    return { query, extensions: JSON.parse(search.get('extensions') ?? 'null') };
  } catch {
    return { query };
  }
}
