import { ApolloServer, type ApolloServerOptions, type BaseContext, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { Incoming, Outgoing } from '../http/exchange.ts';
import { createRedactor, describeError } from '../http/redacted-error.ts';
import { isRecord } from './body.ts';
import { currentRequest, inputsOf, withCurrentRequest } from './current-request.ts';
import type { DocumentCache } from './document-cache.ts';
import { EdgeError, rejection } from './edge-error.ts';
import type { FormatError } from './format-error.ts';
import { LIMITS, parseWithinLimits } from './limits.ts';
import { answerType, JSON_TYPE, RESPONSE_TYPE } from './media-types.ts';
import { preExecutionChecks } from './pre-execution-checks.ts';
import type { GraphQLRequest, Route } from './routes.ts';

const MOST_ERRORS = 20;

export interface ApolloRoute<Context> extends Route<Context> {
  start(): Promise<void>;
  stop(): Promise<void>;
  answer(request: GraphQLRequest<Context>): Promise<Outgoing>;
}

export interface ApolloRouteOptions {
  readonly schema: GraphQLSchema;
  /** The names in the schema, as `schemaNames` collects them. */
  readonly names: ReadonlySet<string>;
  readonly documents: DocumentCache;
  readonly introspection: boolean;
  readonly formatError: FormatError;
  readonly log: Logger;
}

/** The route that answers every request with Apollo Server. The route also adds each valid document to the document cache. */
export function apolloRoute<Context extends BaseContext>(options: ApolloRouteOptions): ApolloRoute<Context> {
  const { documents } = options;
  const apollo = new ApolloServer<Context>(apolloOptions(options));

  /** Checks the parts of a request that Apollo Server does not check, and returns the context for the resolvers. */
  async function admit({ incoming, body, context }: GraphQLRequest<Context>): Promise<Context> {
    if (answerType(incoming) === undefined) {
      // Apollo Server checks the header `accept` only after the execution of the operation.
      throw new EdgeError('BAD_REQUEST', `Header accept must allow ${JSON_TYPE} or ${RESPONSE_TYPE}.`, { status: 406 });
    }
    if (body.problem) throw body.problem;
    const query = isRecord(body.json) ? body.json.query : (body.search?.get('query') ?? body.sent.query);
    if (typeof query === 'string' && query !== '' && !documents.has(query)) requireLimits(query);
    try {
      return await context();
    } catch (error) {
      throw error instanceof GatewayError ? rejection(error) : error;
    }
  }

  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    answer: (request) =>
      withCurrentRequest(request, async () => {
        const { incoming, body } = request;
        const response = await apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest: {
            method: incoming.method,
            headers: headersFor(incoming),
            search: incoming.method === 'GET' ? `?${body.search ?? incoming.query}` : '',
            body: body.json,
          },
          context: () => admit(request),
        });
        return {
          status: response.status ?? 200,
          headers: Object.fromEntries(response.headers),
          body: response.body.kind === 'complete' ? response.body.string : response.body.asyncIterator,
        };
      }),
  };
}

function apolloOptions<Context extends BaseContext>({
  schema,
  names,
  documents,
  introspection,
  formatError,
  log,
}: ApolloRouteOptions): ApolloServerOptions<Context> {
  return {
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError,
    documentStore: documents,
    parseOptions: { maxTokens: LIMITS.tokens },
    validationOptions: { maxErrors: MOST_ERRORS },
    csrfPrevention: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: redactedLogger(log, names),
    plugins: [
      preExecutionChecks(schema),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  };
}

/** The headers that Apollo Server reads. INVARIANT: these headers contain no token. */
function headersFor(incoming: Incoming): HeaderMap {
  const map = new HeaderMap();
  map.set('accept', answerType(incoming) ?? JSON_TYPE);
  for (const name of ['content-type', 'x-apollo-operation-name', 'apollo-require-preflight']) {
    const value = incoming.headers[name];
    if (value !== undefined) map.set(name, String(value));
  }
  return map;
}

/** @throws EdgeError if the document exceeds a limit */
function requireLimits(query: string): void {
  try {
    parseWithinLimits(query);
  } catch (error) {
    // The gateway ignores a syntax error at this point, because Apollo Server reports syntax errors with their locations.
    if (error instanceof EdgeError) throw error;
  }
}

/**
 * A logger for Apollo Server that removes request input from log lines. Apollo Server logs error messages, and error messages can quote request
 * input.
 */
function redactedLogger(log: Logger, names: ReadonlySet<string>) {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) => {
    const current = currentRequest.getStore();
    const redact = createRedactor(current ? inputsOf(current, names) : []);
    if (message instanceof Error)
      log[level]({ requestId: current?.requestId, error: describeError(message, redact) }, 'apollo');
    else log[level]({ requestId: current?.requestId }, redact(String(message).slice(0, 2_000)));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
