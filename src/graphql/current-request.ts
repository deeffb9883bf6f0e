import { AsyncLocalStorage } from 'node:async_hooks';
import { Lexer, Source, TokenKind } from 'graphql';
import type { SentMembers } from './body.ts';
import type { GraphQLRequest } from './routes.ts';

/**
 * The request during which an error occurred. `formatError` and the logger need the current request, because Apollo Server passes only the error to
 * these functions.
 */
export interface CurrentRequest {
  readonly requestId: string;
  /**
   * The document, variables and tokens of the request. If the gateway logs an unexpected error, the gateway removes the strings in these fields from
   * the log line.
   */
  readonly sent: SentMembers & { tokens: readonly string[] };
}

export const currentRequest = new AsyncLocalStorage<CurrentRequest>();

/** Runs `work` with `request` as the current request. */
export function withCurrentRequest<Result>(
  { incoming, body }: Pick<GraphQLRequest<unknown>, 'incoming' | 'body'>,
  work: () => Result,
): Result {
  const { requestId, headers } = incoming;
  const { authorization = '', 'x-authorization': token = '' } = headers;
  const tokens = [authorization, String(token)].flatMap((text) => [text, text.replace(/^Bearer\s+/i, '')]);
  return currentRequest.run({ requestId, sent: { ...body.sent, tokens } }, work);
}

/** Returns every text of a request: strings, numbers, and names that are not in the schema. */
export function* inputsOf({ sent }: CurrentRequest, schemaNames: ReadonlySet<string>): Generator<string> {
  yield* sent.tokens;
  if (typeof sent.operationName === 'string') yield sent.operationName;
  if (typeof sent.query === 'string') yield* literalsOf(sent.query, schemaNames);

  const open: unknown[] = [sent.variables];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') yield value;
    else if (typeof value === 'number') yield String(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (!schemaNames.has(key)) yield key;
        open.push(child);
      }
    }
  }
}

const KEYWORDS = new Set(['query', 'mutation', 'subscription', 'fragment', 'true', 'false', 'null']);

function* literalsOf(query: string, schemaNames: ReadonlySet<string>): Generator<string> {
  const lexer = new Lexer(new Source(query));
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (!token.value || token.kind === TokenKind.COMMENT) continue;
      if (token.kind !== TokenKind.NAME || !(schemaNames.has(token.value) || KEYWORDS.has(token.value)))
        yield token.value;
    }
  } catch {
    // If the document has a syntax error, the gateway removes the complete document from the log line.
    yield query;
  }
}
