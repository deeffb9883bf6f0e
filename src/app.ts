// Wires everything, once. Read it second, after schema.graphql.
import type { Logger } from 'pino';
import { simulationTurns } from './access-audit/simulation/simulation-queue.ts';
import type { AuditStream } from './audit/audit-stream.ts';
import { logVerifier } from './audit/audit-verification.ts';
import type { Config } from './config.ts';
import type { Keyring } from './crypto/keyring.ts';
import type { Database } from './database/client.ts';
import { GatewayError } from './errors.ts';
import type { Context } from './graphql/context.ts';
import { loadSchema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/server.ts';
import { consoleRoutes } from './http/console.ts';
import type { Incoming, Route } from './http/exchange.ts';
import { healthRoutes } from './http/health.ts';
import { createHttpServer } from './http/http-server.ts';
import { createMetrics, type MetricsSnapshot } from './http/metrics.ts';
import { createUpstream, type ForwardOptions } from './http/upstream.ts';
import { authenticator } from './identity/authenticate.ts';
import { signIn } from './identity/sign-in.ts';
import { signingKeys } from './identity/signing-keys.ts';
import { createThrottle } from './identity/throttle.ts';
import { type PatientThrottle, patient } from './identity/waiting-throttle.ts';
import { consoleOperations } from './operations/console-operations.ts';
import { registeredTexts } from './operations/registered-texts.ts';
import type { Clock } from './primitives/clock.ts';
import { outsideId } from './primitives/ids.ts';
import { entitlementCache } from './principals/entitlement-cache.ts';
import { apiDocs } from './rest/openapi.ts';
import { restApi } from './rest/rest-api.ts';
import { namedSecrets } from './secrets/named-secrets.ts';
import { secretValues } from './secrets/secret-values.ts';
import type { Outside, Services } from './session/services.ts';
import { type Asker, askerFor } from './session/session.ts';

/** The parts of a worker process that the primary process keeps for all of them. */
export interface Shared {
  throttle: PatientThrottle;
  /** Metrics of all worker processes together, in Prometheus' text format. */
  metricsOfAll(): Promise<string>;
  /** Sets the function that the primary process calls for the metrics of this process. */
  tellsMetrics(snapshot: () => Promise<MetricsSnapshot>): void;
}

export interface AppOptions {
  database: Database;
  /** The audit log of this process. */
  stream: AuditStream;
  keyring: Keyring;
  clock: Clock;
  log: Logger;
  /** Seconds. */
  tokenTtl: number;
  introspection: boolean;
  operations: Config['operations'];
  trustedProxies: readonly string[];
  /** The web console. */
  console: Config['console'];
  /** The server that answers for what is not the gateway's own below `/api`. */
  conductor: Config['conductor'];
  /** What it has with other processes behind its port. */
  shared?: Shared | undefined;
}

export interface App {
  /** Resolves the port in use. */
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting and finishes what it began, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export async function createApp({
  database,
  stream,
  keyring,
  clock,
  log,
  tokenTtl,
  introspection,
  operations,
  trustedProxies,
  console,
  conductor,
  shared,
}: AppOptions): Promise<App> {
  const known = entitlementCache({ database, keyring, clock });
  const named = namedSecrets({ database, entitlementCache: known, clock });
  const verifyLog = logVerifier({ database, keyring });
  const simulating = simulationTurns();
  const values = secretValues(keyring);
  const outside: Outside = { database, named, stream, verifyLog, simulating, keyring, clock, values };
  const keys = signingKeys({ database, keyring, clock, tokenTtl, log });
  const authenticate = authenticator({ keys, clock });
  const signingIn = signIn({
    database,
    stream,
    keys,
    keyring,
    throttle: shared?.throttle ?? patient(createThrottle({ clock })),
    clock,
    tokenTtl,
  });

  /** Whoever asks. @throws Unauthenticated, Unavailable */
  const askerOf = async (incoming: Incoming): Promise<Asker> => {
    const { requestId, address, headers } = incoming;
    const { authorization } = headers;
    const xAuthorization = headerOf(incoming, 'x-authorization');
    const bearer = await authenticate({ requestId, address, authorization, xAuthorization });
    const onKnown = (id: string) => {
      incoming.principal = id;
    };
    return askerFor(bearer, { entitlementCache: known, outside, onKnown });
  };

  /** What comes of finding out who asks is told when it matters, since signing in needs no token. */
  const contextFor = async (incoming: Incoming): Promise<Context> => {
    const { requestId, address, method } = incoming;
    const asker = await askerOf(incoming).catch(gatewayError);
    let services: Services | GatewayError | undefined;
    let finding: Promise<void> | undefined;
    const asAtPresent = async () => {
      services = asker instanceof GatewayError ? asker : await asker.services().catch(gatewayError);
    };
    const early: Context['early'] = async (work) => {
      if (asker instanceof GatewayError) throw asker;
      return asker.early(work);
    };
    return {
      requestId,
      address,
      method,
      signIn: signingIn,
      signedIn: () => {
        if (services === undefined) throw new Error('Who asks was not found out.');
        if (services instanceof GatewayError) throw services;
        return services;
      },
      found: () => (finding ??= asAtPresent()),
      asAtPresent,
      early,
      async secretNamed(name, toReveal) {
        const secret = await early(({ secretReader }) => secretReader.find(name, toReveal));
        if (secret?.entitlements && !(asker instanceof GatewayError))
          services = asker.servicesAsOf(secret.entitlements);
        return secret;
      },
      signedInBy: new Map(),
      async servicesOf(token: string): Promise<Services> {
        const authorization = `Bearer ${token}`;
        const bearer = await authenticate({ requestId, address, authorization, xAuthorization: undefined });
        return askerFor(bearer, { entitlementCache: known, outside, onKnown: () => {} }).services();
      },
    };
  };

  const metrics = createMetrics(shared?.metricsOfAll);
  shared?.tellsMetrics(metrics.snapshot);
  const errors = metrics.counter({
    name: 'graphql_errors_total',
    help: 'Errors in answers of /graphql, by code.',
    labelNames: ['code'],
  });
  metrics.counter({
    name: 'database_statements_total',
    help: 'Statements sent to the database.',
    collect() {
      this.reset();
      this.inc(database.statements());
    },
  });
  const registered = registeredTexts({ database, clock });
  const ofConsole = console === 'off' ? undefined : consoleOperations();
  const graphql = createGraphQLServer({
    schema: loadSchema(),
    contextFor,
    introspection,
    operations: { textOf: async (hash) => ofConsole?.get(hash) ?? registered(hash), only: operations === 'registered' },
    log,
    onError: (code) => errors.inc({ code }),
  });
  await graphql.start();
  const ready = async () => {
    try {
      await database.query('SELECT epoch FROM access_epoch');
      return { ok: true };
    } catch {
      return { ok: false, reason: 'the database does not answer' };
    }
  };
  const upstream = conductor && createUpstream({ ...conductor, log, clock });
  const forward =
    upstream &&
    ((incoming: Incoming, { authorizer: { entitlements } }: Services, options?: ForwardOptions) =>
      upstream.forward(
        incoming,
        { id: outsideId(entitlements.kind, entitlements.id), name: entitlements.name },
        options,
      ));
  const routes: Route[] = [
    { path: '/graphql', methods: { GET: graphql.handle, POST: graphql.handle } },
    ...restApi({ askerOf, signIn: signingIn, forward }),
    apiDocs(),
    { path: '/.well-known/jwks.json', methods: { GET: async () => json(await keys.jwks()) } },
    ...healthRoutes({ ready, metrics }),
    ...(console === 'off' ? [] : consoleRoutes({ explorer: console === 'explorer' })),
  ];
  const http = createHttpServer({ routes, log, metrics, trustedProxies });

  return {
    listen: (host, port) => http.listen(host, port),
    async close(graceMs) {
      await http.close({ graceMs });
      await graphql.stop();
      await upstream?.close();
    },
  };
}

/** What a caller can be told; all else is thrown. */
function gatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  throw error;
}

function headerOf(incoming: Incoming, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function json(body: unknown) {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}
