import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { GatewayError } from '../errors.ts';
import { statusOf } from '../http/status.ts';

/**
 * An error that the gateway finds in a GraphQL request before the execution of the operation. INVARIANT: the message consists of constants, counts
 * and schema names. The message contains no request input.
 */
export class EdgeError extends GraphQLError {
  constructor(code: string, message: string, options: { status?: number; field?: string; expected?: string } = {}) {
    const { status = 400, ...details } = options;
    super(message, { extensions: { code, ...details, http: { status } } });
    this.name = 'EdgeError';
  }
}

/** Converts `error` to an error that rejects the complete request, with the HTTP status of `error`. */
export function rejection(error: GatewayError): GraphQLError {
  const headers = new HeaderMap();
  if (error.code === 'UNAUTHENTICATED') headers.set('www-authenticate', 'Bearer');
  const http = { status: statusOf(error), headers };
  return new GraphQLError(error.message, { originalError: error, extensions: { code: error.code, http } });
}
