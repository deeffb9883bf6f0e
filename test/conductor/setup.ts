// A Conductor server, a gateway in front of the server, a worker, and a called server: everything that a test of this directory needs.
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { inject } from 'vitest';
import { holds } from '../../scripts/conductor-data.ts';
import { freePort } from '../../scripts/conductor-process.ts';
import { cleanUp, type GatewayProcess } from '../support/gateway-process.ts';
import { type Asked, type TargetServer, targetServer } from '../support/target-server.ts';
import { readyWorker } from '../support/worker-process.ts';
import type { SomeApplication, World } from '../support/world.ts';
import { type Engine, engineAt, type RunningEngine, startEngine } from './engine.ts';
import { type Caller, type GatewayInFront, gatewayInFront } from './gateway-in-front.ts';
import type { Mode } from './matrix.ts';

export interface Setup {
  mode: Mode;
  engine: Engine;
  front: GatewayInFront;
  w: World;
  /** The server that tasks call. The function `answerOf` chooses the response. */
  target: TargetServer;
  /** The application of the module in the Conductor server. */
  engineApplication: SomeApplication;
  /** The application that polls tasks through the gateway. */
  pollingApplication: SomeApplication;
  polling: Caller;
  admin: Caller;
  /** The callers whose reads must contain no secret value. `stranger` is a user without access to any secret. */
  readers: Record<'admin' | 'stranger' | 'polling', Caller>;
  /** The `secrets-gateway worker` process, which polls the Conductor server directly. */
  worker: GatewayProcess;
  /** Returns a name that is unique on the Conductor server. */
  named(name: string): string;
  /** Creates a secret that the applications may use. Returns its random part and its value. */
  secret(name: string, options?: { hard?: boolean }): Promise<TestSecret>;
  /** Registers workflow definitions directly at the Conductor server. */
  register(...definitions: Record<string, unknown>[]): Promise<void>;
  /** The new secret values that the called server returns for `/PREFIX/new-value`, by prefix. */
  newValues: Map<string, string>;
  /** Lets the called server respond to all requests for `/PREFIX/held`. Until this call, the tasks that sent these requests do not end. */
  release(): void;
  /** All secret values of the test run. A test adds values that it creates without `secret`. */
  values: TestSecret[];
  /** Returns the names of the secrets whose values the text contains. */
  valuesIn(text: string): string[];
  close(): Promise<void>;
}

export interface TestSecret {
  name: string;
  /** The part of the value that a test searches. */
  random: string;
  value: string;
}

/** Returns a random value. A hard value contains characters that JSON, percent encoding and base64 change. */
export function randomValue({ hard = false } = {}): { random: string; value: string } {
  const random = randomBytes(12).toString('hex');
  return { random, value: hard ? `v "é\\\n${random}` : `v/+=${random}` };
}

/** Starts everything. The test calls `close` in `afterAll`. */
export async function setUp(mode: Mode, settings: Record<string, string> = {}): Promise<Setup> {
  const port = await freePort();
  const engineUrl = mode === 'module' ? `http://127.0.0.1:${port}` : inject('plainEngine').url;
  const [front, target] = await Promise.all([gatewayInFront(engineUrl, settings), targetServer()]);
  const { w } = front;
  const engineApplication = await front.application('the engine', { roles: ['WORKFLOW_ENGINE'] });
  const pollingApplication = await front.application('poller');
  const workerApplication = await front.application('worker');
  const stranger = await w.user('stranger');
  const running: RunningEngine | undefined =
    mode === 'module'
      ? await startEngine({ port, module: { gatewayUrl: front.url, ...engineApplication } })
      : undefined;
  const engine = running ?? engineAt(inject('plainEngine'));
  const worker = await readyWorker({ conductorUrl: `${engine.url}/api`, gatewayUrl: front.url, as: workerApplication });

  const run = randomBytes(4).toString('hex');
  const newValues = new Map<string, string>();
  const values: TestSecret[] = [];
  let held: (() => void)[] = [];
  const hold = () => new Promise<void>((resolve) => held.push(resolve));
  target.answer((asked: Asked, response: ServerResponse) => void answerOf(asked, response, { newValues, hold }));
  const polling = front.as(pollingApplication);
  const admin = front.as(w.admin);
  return {
    ...{ mode, engine, front, w, target, engineApplication, pollingApplication, polling, admin, worker },
    newValues,
    release() {
      for (const answer of held) answer();
      held = [];
    },
    readers: { admin, stranger: front.as(stranger), polling },
    named: (name) => `${name}_${run}`,
    async secret(name, options) {
      const value = randomValue(options);
      await w.secret(name, { value: value.value, tags: ['env:engine'] });
      const secret = { name, ...value };
      values.push(secret);
      return secret;
    },
    values,
    valuesIn: (text) => values.filter(({ random }) => holds(text, random)).map(({ name }) => name),
    async register(...definitions) {
      const defaults = { version: 1, schemaVersion: 2, ownerEmail: 'tests@gateway.example', timeoutSeconds: 0 };
      await engine.send(
        'PUT',
        '/metadata/workflow',
        definitions.map((definition) => ({ ...defaults, ...definition })),
      );
    },
    async close() {
      for (const answer of held) answer();
      await worker.end('SIGTERM');
      await running?.stop();
      await target.close();
      await front.close();
      await cleanUp();
    },
  };
}

/**
 * Returns a response that depends on the second part of the path: `ok` returns no data of the request, `encoded` returns the header `x` in several encodings, `fail` returns the request with the status 500, `held` returns the
 * request after `hold`, `new-value` returns a new secret value, and any other text returns the request.
 */
async function answerOf(
  asked: Asked,
  response: ServerResponse,
  { newValues, hold }: { newValues: ReadonlyMap<string, string>; hold(): Promise<void> },
): Promise<void> {
  const [, prefix = '', action = ''] = new URL(asked.path, 'http://x').pathname.split('/');
  const answer = (status: number, json: unknown) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  if (action === 'held') await hold();
  if (action === 'fail') return answer(500, asked);
  if (action === 'encoded') return answer(200, encodingsOf(String(asked.headers.x)));
  if (action === 'new-value') return answer(200, { value: newValues.get(prefix) });
  return answer(200, action === 'ok' ? { ok: true } : asked);
}

const encodingsOf = (text: string): Record<string, string> => ({
  base64: Buffer.from(text).toString('base64'),
  basic: `Basic ${Buffer.from(`user:${text}`).toString('base64')}`,
  twice: Buffer.from(Buffer.from(text).toString('base64')).toString('base64'),
  percent: encodeURIComponent(text),
  everyCharacter: [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
  hexadecimal: Buffer.from(text).toString('hex'),
  json: JSON.stringify({ nested: JSON.stringify({ text }) }),
});
