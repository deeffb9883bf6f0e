import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type ValueNode } from 'graphql';
import type { Logger } from 'pino';
import { BadInput, GatewayError, Unauthenticated } from '../errors.ts';
import { createRedactor, describeError } from '../http/redacted-error.ts';
import { argumentPath, writtenAt } from './argument-path.ts';
import { type CurrentRequest, currentRequest, inputsOf } from './current-request.ts';
import { EdgeError } from './edge-error.ts';
import { documentOf, isCallersError, libraryMessages } from './library-errors.ts';
import { ScalarProblem } from './scalars.ts';

/** Maximum number of log lines that report errors of one request. */
const MOST_LOGGED = 20;

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * Converts an error to the error that the caller receives. An error of the gateway keeps its code and message. If graphql-js or Apollo Server rejects
 * the request because of a mistake of the caller, `library-errors.ts` provides the message. Every other error becomes INTERNAL_SERVER_ERROR with the
 * request id, and the gateway logs the details.
 */
export function createFormatError(options: {
  schema: GraphQLSchema;
  /** The names in the schema, as `schemaNames` collects them. */
  names: ReadonlySet<string>;
  introspection: boolean;
  log: Logger;
}): FormatError {
  const { schema, names, introspection, log } = options;
  const messageFor = libraryMessages(schema, names, introspection);
  /** The kinds of errors of a request that are already logged. Several fields with the same error cause one log line. */
  const logged = new WeakMap<CurrentRequest, Set<string>>();

  return (formatted, error) => {
    const place = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    const answer = (message: string, extensions: Record<string, unknown>) => ({ message, ...place, extensions });

    const chain = [...causesOf(error)];
    const gatewayError = chain.find((cause) => cause instanceof GatewayError);
    if (gatewayError) {
      const { code, details } = gatewayError;
      const field = gatewayError.field === undefined ? undefined : writtenAt(schema, chain, gatewayError.field);
      if (code === 'UNAVAILABLE') record('warn', gatewayError, 'unavailable');
      if (code === 'INTERNAL_SERVER_ERROR') record('error', gatewayError, 'cannot decrypt a stored value');
      return answer(gatewayError.messageAt(field), {
        ...details,
        ...(gatewayError instanceof Unauthenticated && { reason: gatewayError.reason }),
        ...(field !== undefined && { field }),
        ...(gatewayError instanceof BadInput && { expected: gatewayError.expected }),
        code,
      });
    }

    const edgeError = chain.find((cause) => cause instanceof EdgeError);
    if (edgeError) return answer(edgeError.message, extensionsOf(edgeError));

    const code = String(formatted.extensions?.code);
    const problem = chain.find((cause) => cause instanceof ScalarProblem);
    if (problem && isCallersError(code)) {
      const field = argumentOf(chain);
      if (field === undefined) return answer(problem.message, { code: 'BAD_USER_INPUT' });
      return answer(`${field}: ${problem.message}`, { field, expected: problem.message, code: 'BAD_USER_INPUT' });
    }
    if (formatted.path === undefined && isCallersError(code))
      return answer(messageFor(formatted, chain.find(hasNodes)), { code });

    // During the execution of an operation, only one mistake of the caller causes a GraphQLError: the value of a variable is null, and the argument
    // does not allow null.
    const field = chain.at(-1) instanceof GraphQLError ? argumentOf(chain) : undefined;
    if (field !== undefined) {
      const extensions = { field, code: 'BAD_USER_INPUT' };
      return answer(messageFor({ message: '', extensions }, undefined), extensions);
    }

    record('error', chain.at(-1), 'unexpected error');
    const requestId = currentRequest.getStore()?.requestId;
    return answer('The gateway failed. The log of the gateway contains the details under the id of this request.', {
      code: 'INTERNAL_SERVER_ERROR',
      ...(requestId && { requestId }),
    });
  };

  /**
   * Returns the path of the argument whose value caused an error. Returns undefined if no argument caused the error, or if the path contains a name
   * that is not in the schema.
   */
  function argumentOf(chain: readonly unknown[]): string | undefined {
    const loc = chain.find(hasNodes)?.nodes?.[0]?.loc;
    if (loc === undefined) return undefined;
    const document = documentOf(loc.source);
    const isValue = (value: ValueNode) => value.loc?.start === loc.start;
    const path = argumentPath(document, isValue) ?? argumentPath(document, isValue, 'Directive');
    return path?.split('.').every((part) => /^\d+$/.test(part) || names.has(part)) ? path : undefined;
  }

  function record(level: 'warn' | 'error', error: unknown, message: string): void {
    const current = currentRequest.getStore();
    if (current && !isNew(current, `${message} ${kindOf(error)}`)) return;
    const redact = createRedactor(current ? inputsOf(current, names) : []);
    const details = error instanceof GatewayError ? error.details : undefined;
    log[level]({ requestId: current?.requestId, error: describeError(error, redact), ...details }, message);
  }

  function isNew(current: CurrentRequest, kind: string): boolean {
    const kinds = logged.get(current) ?? new Set();
    logged.set(current, kinds);
    return kinds.size < MOST_LOGGED && kinds.size < kinds.add(kind).size;
  }
}

/**
 * Returns the kind of an error: a string that consists of the error's name and messages. INVARIANT: the gateway never logs the kind, because the
 * messages can quote request input.
 */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
}

const hasNodes = (cause: unknown): cause is GraphQLError =>
  cause instanceof GraphQLError && cause.nodes?.[0]?.loc !== undefined;

function extensionsOf(error: GraphQLError): Record<string, unknown> {
  const { http: _, ...extensions } = error.extensions;
  return extensions;
}

/** Returns an error and its chain of original errors. The outermost error is the first item of the list. */
function* causesOf(error: unknown): Generator<unknown> {
  for (let link = error, depth = 0; link != null && depth < 10; depth++) {
    yield link;
    link = link instanceof GraphQLError ? link.originalError : undefined;
  }
}
