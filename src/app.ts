// Builds the parts of one gateway process and connects them. Read this file second, after schema.graphql.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { simulationQueues } from './access-audit/simulation/simulation-queue.ts';
import type { AuditStream } from './audit/audit-stream.ts';
import { logVerifier } from './audit/audit-verification.ts';
import type { Forwarding } from './audit/sinks/forwarding.ts';
import { tracedStream } from './audit/traced-stream.ts';
import { engineDefinitions } from './conductor/engine-definitions.ts';
import { engineTasks } from './conductor/engine-tasks.ts';
import { registeredDefinitions } from './conductor/registered-definition.ts';
import type { Config } from './config.ts';
import type { Keyring } from './crypto/keyring.ts';
import type { Database } from './database/client.ts';
import { contextFor } from './graphql/context.ts';
import { loadSchema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/server.ts';
import { consoleRoutes } from './http/console.ts';
import type { Route } from './http/exchange.ts';
import { gatewayReadiness, healthRoutes } from './http/health.ts';
import { createHttpServer } from './http/http-server.ts';
import {
  countDescriptorShortages,
  countSetBacks,
  countStatements,
  createMetrics,
  graphqlErrorCounter,
  type MetricsSnapshot,
  measureSinks,
  showClockDifference,
} from './http/metrics.ts';
import { tracedUpstream } from './http/traced-upstream.ts';
import { createUpstream } from './http/upstream.ts';
import { authenticator } from './identity/authenticate.ts';
import { signIn } from './identity/sign-in.ts';
import { jwksRoute, signingKeys } from './identity/signing-keys.ts';
import { createThrottle } from './identity/throttle.ts';
import { type WaitingThrottle, waitingThrottle } from './identity/waiting-throttle.ts';
import { operationTexts } from './operations/registered-texts.ts';
import type { Clock } from './primitives/clock.ts';
import { entitlementCache } from './principals/entitlement-cache.ts';
import { tracedEntitlements } from './principals/traced-entitlements.ts';
import { UI_ROUTES, uiPort } from './rest/conductor/ui-port.ts';
import { apiDocs } from './rest/openapi.ts';
import { restApi } from './rest/rest-api.ts';
import { namedSecrets } from './secrets/named-secrets.ts';
import { secretValues } from './secrets/secret-values.ts';
import { tracedValues } from './secrets/traced-values.ts';
import { sessions } from './session/session.ts';
import type { Telemetry } from './telemetry/start.ts';
import { type Tracer, tracer } from './telemetry/tracer.ts';

/** The methods with which one worker process uses the state that all worker processes share. The primary process stores this state. */
export interface SharedState {
  throttle: WaitingThrottle;
  /** Returns the combined metrics of all worker processes, in Prometheus' text format. */
  allMetrics(): Promise<string>;
  /** Sets the function that the primary process calls for the metrics of this process. */
  provideMetrics(snapshot: () => Promise<MetricsSnapshot>): void;
}

export interface AppOptions {
  database: Database;
  /** The audit log of this process. */
  stream: AuditStream;
  keyring: Keyring;
  clock: Clock;
  log: Logger;
  /** The lifetime of tokens, in seconds. */
  tokenTtl: number;
  introspection: boolean;
  operations: Config['operations'];
  trustedProxies: readonly string[];
  /** Whether the gateway serves the web console, and whether the console has the API explorer. */
  console: Config['console'];
  /** The Conductor server. The gateway forwards requests below `/api` to this server, unless the path is one of the gateway's own REST paths. */
  conductor: Config['conductor'];
  /** Whether `/readyz` requires a database server that commits to a synchronous standby. */
  requireSynchronous?: boolean;
  /** The time in seconds that a request waits, in all, for the database and for turns. Undefined: this time has no limit. */
  requestTimeout?: number;
  /** The results of checks that run apart from requests, for the metrics. */
  checks?: { descriptorShortages(): number; clockDifference(): number | undefined };
  /** Sends audit events to the audit sinks, for the metrics. Undefined if this process has no sinks. */
  forwarding?: Pick<Forwarding, 'status' | 'skipped'> | undefined;
  /** Undefined if the gateway exports no traces and metrics. */
  telemetry?: Telemetry | undefined;
  /** The parts that this process shares with other processes behind the same port. */
  shared?: SharedState | undefined;
}

export interface App {
  /** Begins to accept connections. The promise resolves with the port number. */
  listen(host: string, port: number): Promise<number>;
  /** Begins to accept connections for the Conductor server's web interface. Resolves with the port. */
  listenForUi(host: string, port: number): Promise<number>;
  /**
   * Makes `/readyz` answer 503, and closes each connection after its next answer, so that a load balancer chooses other gateways. Resolves after `ms`
   * milliseconds. The gateway answers requests during this time.
   */
  drain(ms: number): Promise<void>;
  /** Stops accepting connections, and waits at most `graceMs` for requests to finish. */
  close(graceMs: number): Promise<void>;
}

/** How long the gateway caches the workflow definition of an execution. A person can restart an execution with a newer workflow definition. */
const EXECUTION_MS = 5_000;

/** Builds the HTTP server of one process with all its parts. */
export async function createApp(options: AppOptions): Promise<App> {
  const { database, keyring, clock, log, tokenTtl, introspection, operations, shared } = options;
  /** Adds spans to a part of the gateway. Without telemetry, returns the same part. */
  const traced = <T>(part: T, add: (part: T, by: Tracer) => T): T => (tracer === undefined ? part : add(part, tracer));
  const stream = traced(options.stream, tracedStream);
  const keys = signingKeys({ database, keyring, clock, tokenTtl, log });
  const throttle = shared?.throttle ?? waitingThrottle(createThrottle({ clock }));
  const signingIn = signIn({ database, stream, keys, keyring, throttle, clock, tokenTtl });
  const entitlements = traced(entitlementCache({ database, keyring, clock }), tracedEntitlements);
  const upstream = options.conductor && traced(createUpstream({ ...options.conductor, log, clock }), tracedUpstream);
  const conductor = upstream && { forward: upstream.forward, tasks: engineTasks(upstream) };
  const sessionsOfRequests = sessions({
    database,
    stream,
    keyring,
    clock,
    values: traced(secretValues(keyring), tracedValues),
    named: namedSecrets({ database, entitlementCache: entitlements, clock }),
    entitlementCache: entitlements,
    definitions:
      upstream &&
      registeredDefinitions(engineDefinitions(upstream), { unregistered: 'refuse', executionMs: EXECUTION_MS }),
    tasks: conductor?.tasks,
    authenticate: authenticator({ keys, clock }),
    verifyLog: logVerifier({ database, keyring }),
    simulationQueues: simulationQueues(),
  });

  const metrics = createMetrics(shared?.allMetrics);
  shared?.provideMetrics(metrics.snapshot);
  options.telemetry?.exportMetrics(metrics.snapshot);
  countStatements(metrics, () => database.statements());
  countSetBacks(metrics, stream.setBacks);
  if (options.checks !== undefined) {
    countDescriptorShortages(metrics, options.checks.descriptorShortages);
    showClockDifference(metrics, options.checks.clockDifference);
  }
  if (options.forwarding !== undefined) measureSinks(metrics, options.forwarding);
  const graphql = createGraphQLServer({
    schema: loadSchema(),
    contextFor: contextFor({ sessions: sessionsOfRequests, signIn: signingIn }),
    introspection,
    operations: {
      textOf: operationTexts({ database, clock, console: options.console !== 'off' }),
      only: operations === 'registered',
    },
    log,
    onError: graphqlErrorCounter(metrics),
  });
  await graphql.start();
  const rest = {
    sessions: sessionsOfRequests,
    signIn: signingIn,
    conductor,
    check: options.conductor?.check,
    httpTasks: options.conductor?.httpTasks,
  };
  let isDraining = false;
  const ready = gatewayReadiness({
    ...{ database, isFailing: stream.isFailing, isDraining: () => isDraining },
    requireSynchronous: options.requireSynchronous ?? false,
  });
  const routes: Route[] = [
    { path: '/graphql', methods: { GET: graphql.handle, POST: graphql.handle } },
    ...restApi(rest),
    apiDocs(),
    jwksRoute(keys),
    ...healthRoutes({ ready, metrics }),
    ...(options.console === 'off' ? [] : consoleRoutes({ explorer: options.console === 'explorer' })),
  ];
  const { trustedProxies } = options;
  const requestTimeoutMs = options.requestTimeout && options.requestTimeout * 1_000;
  const http = createHttpServer({ routes, log, metrics, trustedProxies, requestTimeoutMs });
  const ui =
    upstream &&
    createHttpServer({
      routes: uiPort({
        ...{ sessions: sessionsOfRequests, signIn: signingIn, file: upstream.file, clock },
        api: restApi({ ...rest, only: UI_ROUTES }),
      }),
      ...{ log, metrics, trustedProxies, requestTimeoutMs },
    });

  return {
    listen: (host, port) => http.listen(host, port),
    async listenForUi(host, port) {
      if (ui === undefined) throw new Error('The gateway has no Conductor server.');
      return ui.listen(host, port);
    },
    async drain(ms) {
      if (ms === 0) return;
      isDraining = true;
      for (const server of [http, ui]) server?.drain();
      await sleep(ms);
    },
    async close(graceMs) {
      await Promise.all([http.close({ graceMs }), ui?.close({ graceMs })]);
      await graphql.stop();
      await upstream?.close();
    },
  };
}
