import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import {
  ApolloServer,
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLResponse,
  HeaderMap,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { HttpError, type Incoming, type Outgoing } from '../http/exchange.ts';
import { statusOf } from '../http/status.ts';
import { describe, redactor } from '../http/unforeseen.ts';
import { parseJson } from '../json.ts';
import { argumentPath } from './argument-path.ts';
import { coerceVariables } from './coerce-variables.ts';
import { createDocuments } from './documents.ts';
import {
  type CurrentRequest,
  createFormatError,
  currentRequest,
  EdgeError,
  type FormatError,
  inputsOf,
} from './format-error.ts';
import { checkCost, LIMITS, parseWithinLimits } from './limits.ts';
import { schemaNames } from './messages.ts';

const BODY_BYTES = 1_048_576;
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
  readonly log: Logger;
  /** Told the code of every error answered. */
  readonly onError?: (code: string) => void;
}

export function createGraphQLServer<C extends BaseContext>(options: GraphQLServerOptions<C>): GraphQLServer {
  const { schema, contextFor, introspection, log, onError } = options;
  const names = schemaNames(schema);
  const documents = createDocuments(schema);
  const apollo = new ApolloServer<C>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError: counting(createFormatError({ schema, introspection, log }), onError),
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
    const { query } = body.sent;
    if (typeof query === 'string' && query !== '' && !documents.has(hash('sha256', query))) parseAdmissible(query);
    try {
      return await contextFor(incoming);
    } catch (error) {
      throw error instanceof GatewayError ? refused(error) : error;
    }
  }

  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    async handle(incoming) {
      const body = await read(incoming);
      const current: CurrentRequest = { requestId: incoming.requestId, sent: body.sent };
      return currentRequest.run(current, async () => {
        const {
          status,
          headers,
          body: answer,
        } = await apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest: {
            method: incoming.method,
            headers: headersFor(incoming),
            search: incoming.method === 'GET' ? `?${incoming.query}` : '',
            body: body.json,
          },
          context: () => admit(incoming, body),
        });
        return {
          status: status ?? 200,
          headers: Object.fromEntries(headers),
          body: answer.kind === 'complete' ? answer.string : answer.asyncIterator,
        };
      });
    },
  };
}

interface Body {
  readonly json: unknown;
  readonly problem: EdgeError | undefined;
  readonly sent: CurrentRequest['sent'];
}

/** Reads a request as far as JSON. What is wrong with it is told later, in the form that the caller accepts. */
async function read(incoming: Incoming): Promise<Body> {
  const { authorization = '', 'x-authorization': token = '' } = incoming.headers;
  const tokens = [authorization, String(token)].flatMap((text) => [text, text.replace(/^Bearer\s+/i, '')]);
  if (incoming.method === 'GET') {
    const { query } = incoming;
    const sent = { query: query.get('query'), variables: [...query.values()], operationName: undefined, tokens };
    return { json: undefined, problem: undefined, sent };
  }
  const bad = (problem: EdgeError): Body => ({ json: undefined, problem, sent: { tokens } });

  if (!acceptable(incoming.headers['content-type'])) {
    return bad(new EdgeError('BAD_REQUEST', 'Send application/json in UTF-8.', { status: 415 }));
  }
  try {
    const bytes = await incoming.readBody(BODY_BYTES);
    if (!isUtf8(bytes)) return bad(new EdgeError('BAD_REQUEST', 'The body is not UTF-8.'));
    const json: unknown = parseJson(bytes.toString('utf8'));
    const { query, variables, operationName } = (json ?? {}) as Record<string, unknown>;
    // Some clients send an empty name for none.
    if (operationName === '') delete (json as Record<string, unknown>).operationName;
    return { json, problem: undefined, sent: { query, variables, operationName, tokens } };
  } catch (error) {
    if (error instanceof HttpError) return bad(new EdgeError(error.code, error.message, { status: error.status }));
    // JSON.parse quotes what it could not read.
    return bad(new EdgeError('BAD_REQUEST', 'The body is not JSON.'));
  }
}

function acceptable(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== 'application/json') return false;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return charset === undefined || /^"?utf-?8"?$/.test(charset);
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

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/** The one of our two media types that the caller likes best; undefined if it likes neither. */
function answerType({ headers: { accept } }: Incoming): string | undefined {
  if (accept === undefined || accept.trim() === '') return JSON_TYPE;
  let best: string | undefined;
  let bestQuality = 0;
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    const type = name === '*/*' || name === 'application/*' ? JSON_TYPE : name;
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if ((type === JSON_TYPE || type === RESPONSE_TYPE) && quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  return best;
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

/** Variables and cost, once the operation is known. Each problem has its place; nothing was executed. */
function inputChecks<C extends BaseContext>(schema: GraphQLSchema): ApolloServerPlugin<C> {
  const check: ApolloServerPlugin<C>['requestDidStart'] = async () => ({
    async responseForOperation({ operation, document, request }) {
      if (!operation) return null;
      if (!schema.getRootType(operation.operation)) {
        return answer([problem('BAD_REQUEST', `There are no ${operation.operation}s here.`)]);
      }
      const placeOf = (variable: string) =>
        argumentPath(document, (value) => value.kind === Kind.VARIABLE && value.name.value === variable) ?? variable;
      const { values, problems } = coerceVariables(schema, operation, request.variables ?? {}, placeOf);
      if (problems.length > 0) {
        return answer(
          problems.map(({ field, expected, line, column }) => ({
            ...problem('BAD_USER_INPUT', `${field}: ${expected}`, field),
            locations: [{ line, column }],
          })),
        );
      }
      const tooMuch = checkCost(schema, document, operation, values);
      if (!tooMuch) return null;
      const { code, field } = tooMuch.extensions as { code: string; field?: string };
      return answer([problem(code, tooMuch.message, field)]);
    },
  });
  return { requestDidStart: check };
}

interface Problem {
  readonly message: string;
  readonly locations?: readonly { line: number; column: number }[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

const problem = (code: string, message: string, field?: string): Problem => ({
  message,
  extensions: { ...(field !== undefined && { field }), code },
});

const answer = (errors: readonly Problem[]): GraphQLResponse => ({
  http: { status: 400, headers: new HeaderMap() },
  body: { kind: 'single', singleResult: { errors: [...errors] } },
});

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
