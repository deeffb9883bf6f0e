// The gateway, as a client of its REST sees it.

import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { Sensitive } from '../sensitive.ts';
import { parsed } from './parsed.ts';
import type { KeyAt } from './settings.ts';

/** A reference that the gateway refused. Tells a name and a place, never a value. */
export interface RefusedReference {
  name: string;
  pointers: string[];
  problem: string;
  /** The reference that the author probably meant. */
  suggestion: string | undefined;
}

export interface Gateway {
  /** Has a token from now on. @throws Away */
  signIn(): Promise<void>;
  /** `payload` with its secrets, and with `input` in place of `${workflow.input.…}`. @throws Refused, Away */
  resolve(payload: Json, input: Json): Promise<Json>;
  /** Creates or rotates a secret, by the update-secret task's input. @throws Refused, Away */
  updateSecret(input: JsonObject): Promise<void>;
}

/** The gateway says no, and will say so again. */
export class Refused extends Error {
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

/** The gateway does not answer, cannot at this moment, or lets the worker in no more: later it may be otherwise. */
export class Away extends Error {}

const PATIENCE_MS = 30_000;
/** Before it expires: a request takes its time to arrive, and clocks differ. */
const EARLY_MS = 30_000;
const MESSAGE_LIMIT = 500;
const TOKEN_PATH = '/token';

interface Answered {
  status: number;
  body: Json | undefined;
}

/** @param said told of it when the gateway goes away and when it is back */
export function gatewayAt(
  { url, keyId, keySecret }: KeyAt,
  said: { down(reason: string): void; up(): void } = { down() {}, up() {} },
): Gateway {
  let held: { token: Sensitive; until: number } | undefined;
  let signingIn: Promise<Sensitive> | undefined;

  async function send(path: string, body: Json, token?: Sensitive): Promise<Answered> {
    const response = await fetch(`${url}/api${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token !== undefined && { 'x-authorization': token.expose() }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'error',
    }).catch((error: unknown) => {
      said.down(reasonOf(error));
      throw new Away('The gateway does not answer.');
    });
    const text = await response.text().catch((error: unknown) => {
      said.down(reasonOf(error));
      throw new Away('The gateway stopped in the middle of its answer.');
    });
    const { status } = response;
    if (status >= 500 || status === 429 || status === 408) {
      said.down(`HTTP ${status}`);
      throw new Away(`The gateway cannot answer at this moment (HTTP ${status}).`);
    }
    // Not where it does not know the worker: that is told by whoever asked for the token.
    if (status !== 401 && (path !== TOKEN_PATH || status === 200)) said.up();
    return { status, body: parsed(text) };
  }

  async function signIn(): Promise<Sensitive> {
    const { status, body } = await send(TOKEN_PATH, { keyId, keySecret: keySecret.expose() });
    const token = isJsonObject(body) ? body.token : undefined;
    if (status !== 200 || typeof token !== 'string') {
      const reason = `it gives no token for GATEWAY_KEY_ID (HTTP ${status})`;
      said.down(reason);
      throw new Away(`The worker cannot sign in to the gateway: ${reason}.`);
    }
    const sensitive = new Sensitive(token);
    held = { token: sensitive, until: expiryOf(token) - EARLY_MS };
    return sensitive;
  }

  /** One sign-in, however many wait for it. */
  function signedIn(): Promise<Sensitive> {
    if (held !== undefined && Date.now() < held.until) return Promise.resolve(held.token);
    signingIn ??= signIn().finally(() => {
      signingIn = undefined;
    });
    return signingIn;
  }

  async function ask(path: string, body: Json): Promise<Json> {
    for (let attempt = 1; ; attempt++) {
      const token = await signedIn();
      const answered = await send(path, body, token);
      if (answered.status === 200) return answered.body ?? null;
      if (answered.status !== 401) throw refusal(answered);
      if (held?.token === token) held = undefined;
      if (attempt === 2) throw new Away('The gateway takes the token for none that it just gave.');
    }
  }

  return {
    async signIn() {
      await signedIn();
    },
    async resolve(payload, input) {
      const answer = await ask('/payloads/resolve', { payload, input });
      if (!isJsonObject(answer) || answer.payload === undefined)
        throw new Away('The gateway answered with something else.');
      return answer.payload;
    },
    async updateSecret(input) {
      await ask('/tasks/update-secret', input);
    },
  };
}

function refusal({ status, body }: Answered): Refused {
  const { code, message, references } = isJsonObject(body) ? body : {};
  const texts = typeof message === 'string' ? message : `HTTP ${status}`;
  return new Refused(
    status,
    typeof code === 'string' ? code : `HTTP_${status}`,
    texts.slice(0, MESSAGE_LIMIT),
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

/** Milliseconds since 1970; half an hour from now if it does not say. */
function expiryOf(token: string): number {
  const claims = parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return isJsonObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1_000 : Date.now() + 30 * 60_000;
}

/** A code such as ECONNREFUSED: messages may quote what was sent. */
export function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at.name === 'TimeoutError') return 'it took too long';
  }
  return 'no connection';
}
