// Wires everything, once. Read it second, after schema.graphql.
import type { Logger } from 'pino';
import type { AuditStream } from './audit/audit-stream.ts';
import { logVerifier } from './audit/audit-verification.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Keyring } from './crypto/keyring.ts';
import type { Database } from './database/client.ts';
import { GatewayError } from './errors.ts';
import type { Context } from './graphql/context.ts';
import { loadSchema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/server.ts';
import type { Incoming, Route } from './http/exchange.ts';
import { healthRoutes } from './http/health.ts';
import { createHttpServer } from './http/http-server.ts';
import { createMetrics } from './http/metrics.ts';
import { createUpstream } from './http/upstream.ts';
import { authenticator } from './identity/authenticate.ts';
import { signIn } from './identity/sign-in.ts';
import { signingKeys } from './identity/signing-keys.ts';
import { createThrottle } from './identity/throttle.ts';
import { outsideId } from './ids.ts';
import { apiDocs } from './rest/openapi.ts';
import { restApi } from './rest/rest-api.ts';
import { secretValues } from './secrets/secret-values.ts';
import { type Outside, type Services, servicesFor } from './services.ts';

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
  trustedProxies: readonly string[];
  /** The server that answers for what is not the gateway's own below `/api`. */
  conductor: Config['conductor'];
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
  trustedProxies,
  conductor,
}: AppOptions): Promise<App> {
  const verifyLog = logVerifier({ database, keyring });
  const outside: Outside = { database, stream, verifyLog, keyring, clock, values: secretValues(keyring) };
  const keys = signingKeys({ database, keyring, clock, tokenTtl });
  const authenticate = authenticator({ database, keys, clock });
  const signingIn = signIn({
    database,
    stream,
    keys,
    keyring,
    throttle: createThrottle({ clock }),
    clock,
    tokenTtl,
  });

  /** The services of whoever asks. @throws Unauthenticated, Unavailable */
  const servicesOf = async (incoming: Incoming): Promise<Services> => {
    const caller = await authenticate({
      requestId: incoming.requestId,
      address: incoming.address,
      authorization: incoming.headers.authorization,
      xAuthorization: headerOf(incoming, 'x-authorization'),
    });
    incoming.principal = outsideId(caller.standing.kind, caller.standing.id);
    return servicesFor(caller, outside);
  };

  /** Who asks is found out first; what came of it is told when it matters, since signing in needs no token. */
  const contextFor = async (incoming: Incoming): Promise<Context> => {
    const { requestId, address, method } = incoming;
    const identify = () =>
      servicesOf(incoming).catch((error: unknown) => {
        if (error instanceof GatewayError) return error;
        throw error;
      });
    let identified = await identify();
    let isFresh = true;
    return {
      requestId,
      address,
      method,
      signIn: signingIn,
      signedIn: () => {
        if (identified instanceof GatewayError) throw identified;
        return identified;
      },
      async asAtPresent() {
        if (!isFresh && incoming.principal !== undefined) identified = await identify();
        isFresh = false;
      },
      signedInBy: new Map(),
      servicesOf: async (token: string): Promise<Services> => {
        const caller = await authenticate({
          requestId,
          address,
          authorization: `Bearer ${token}`,
          xAuthorization: undefined,
        });
        return servicesFor(caller, outside);
      },
    };
  };

  const metrics = createMetrics();
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
  const graphql = createGraphQLServer({
    schema: loadSchema(),
    contextFor,
    introspection,
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
    ((incoming: Incoming, { access: { standing } }: Services) =>
      upstream.forward(incoming, { id: outsideId(standing.kind, standing.id), name: standing.name }));
  const routes: Route[] = [
    { path: '/graphql', methods: { GET: graphql.handle, POST: graphql.handle } },
    ...restApi({ servicesOf, signIn: signingIn, forward }),
    apiDocs(),
    { path: '/.well-known/jwks.json', methods: { GET: async () => json(await keys.jwks()) } },
    ...healthRoutes({ ready, metrics }),
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

function headerOf(incoming: Incoming, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function json(body: unknown) {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}
