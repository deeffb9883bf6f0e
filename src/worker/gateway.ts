// A client for the gateway's REST API.

import type { RefusedReference } from '../conductor/reference-problems.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { TaskOfUse } from '../secrets/secret-use-service.ts';
import { Sensitive } from '../sensitive.ts';
import type { ServerCredentials } from './settings.ts';
import { tryParseJson } from './try-parse-json.ts';

export interface Gateway {
  /** Signs in to the gateway. If the worker already has a valid token, the function does nothing. @throws GatewayUnavailable */
  signIn(): Promise<void>;
  /**
   * Resolves the references to secrets in `payload`, and expressions that read `workflow.input`. The argument `input` is the value of
   * `workflow.input`. The audit events of the gateway name `task`. Returns the resolved payload. @throws RequestRejected, GatewayUnavailable
   */
  resolve(payload: Json, input: Json, task?: TaskOfUse): Promise<Json>;
  /** Creates or rotates a secret with the input of an update-secret task. @throws RequestRejected, GatewayUnavailable */
  updateSecret(input: JsonObject): Promise<void>;
  /** Runs an update-secret task whose new value the gateway captured. @throws RequestRejected, GatewayUnavailable */
  updateSecretOfTask(task: JsonObject): Promise<void>;
}

/** An error: the gateway rejected the request. The gateway would also reject a retry. */
export class RequestRejected extends Error {
  readonly status: number;
  readonly code: string;
  readonly references: readonly RefusedReference[];
  constructor(status: number, code: string, message: string, references: readonly RefusedReference[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.references = references;
  }
}

/** An error: the gateway does not answer, is temporarily unavailable, or rejects the worker's credentials. A retry can succeed. */
export class GatewayUnavailable extends Error {}

const TIMEOUT_MS = 30_000;
/**
 * The worker renews a token this number of milliseconds before the token expires, because requests take time and the clocks of two servers can
 * differ.
 */
const RENEW_BEFORE_MS = 30_000;
const MESSAGE_LIMIT = 500;
const TOKEN_PATH = '/token';

interface GatewayResponse {
  status: number;
  body: Json | undefined;
}

/** @param connection receives a call when the gateway becomes unreachable, and when the gateway becomes reachable again */
export function gatewayAt(
  { url, keyId, keySecret }: ServerCredentials,
  connection: { down(reason: string): void; up(): void } = { down() {}, up() {} },
): Gateway {
  let current: { token: Sensitive; until: number } | undefined;
  let signingIn: Promise<Sensitive> | undefined;

  async function send(path: string, body: Json, token?: Sensitive): Promise<GatewayResponse> {
    const response = await fetch(`${url}/api${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token !== undefined && { 'x-authorization': token.expose() }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    }).catch((error: unknown) => {
      connection.down(reasonOf(error));
      throw new GatewayUnavailable('The gateway did not answer.');
    });
    const text = await response.text().catch((error: unknown) => {
      connection.down(reasonOf(error));
      throw new GatewayUnavailable('The answer of the gateway ended early.');
    });
    const { status } = response;
    if (status >= 500 || status === 429 || status === 408) {
      connection.down(`HTTP ${status}`);
      throw new GatewayUnavailable(`The gateway is temporarily unavailable (HTTP ${status}).`);
    }
    // Almost every answer shows that the worker can use the gateway. There are two exceptions. Status 401 causes a new sign-in. The function `signIn`
    // reports a rejected sign-in.
    if (status !== 401 && (path !== TOKEN_PATH || status === 200)) connection.up();
    return { status, body: tryParseJson(text) };
  }

  async function signIn(): Promise<Sensitive> {
    const { status, body } = await send(TOKEN_PATH, { keyId, keySecret: keySecret.expose() });
    const token = isJsonObject(body) ? body.token : undefined;
    if (status !== 200 || typeof token !== 'string') {
      const reason = `the gateway issued no token for GATEWAY_KEY_ID (HTTP ${status})`;
      connection.down(reason);
      throw new GatewayUnavailable(`The worker cannot sign in to the gateway: ${reason}.`);
    }
    const sensitive = new Sensitive(token);
    current = { token: sensitive, until: expiryOf(token) - RENEW_BEFORE_MS };
    return sensitive;
  }

  /** Returns a valid token. Concurrent calls share one sign-in. */
  function tokenOrSignIn(): Promise<Sensitive> {
    if (current !== undefined && Date.now() < current.until) return Promise.resolve(current.token);
    signingIn ??= signIn().finally(() => {
      signingIn = undefined;
    });
    return signingIn;
  }

  async function call(path: string, body: Json): Promise<Json> {
    for (let attempt = 1; ; attempt++) {
      const token = await tokenOrSignIn();
      const answered = await send(path, body, token);
      if (answered.status === 200) return answered.body ?? null;
      if (answered.status !== 401) throw rejection(answered);
      if (current?.token === token) current = undefined;
      if (attempt === 2) throw new GatewayUnavailable('The gateway rejected the token that it had just issued.');
    }
  }

  return {
    async signIn() {
      await tokenOrSignIn();
    },
    async resolve(payload, input, task) {
      const answer = await call('/payloads/resolve', {
        payload,
        input,
        ...(task !== undefined && { task: { ...task } }),
      });
      if (!isJsonObject(answer) || answer.payload === undefined)
        throw new GatewayUnavailable('The gateway sent an unexpected answer.');
      return answer.payload;
    },
    async updateSecret(input) {
      await call('/tasks/update-secret', input);
    },
    async updateSecretOfTask(task) {
      await call('/conductor/tasks/update-secret', { task });
    },
  };
}

function rejection({ status, body }: GatewayResponse): RequestRejected {
  const { code, message, references } = isJsonObject(body) ? body : {};
  const text = typeof message === 'string' ? message : `HTTP ${status}`;
  return new RequestRejected(
    status,
    typeof code === 'string' ? code : `HTTP_${status}`,
    text.slice(0, MESSAGE_LIMIT),
    (Array.isArray(references) ? references : []).flatMap((reference) => {
      if (!isJsonObject(reference)) return [];
      const { name, pointers, problem, suggestion } = reference;
      return [
        {
          name: String(name ?? ''),
          pointers: Array.isArray(pointers) ? pointers.map(String) : [],
          problem: String(problem ?? ''),
          suggestion: typeof suggestion === 'string' ? suggestion : undefined,
        },
      ];
    }),
  );
}

/**
 * Returns the expiry time of a token in milliseconds since 1970. If the token contains no expiry time, the function returns the time half an hour
 * from now.
 */
function expiryOf(token: string): number {
  const claims = tryParseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return isJsonObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1_000 : Date.now() + 30 * 60_000;
}

/** Returns an error code such as ECONNREFUSED. The function does not return the error's message, because the message can quote the request. */
export function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at.name === 'TimeoutError') return 'timeout';
  }
  return 'no connection';
}
