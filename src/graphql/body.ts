import { isUtf8 } from 'node:buffer';
import type { GraphQLError } from 'graphql';
import { HttpError, type Incoming } from '../http/exchange.ts';
import { parseJson, withoutMark } from '../primitives/json.ts';
import { EdgeError } from './edge-error.ts';

const BODY_BYTES = 1_048_576;

/** The unchecked JSON fields of a GraphQL request. The value of each field can be of any JSON type. */
export interface SentMembers {
  query?: unknown;
  variables?: unknown;
  operationName?: unknown;
}

export interface Body {
  readonly json: unknown;
  readonly problem: GraphQLError | undefined;
  /** The URL parameters that replace the parameters of a GET request. The field is undefined if the gateway replaced no parameters. */
  readonly search?: URLSearchParams;
  /** The JSON fields of a GraphQL request. */
  readonly sent: SentMembers;
}

/**
 * Reads and parses the body of a request. The field `problem` contains the first error in the body. The gateway sends this error after it chose a
 * media type that the caller accepts.
 */
export async function readBody(incoming: Incoming): Promise<Body> {
  if (incoming.method === 'GET') {
    const { query } = incoming;
    const sent = { query: query.get('query'), variables: [...query.values()] };
    return { json: undefined, problem: undefined, sent };
  }
  const bad = (problem: EdgeError): Body => ({ json: undefined, problem, sent: {} });

  if (!acceptable(incoming.headers['content-type'])) {
    return bad(new EdgeError('BAD_REQUEST', 'Content-type must be application/json in UTF-8.', { status: 415 }));
  }
  try {
    const bytes = await incoming.readBody(BODY_BYTES);
    if (!isUtf8(bytes)) return bad(new EdgeError('BAD_REQUEST', 'The request body is not valid UTF-8.'));
    const json: unknown = parseJson(withoutMark(bytes.toString('utf8')));
    const { query, variables, operationName } = (json ?? {}) as Record<string, unknown>;
    // Some clients send an empty operation name if the operation has no name.
    if (operationName === '') delete (json as Record<string, unknown>).operationName;
    return { json, problem: undefined, sent: { query, variables, operationName } };
  } catch (error) {
    if (error instanceof HttpError) return bad(new EdgeError(error.code, error.message, { status: error.status }));
    // The error message of JSON.parse quotes the body. The gateway therefore uses a constant message.
    return bad(new EdgeError('BAD_REQUEST', 'The request body is not valid JSON.'));
  }
}

function acceptable(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== 'application/json') return false;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return charset === undefined || /^"?utf-?8"?$/.test(charset);
}

/** The JSON fields of a GraphQL request that contains the text of an operation. */
export interface PlainOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Returns the JSON fields of a request. Returns undefined if a field has a wrong type, or if the request names a persisted query. */
export function plainOperation(json: unknown): PlainOperation | undefined {
  if (!isRecord(json)) return undefined;
  const { query, variables = null, operationName = null, extensions = null } = json;
  if (typeof query !== 'string' || query === '') return undefined;
  // Some clients send their own name in `extensions`. The gateway reads only `extensions.persistedQuery`.
  if (extensions !== null && (!isRecord(extensions) || extensions.persistedQuery)) return undefined;
  if (variables !== null && !isRecord(variables)) return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
