// Creates the GraphQL server: the routes, the document cache and the formatting of errors.
import type { BaseContext } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { Incoming, Outgoing } from '../http/exchange.ts';
import { apolloRoute } from './apollo-route.ts';
import { type Body, readBody } from './body.ts';
import { cachedRoute } from './cached-route.ts';
import { createDocumentCache } from './document-cache.ts';
import { rejection } from './edge-error.ts';
import { createFormatError, type FormatError } from './format-error.ts';
import { mayNameOperation, type RegisteredOperations, withOperation } from './registered-operations.ts';
import { answerByFirst } from './routes.ts';
import { schemaNames } from './schema-names.ts';

export interface GraphQLServer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Answers a request to `/graphql`. */
  handle(incoming: Incoming): Promise<Outgoing>;
}

export interface GraphQLServerOptions<C extends BaseContext> {
  readonly schema: GraphQLSchema;
  /**
   * Creates the context for the resolvers of a request. If the function throws a GatewayError, the gateway rejects the whole request. The context
   * must be a plain object, because Apollo Server copies the context field by field.
   */
  readonly contextFor: (incoming: Incoming) => Promise<C>;
  /** True if introspection is allowed. Callers can then read the schema, and error messages can contain parts of the schema. */
  readonly introspection: boolean;
  /** The registered operations. If `operations` is undefined, the gateway has no list of registered operations and executes every operation. */
  readonly operations?: RegisteredOperations;
  readonly log: Logger;
  /** A callback that receives the code of each error in a GraphQL answer. */
  readonly onError?: (code: string) => void;
}

export function createGraphQLServer<C extends BaseContext>(options: GraphQLServerOptions<C>): GraphQLServer {
  const { schema, contextFor, introspection, operations, log, onError } = options;
  const documents = createDocumentCache(schema);
  const names = schemaNames(schema);
  const formatError = counting(createFormatError({ schema, names, introspection, log }), onError);
  const apollo = apolloRoute<C>({ schema, names, documents, introspection, formatError, log });
  const routes = [cachedRoute<C>(documents, formatError), apollo];

  /** Reads the body of a request. If the body contains the hash of an operation, the function adds the text of the operation to the body. */
  async function bodyOf(incoming: Incoming): Promise<Body> {
    const body = await readBody(incoming);
    if (operations === undefined || !mayNameOperation(incoming, body, operations)) return body;
    try {
      const textOf = (hash: string) => incoming.budget.within(() => operations.textOf(hash));
      return await withOperation(incoming, body, { ...operations, textOf });
    } catch (error) {
      if (error instanceof GatewayError) return { ...body, problem: rejection(error) };
      throw error;
    }
  }

  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    async handle(incoming) {
      const body = await bodyOf(incoming);
      let context: Promise<C> | undefined;
      return answerByFirst(routes, { incoming, body, context: () => (context ??= contextFor(incoming)) });
    },
  };
}

/** Returns a function that formats an error by calling `format`, and calls `onError` with the error code. */
function counting(format: FormatError, onError: (code: string) => void = () => {}): FormatError {
  return (formatted, error) => {
    const answered = format(formatted, error);
    onError(String(answered.extensions?.code));
    return answered;
  };
}
