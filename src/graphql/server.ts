import { ApolloServer, type BaseContext, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { Incoming, Outgoing } from '../http/exchange.ts';
import { describe, redactor } from '../http/redacted-error.ts';
import { statusOf } from '../http/status.ts';
import { type Body, isRecord, plainly, readBody } from './body.ts';
import { createDocuments } from './documents.ts';
import { answerTo } from './executed.ts';
import {
  type CurrentRequest,
  createFormatError,
  currentRequest,
  EdgeError,
  type FormatError,
  inputsOf,
} from './format-error.ts';
import { inputChecks } from './input-checks.ts';
import { LIMITS, parseWithinLimits } from './limits.ts';
import { answerType, JSON_TYPE, RESPONSE_TYPE } from './media-types.ts';
import { mayNameOne, type RegisteredOperations, withOperation } from './registered-operations.ts';
import { schemaNames } from './schema-names.ts';

const MOST_ERRORS = 20;

export interface GraphQLServer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Answers `/graphql`. */
  handle(incoming: Incoming): Promise<Outgoing>;
}

export interface GraphQLServerOptions<C extends BaseContext> {
  readonly schema: GraphQLSchema;
  /**
   * Who asks, and with what services. A GatewayError refuses the whole request. Apollo Server copies the context, field by
   * field: it must be a plain object.
   */
  readonly contextFor: (incoming: Incoming) => Promise<C>;
  /** Whether the schema may be read, and suggestions made from it. */
  readonly introspection: boolean;
  /** Left out, there are none, and any is answered. */
  readonly operations?: RegisteredOperations;
  readonly log: Logger;
  /** Told the code of every error answered. */
  readonly onError?: (code: string) => void;
}

export function createGraphQLServer<C extends BaseContext>(options: GraphQLServerOptions<C>): GraphQLServer {
  const { schema, contextFor, introspection, operations, log, onError } = options;
  const names = schemaNames(schema);
  const documents = createDocuments(schema);
  const formatError = counting(createFormatError({ schema, introspection, log }), onError);
  const apollo = new ApolloServer<C>({
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
    logger: quietly(log, names),
    plugins: [
      inputChecks(schema),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });

  /** What must hold before Apollo Server reads the request, then the context. */
  async function admit(incoming: Incoming, body: Body): Promise<C> {
    if (answerType(incoming) === undefined) {
      // Apollo Server would find out only after it had executed the operation.
      throw new EdgeError('BAD_REQUEST', `Accept one of ${JSON_TYPE} and ${RESPONSE_TYPE}.`, { status: 406 });
    }
    if (body.problem) throw body.problem;
    const query = isRecord(body.json) ? body.json.query : (body.search?.get('query') ?? body.sent.query);
    if (typeof query === 'string' && query !== '' && !documents.has(query)) parseAdmissible(query);
    return contextFor(incoming);
  }

  /** The request with the text of the operation that it names by a hash. */
  function operationIn(incoming: Incoming, body: Body): Body | Promise<Body> {
    if (operations === undefined || !mayNameOne(incoming, body, operations)) return body;
    return withOperation(incoming, body, operations).catch((error) => {
      if (error instanceof GatewayError) return { ...body, problem: refused(error) };
      throw error;
    });
  }

  /** All there is to a request: first sights, GET, and whatever is wrong with one. */
  function byApollo(incoming: Incoming, body: Body, contextOf: () => Promise<C>): Promise<Outgoing> {
    return currentRequest.run(currentOf(incoming, body), async () => {
      const { status, headers, ...answer } = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: incoming.method,
          headers: headersFor(incoming),
          search: incoming.method === 'GET' ? `?${body.search ?? incoming.query}` : '',
          body: body.json,
        },
        context: () =>
          contextOf().catch((error) => {
            throw error instanceof GatewayError ? refused(error) : error;
          }),
      });
      return {
        status: status ?? 200,
        headers: Object.fromEntries(headers),
        body: answer.body.kind === 'complete' ? answer.body.string : answer.body.asyncIterator,
      };
    });
  }

  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    async handle(incoming) {
      const body = await operationIn(incoming, await readBody(incoming));
      const asked = incoming.method === 'POST' && !body.problem ? plainly(body.json) : undefined;
      const prepared = asked && documents.prepared(asked.query, asked.operationName);
      const type = answerType(incoming);
      if (prepared === undefined || type === undefined) return byApollo(incoming, body, () => admit(incoming, body));

      // The same again, with nothing left to find out but what comes with this request. Nothing is executed before all of it is in order.
      const context = contextFor(incoming);
      const known = await context.catch(() => undefined);
      const variables = asked?.variables ?? {};
      const { values, problems } = prepared.coerce(variables);
      if (known === undefined || problems.length > 0 || !prepared.isAffordable(values))
        return byApollo(incoming, body, () => context);
      const result = await prepared.execute(known, variables);
      if (result.errors === undefined) return answerTo(result, type, formatError);
      return currentRequest.run(currentOf(incoming, body), () => answerTo(result, type, formatError));
    },
  };
}

function currentOf({ requestId, headers }: Incoming, { sent }: Body): CurrentRequest {
  const { authorization = '', 'x-authorization': token = '' } = headers;
  const tokens = [authorization, String(token)].flatMap((text) => [text, text.replace(/^Bearer\s+/i, '')]);
  return { requestId, sent: { ...sent, tokens } };
}

/** No more than Apollo Server looks at: tokens do not travel with the request through it. */
function headersFor(incoming: Incoming): HeaderMap {
  const map = new HeaderMap();
  map.set('accept', answerType(incoming) ?? JSON_TYPE);
  for (const name of ['content-type', 'x-apollo-operation-name', 'apollo-require-preflight']) {
    const value = incoming.headers[name];
    if (value !== undefined) map.set(name, String(value));
  }
  return map;
}

function parseAdmissible(query: string): void {
  try {
    parseWithinLimits(query);
  } catch (error) {
    // One that is no GraphQL is Apollo Server's to refuse, which tells where.
    if (error instanceof EdgeError) throw error;
  }
}

function refused(error: GatewayError): GraphQLError {
  const headers = new HeaderMap();
  if (error.code === 'UNAUTHENTICATED') headers.set('www-authenticate', 'Bearer');
  const http = { status: statusOf(error), headers };
  return new GraphQLError(error.message, { originalError: error, extensions: { code: error.code, http } });
}

/** `format`, with the code of each error told on the way. */
function counting(format: FormatError, onError: (code: string) => void = () => {}): FormatError {
  return (formatted, error) => {
    const told = format(formatted, error);
    onError(String(told.extensions?.code));
    return told;
  };
}

/** Apollo Server's own words for the log. It puts messages of errors into them, and those may quote. */
function quietly(log: Logger, names: ReadonlySet<string>) {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) => {
    const current = currentRequest.getStore();
    const redact = redactor(current ? inputsOf(current, names) : []);
    if (message instanceof Error)
      log[level]({ requestId: current?.requestId, error: describe(message, redact) }, 'apollo');
    else log[level]({ requestId: current?.requestId }, redact(String(message).slice(0, 2_000)));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
