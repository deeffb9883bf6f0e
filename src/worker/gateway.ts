// The worker's connection to its gateway.
import { type PayloadTask, secretsClient } from '../client/secrets-client.ts';
import type { Json, JsonObject } from '../primitives/json.ts';
import { tracer } from '../telemetry/tracer.ts';
import type { ConnectionStatus } from './connection.ts';
import type { ServerCredentials } from './settings.ts';

/** Each method throws SecretsGatewayError. */
export interface Gateway {
  /** Signs in to the gateway. If the worker already has a valid token, the function does nothing. */
  signIn(): Promise<void>;
  /** Sends a request, so that the status of the connection becomes current. */
  check(): Promise<void>;
  /**
   * Resolves the references to secrets in `payload`, and expressions that read `workflow.input`. The argument `input` is the value of
   * `workflow.input`. The audit events of the gateway name `task`. Returns the resolved payload.
   */
  resolve(payload: Json, input: Json, task?: PayloadTask): Promise<Json>;
  /** Creates or rotates a secret with the input of an update-secret task. */
  updateSecret(input: JsonObject): Promise<void>;
  /** Runs an update-secret task whose new value the gateway captured. */
  updateSecretOfTask(task: JsonObject): Promise<void>;
}

/** @param status receives a call when the gateway becomes unreachable, and when the gateway becomes reachable again */
export function gatewayAt({ url, keyId, keySecret }: ServerCredentials, status?: ConnectionStatus): Gateway {
  const client = secretsClient({
    url,
    credentials: { keyId, keySecret: keySecret.expose() },
    // The engine retries a failed task.
    retries: 0,
    ...(status !== undefined && { status }),
    traceHeaders: () => tracer?.headers() ?? {},
  });
  return {
    async signIn() {
      await client.signIn();
    },
    async check() {
      await client.viewer();
    },
    resolve: (payload, input, task) => client.resolve(payload, { input, ...(task !== undefined && { task }) }),
    async updateSecret(input) {
      await client.rest('/tasks/update-secret', input);
    },
    async updateSecretOfTask(task) {
      await client.rest('/conductor/tasks/update-secret', { task });
    },
  };
}
