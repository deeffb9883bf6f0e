import { AsyncLocalStorage } from 'node:async_hooks';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, Lexer, parse, Source, TokenKind } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError, Unauthenticated } from '../errors.ts';
import { describe, redactor } from '../http/redacted-error.ts';
import { argumentPath, writtenAt } from './argument-path.ts';
import { argumentAtFault, rephraseFor, schemaNames } from './messages.ts';
import { ScalarProblem } from './scalars.ts';

/** A refusal of this edge's own. Its message is made of constants, counts and names of the schema's: never of input. */
export class EdgeError extends GraphQLError {
  constructor(code: string, message: string, options: { status?: number; field?: string } = {}) {
    const { status = 400, field } = options;
    super(message, { extensions: { code, ...(field !== undefined && { field }), http: { status } } });
    this.name = 'EdgeError';
  }
}

/** The request whose errors are being formatted: Apollo Server passes an error alone. */
export interface CurrentRequest {
  readonly requestId: string;
  /** What the caller sent: document, variables, tokens. Read only when something unforeseen is logged. */
  readonly sent: { query?: unknown; variables?: unknown; operationName?: unknown; tokens: readonly string[] };
}

/** Lines that one request can bring into the log. */
const MOST_LOGGED = 20;

export const currentRequest = new AsyncLocalStorage<CurrentRequest>();

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Codes that graphql-js and Apollo Server give to what is the caller's to put right. */
const REQUEST_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PERSISTED_QUERY_NOT_FOUND',
]);

/**
 * What a caller is told of an error: an outcome of ours as it is, a fault in the request in words of ours, and anything else
 * as INTERNAL_SERVER_ERROR with the request's id, by which the log has it.
 */
export function createFormatError(options: {
  schema: GraphQLSchema;
  introspection: boolean;
  log: Logger;
}): FormatError {
  const { schema, introspection, log } = options;
  const rephrase = rephraseFor(schema, introspection);
  const names = schemaNames(schema);
  /** What was logged of a request, so that a hundred fields that fail alike are one line, and not a hundred times the work. */
  const logged = new WeakMap<CurrentRequest, Set<string>>();

  return (formatted, error) => {
    const where = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    const told = (message: string, extensions: Record<string, unknown>) => ({ message, ...where, extensions });

    const chain = [...originals(error)];
    const outcome = chain.find((link) => link instanceof GatewayError);
    if (outcome) {
      if (outcome.code === 'UNAVAILABLE') record('warn', outcome, 'not available');
      if (outcome.code === 'INTERNAL_SERVER_ERROR') record('error', outcome, 'stored value does not open');
      const field = outcome.field === undefined ? undefined : writtenAt(schema, chain, outcome.field);
      return told(outcome.messageAt(field), {
        ...outcome.details,
        ...(outcome instanceof Unauthenticated && { reason: outcome.reason }),
        ...(field !== undefined && { field }),
        code: outcome.code,
      });
    }

    const ours = chain.find((link) => link instanceof EdgeError);
    if (ours) return told(ours.message, extensionsOf(ours));

    const code = String(formatted.extensions?.code);
    const problem = chain.find((link) => link instanceof ScalarProblem);
    if (problem && REQUEST_CODES.has(code)) {
      const field = fieldOf(error);
      return told(problem.message, { ...(field !== undefined && { field }), code: 'BAD_USER_INPUT' });
    }
    if (formatted.path === undefined && REQUEST_CODES.has(code))
      return told(rephrase(formatted.message, code), { code });

    // A variable may turn out to be null only where a field takes it, which is the one fault of the caller's with a path.
    const argument = chain.at(-1) instanceof GraphQLError ? argumentAtFault(formatted.message) : undefined;
    if (argument !== undefined && names.has(argument)) {
      return told(rephrase(formatted.message, 'BAD_USER_INPUT'), { field: argument, code: 'BAD_USER_INPUT' });
    }

    record('error', chain.at(-1), 'unforeseen error');
    const requestId = currentRequest.getStore()?.requestId;
    return told('Something went wrong on our side.', {
      code: 'INTERNAL_SERVER_ERROR',
      ...(requestId && { requestId }),
    });
  };

  /** The argument in which a literal stands that a scalar refused. What the schema does not name is not named here either. */
  function fieldOf(error: unknown): string | undefined {
    const link = [...originals(error)].find((one) => one instanceof GraphQLError && one.nodes?.[0]?.loc !== undefined);
    const loc = (link as GraphQLError | undefined)?.nodes?.[0]?.loc;
    if (loc === undefined) return undefined;
    try {
      const path = argumentPath(parse(loc.source), (value) => value.loc?.start === loc.start);
      return path?.split('.').every((part) => /^\d+$/.test(part) || names.has(part)) ? path : undefined;
    } catch {
      return undefined;
    }
  }

  function record(level: 'warn' | 'error', error: unknown, message: string): void {
    const current = currentRequest.getStore();
    if (current && !isNew(current, `${message} ${kindOf(error)}`)) return;
    const redact = redactor(current ? inputsOf(current, names) : []);
    const details = error instanceof GatewayError ? error.details : undefined;
    log[level]({ requestId: current?.requestId, error: describe(error, redact), ...details }, message);
  }

  function isNew(current: CurrentRequest, what: string): boolean {
    const known = logged.get(current) ?? new Set();
    logged.set(current, known);
    return known.size < MOST_LOGGED && known.size < known.add(what).size;
  }
}

/** The same for errors that say the same. Never logged: it may quote. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
}

function extensionsOf(error: GraphQLError): Record<string, unknown> {
  const { http: _, ...extensions } = error.extensions;
  return extensions;
}

/** An error and what it was made from, outermost first. */
function* originals(error: unknown): Generator<unknown> {
  for (let link = error, depth = 0; link != null && depth < 10; depth++) {
    yield link;
    link = link instanceof GraphQLError ? link.originalError : undefined;
  }
}

/** Every text that came with a request: strings, numbers, keys and names that are not the schema's. */
export function* inputsOf({ sent }: CurrentRequest, known: ReadonlySet<string>): Generator<string> {
  yield* sent.tokens;
  if (typeof sent.operationName === 'string') yield sent.operationName;
  if (typeof sent.query === 'string') yield* literalsOf(sent.query, known);

  const open: unknown[] = [sent.variables];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') yield value;
    else if (typeof value === 'number') yield String(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (!known.has(key)) yield key;
        open.push(child);
      }
    }
  }
}

const KEYWORDS = new Set(['query', 'mutation', 'subscription', 'fragment', 'true', 'false', 'null']);

function* literalsOf(query: string, known: ReadonlySet<string>): Generator<string> {
  const lexer = new Lexer(new Source(query));
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (!token.value || token.kind === TokenKind.COMMENT) continue;
      if (token.kind !== TokenKind.NAME || !(known.has(token.value) || KEYWORDS.has(token.value))) yield token.value;
    }
  } catch {
    // Not to be read further: nothing of it was executed.
    yield query;
  }
}
