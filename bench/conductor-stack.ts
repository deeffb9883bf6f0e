// Starts what the benchmark of the Conductor server needs: a gateway with its own PostgreSQL, a real Conductor server with the gateway's module, and
// a server that HTTP tasks call.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { ServerTools } from '../scripts/build-conductor.ts';
import { freePort, startConductor } from '../scripts/conductor-process.ts';
import { MODULE_JAR } from '../scripts/conductor-server.ts';
import type { Role } from '../src/generated/vocabulary.ts';
import { startGateway } from './beside/gateway.ts';
import { type GatewayClient, gatewayClient } from './beside/gateway-client.ts';
import type { Undo } from './cleanup.ts';
import { listen } from './listen.ts';
import { openWorld, PASSWORD } from './world.ts';

const WORLD = { secrets: 500, events: 2_000, principals: 100, groups: 20, grants: 400 };

/** The name of the secret that the tasks of the benchmark use. */
export const SECRET = 'bench-conductor-token';
/**
 * The poll interval of the Conductor server for HTTP tasks. With the default of one second, the benchmark could not measure the additional time of the
 * gateway.
 */
const HTTP_POLL_MS = 20;

/** Sends a request to a REST API. Returns the response body as a string. @throws Error unless the status is 2xx */
export type Send = (method: string, path: string, body?: unknown) => Promise<string>;

/** The names of the two applications. The audit log names the application of each use. */
export const APPLICATIONS = { engine: 'bench engine', poller: 'bench poller' } as const;

export interface Stack {
  /** Sends a request to the Conductor server, without the gateway. */
  direct: Send;
  /** Sends a request to the gateway, as the application that polls tasks. */
  poller: Send;
  /** Sends a request to the gateway, as the administrator. */
  admin: Send;
  /** The value of the secret `SECRET`. */
  value: string;
  /** The URL of the server that HTTP tasks call. */
  targetUrl: string;
  /** Returns the number of requests to the called server whose headers contained the secret value. */
  requestsWithValue(): number;
  /** Returns the number of recorded uses of the secret with the outcome DONE by this application. */
  recordedUses(application: string): Promise<number>;
}

export async function startStack(tools: ServerTools, undo: Undo): Promise<Stack> {
  const value = `v-${randomBytes(18).toString('base64url')}`;
  let requests = 0;
  const targetUrl = await listen(undo, (request, response) => {
    if (request.headers.authorization?.includes(value)) requests++;
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  });

  const world = await openWorld(WORLD, { undo });
  const port = await freePort();
  const conductorUrl = `http://127.0.0.1:${port}`;
  const gateway = await startGateway(world, { undo, settings: { CONDUCTOR_URL: conductorUrl, TOKEN_TTL: '7200' } });
  const { signIn } = await gatewayClient(gateway.url)(
    'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }',
    { p: PASSWORD },
  );
  const ask = gatewayClient(gateway.url, signIn.token);
  await ask('mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }', {
    i: { name: SECRET, value },
  });
  const engine = await createApplication(ask, APPLICATIONS.engine, ['WORKFLOW_ENGINE']);
  const poller = await createApplication(ask, APPLICATIONS.poller, []);
  const { signInApplication } = await gatewayClient(gateway.url)(
    'mutation ($keyId: String!, $keySecret: SecretValue!) { signInApplication(keyId: $keyId, keySecret: $keySecret) { token } }',
    { ...poller },
  );
  await startServer(tools, { port, gatewayUrl: gateway.url, key: engine, undo });

  const client = new pg.Client({ connectionString: world.url });
  await client.connect();
  undo(() => client.end());
  return {
    direct: sender(conductorUrl),
    poller: sender(gateway.url, signInApplication.token),
    admin: sender(gateway.url, signIn.token),
    ...{ value, targetUrl },
    requestsWithValue: () => requests,
    async recordedUses(application) {
      const { rows } = await client.query<{ uses: number }>(
        `SELECT count(*)::int AS uses FROM audit_events
         WHERE action = 'SECRET_USE' AND outcome = 'DONE' AND subject_name = $1 AND actor_name = $2`,
        [SECRET, application],
      );
      return rows[0]?.uses ?? 0;
    },
  };
}

interface AccessKey {
  keyId: string;
  keySecret: string;
}

/** Creates an application that has these roles and may use the secret. */
async function createApplication(ask: GatewayClient, name: string, roles: readonly Role[]): Promise<AccessKey> {
  const { createApplication: created } = await ask(
    'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
    { i: { name, roles } },
  );
  const { id } = created.application;
  await ask('mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }', {
    i: { subjectId: id, target: { secret: SECRET }, access: ['EXECUTE'] },
  });
  const { createAccessKey } = await ask(
    'mutation ($id: ID!) { createAccessKey(applicationId: $id) { accessKey { id } secret } }',
    { id },
  );
  return { keyId: createAccessKey.accessKey.id, keySecret: createAccessKey.secret };
}

async function startServer(
  tools: ServerTools,
  { port, gatewayUrl, key, undo }: { port: number; gatewayUrl: string; key: AccessKey; undo: Undo },
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-conductor-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const server = await startConductor({
    ...{ ...tools, dir, port },
    module: { jar: MODULE_JAR, gatewayUrl, ...key },
    settings: { 'conductor.app.systemTaskWorkerPollInterval': HTTP_POLL_MS },
  });
  undo(() => server.stop());
  console.error('Starting the Conductor server');
  await server.ready();
}

function sender(url: string, token?: string): Send {
  const headers = { 'content-type': 'application/json', ...(token !== undefined && { 'x-authorization': token }) };
  return async (method, path, body) => {
    const response = await fetch(`${url}/api${path}`, {
      ...{ method, headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text}`);
    return text;
  };
}
