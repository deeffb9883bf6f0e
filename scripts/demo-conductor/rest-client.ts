// Sends requests of one caller to the REST API of the gateway, or to the Conductor server itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { StepFailed } from '../../src/commands/demo/stage.ts';
import type { Sensitive } from '../../src/sensitive.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of the Conductor server are untyped JSON
export type Untyped = any;

export interface Answered {
  status: number;
  text: string;
  /** The parsed JSON of the response. Undefined if the response is not JSON. */
  json: Untyped;
}

export interface Caller {
  /** The name of the caller that the demo prints. */
  name: string;
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
  /** Sends a request like the method `ask`. @throws StepFailed if the status is not 2xx */
  send(method: string, path: string, body?: unknown): Promise<Answered>;
  /** Starts a workflow, and waits until the execution ends. Returns the execution that the server shows to this caller. */
  run(name: string, input?: Record<string, unknown>): Promise<Untyped>;
  /** Waits until an execution ends. Returns the execution that the server shows to this caller. */
  ended(workflowId: string): Promise<Untyped>;
}

const TIMEOUT_MS = 60_000;
/** On a slow machine, the Conductor server can need more than a minute for a workflow. */
const END_MS = 180_000;
const POLL_MS = 300;

/** Returns functions that send requests for one caller. `url` is the address without `/api`. */
export function callerAt(url: string, name: string, token: Sensitive | undefined, stopped: AbortSignal): Caller {
  async function ask(method: string, path: string, body?: unknown): Promise<Answered> {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { 'x-authorization': token.expose() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await response.text();
    return { status: response.status, text, json: parsed(text) };
  }
  async function send(method: string, path: string, body?: unknown): Promise<Answered> {
    const answered = await ask(method, path, body);
    if (answered.status >= 300)
      throw new StepFailed(`${method} ${path} by ${name}: HTTP ${answered.status} ${answered.text.slice(0, 500)}`);
    return answered;
  }
  async function ended(workflowId: string): Promise<Untyped> {
    for (const until = Date.now() + END_MS; ; await sleep(POLL_MS, undefined, { signal: stopped })) {
      const { json } = await send('GET', `/workflow/${workflowId}?includeTasks=true`);
      if (json.status !== 'RUNNING') return json;
      if (Date.now() > until) throw new StepFailed(`The workflow ${json.workflowName} did not end in time.`);
    }
  }
  return {
    name,
    ask,
    send,
    ended,
    async run(workflow, input = {}) {
      const { text } = await send('POST', '/workflow', { name: workflow, version: 1, input });
      return ended(text.replaceAll('"', ''));
    },
  };
}

function parsed(text: string): Untyped {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
