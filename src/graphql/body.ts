import { isUtf8 } from 'node:buffer';
import type { GraphQLError } from 'graphql';
import { HttpError, type Incoming } from '../http/exchange.ts';
import { parseJson, withoutMark } from '../primitives/json.ts';
import { type CurrentRequest, EdgeError } from './format-error.ts';

const BODY_BYTES = 1_048_576;

export interface Body {
  readonly json: unknown;
  readonly problem: GraphQLError | undefined;
  /** The parameters of a GET, where they are not those that were sent. */
  readonly search?: URLSearchParams;
  /** What the caller sent, as far as it was read. */
  readonly sent: Omit<CurrentRequest['sent'], 'tokens'>;
}

/** Reads a request as far as JSON. What is wrong with it is told later, in the form that the caller accepts. */
export async function readBody(incoming: Incoming): Promise<Body> {
  if (incoming.method === 'GET') {
    const { query } = incoming;
    const sent = { query: query.get('query'), variables: [...query.values()] };
    return { json: undefined, problem: undefined, sent };
  }
  const bad = (problem: EdgeError): Body => ({ json: undefined, problem, sent: {} });

  if (!acceptable(incoming.headers['content-type'])) {
    return bad(new EdgeError('BAD_REQUEST', 'Send application/json in UTF-8.', { status: 415 }));
  }
  try {
    const bytes = await incoming.readBody(BODY_BYTES);
    if (!isUtf8(bytes)) return bad(new EdgeError('BAD_REQUEST', 'The body is not UTF-8.'));
    const json: unknown = parseJson(withoutMark(bytes.toString('utf8')));
    const { query, variables, operationName } = (json ?? {}) as Record<string, unknown>;
    // Some clients send an empty name for none.
    if (operationName === '') delete (json as Record<string, unknown>).operationName;
    return { json, problem: undefined, sent: { query, variables, operationName } };
  } catch (error) {
    if (error instanceof HttpError) return bad(new EdgeError(error.code, error.message, { status: error.status }));
    // JSON.parse quotes what it could not read.
    return bad(new EdgeError('BAD_REQUEST', 'The body is not JSON.'));
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

/** A request for an operation, with nothing about it that is out of the ordinary. */
export interface Asked {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Undefined for what is not to be answered without a closer look. */
export function plainly(json: unknown): Asked | undefined {
  if (!isRecord(json)) return undefined;
  const { query, variables = null, operationName = null, extensions = null } = json;
  if (typeof query !== 'string' || query === '') return undefined;
  // Clients tell there what they are, and that is theirs to say: nothing but a persisted query is read.
  if (extensions !== null && (!isRecord(extensions) || extensions.persistedQuery)) return undefined;
  if (variables !== null && !isRecord(variables)) return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
