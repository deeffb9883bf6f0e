// Calls a Conductor server with Conductor's published JavaScript client. The client signs in, renews its token and sends HTTP requests. The worker
// uses its own polling loop in polling.ts, because the client's polling loop has three faults. The client's loop discards a result after a minute,
// discards tasks when the loop stops, and sends stack traces as task logs.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConductorClient, noopLogger } from 'conductor-javascript-4';
import { reasonOf } from '../client/connection.ts';
import { type DefinitionsAt, Denied, isDenial, type Task, Unreachable } from '../conductor/task.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { tracer } from '../telemetry/tracer.ts';
import type { ConnectionStatus } from './connection.ts';
import type { Outcome } from './outcome.ts';
import type { WorkerSettings } from './settings.ts';

/** A task that the Conductor server returned to a poll. */
export interface PolledTask extends Task {
  /** The number of times that the Conductor server returned the task to a poll. The number includes the current poll. */
  pollCount: number;
  /**
   * The time at which the Conductor server scheduled the task, according to the clock of the Conductor server. The time changes if a person runs the
   * task again under the same task id.
   */
  scheduledTime: number | undefined;
}

export interface Conductor {
  /** Returns at most `count` tasks. @throws Unreachable */
  poll(type: string, count: number): Promise<PolledTask[]>;
  /** Reports the result of a task. Returns false if the Conductor server rejects the result permanently. @throws Unreachable */
  report(task: PolledTask, outcome: Outcome): Promise<boolean>;
  definitions: DefinitionsAt;
  close(): void;
}

const POLL_MS = 100;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;
const WORKER_ID = `secrets-gateway@${hostname()}`;

/**
 * Signs in to the Conductor server. If the sign-in fails, the function retries until the sign-in succeeds. Returns undefined if `stopped` is aborted
 * before the sign-in succeeds.
 */
export async function connectConductor(
  { url, keyId, keySecret }: WorkerSettings['conductor'],
  connection: ConnectionStatus,
  stopped: AbortSignal,
): Promise<Conductor | undefined> {
  const key = keyId === undefined || keySecret === undefined ? {} : { keyId, keySecret: keySecret.expose() };
  // The Conductor client retries eight times. Messages of the client can quote the Conductor server's answer, so this logger reports only that the
  // sign-in failed.
  const logger = { ...noopLogger, warn: () => connection.down('the server issued no token') };
  const stop = new Promise<undefined>((resolve) => stopped.addEventListener('abort', () => resolve(undefined)));
  for (let wait = FIRST_WAIT_MS; !stopped.aborted; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    try {
      const client = await Promise.race([createConductorClient({ serverUrl: url, ...key, logger }), stop]);
      return client === undefined ? undefined : conductorFor(client, connection);
    } catch {
      connection.down('the server issued no token');
      await sleep(wait, undefined, { signal: stopped }).catch(() => {});
    }
  }
  return undefined;
}

function conductorFor(
  client: Awaited<ReturnType<typeof createConductorClient>>,
  connection: ConnectionStatus,
): Conductor {
  const security = [{ name: 'X-Authorization', type: 'apiKey' as const }];
  /** Sends a request to the Conductor server. Returns the body and the status of the response. @throws Unreachable */
  const responseOf = async (request: Promise<{ data?: unknown; response: { status: number } }>) => {
    const { data, response } = await request.catch((error: unknown) => {
      connection.down(reasonOf(error));
      throw new Unreachable();
    });
    return { data, status: response.status };
  };
  const unreachable = (reason: string): Unreachable => {
    connection.down(reason);
    return new Unreachable();
  };
  async function read(
    url: string,
    path: Record<string, string>,
    query: Record<string, unknown> = {},
  ): Promise<JsonObject | undefined> {
    const { data, status } = await traced('GET', url, () =>
      responseOf(client.get({ url, path, query, headers: tracer?.headers() ?? {}, security, throwOnError: false })),
    );
    if (status === 404) return undefined;
    if (isDenial(status)) throw new Denied(status);
    if (status >= 300 || !isJsonObject(data as Json)) throw unreachable(`HTTP ${status}`);
    connection.up();
    return data as JsonObject;
  }
  return {
    definitions: {
      execution: (id) => read('/api/workflow/{id}', { id }, { includeTasks: false }),
      workflow: (name, version) => read('/api/metadata/workflow/{name}', { name }, { version }),
      task: (name) => read('/api/metadata/taskdefs/{name}', { name }),
    },
    async poll(type, count) {
      const { data, status } = await responseOf(
        client.get({
          url: '/api/tasks/poll/batch/{tasktype}',
          path: { tasktype: type },
          query: { workerid: WORKER_ID, count, timeout: POLL_MS },
          security,
          throwOnError: false,
        }),
      );
      if (status >= 300) throw unreachable(`HTTP ${status}`);
      const tasks = status === 204 ? [] : data;
      // If CONDUCTOR_URL lacks `/api`, the Conductor server may answer with an HTML page of its user interface.
      if (!Array.isArray(tasks)) throw unreachable('the answer is not a list of tasks');
      connection.up();
      return tasks.flatMap((json: Json) => taskOf(json));
    },
    async report(task, { status: state, reason, output }) {
      const { taskId, workflowInstanceId } = task;
      const { status } = await traced('POST', '/api/tasks', () =>
        responseOf(
          client.post({
            url: '/api/tasks',
            headers: { 'Content-Type': 'application/json', ...tracer?.headers() },
            body: {
              ...{ taskId, workflowInstanceId, workerId: WORKER_ID, status: state, outputData: output },
              ...(reason !== undefined && { reasonForIncompletion: reason }),
            },
            security,
            throwOnError: false,
          }),
        ),
      );
      if (status < 300) {
        connection.up();
        return true;
      }
      if (status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status)) return false;
      throw unreachable(`HTTP ${status}`);
    },
    close: () => client.stopBackgroundRefresh(),
  };
}

/** Runs a request in a span. `template` is a path with placeholders, and contains no data of the workflow. */
function traced<T>(method: string, template: string, request: () => Promise<T>): Promise<T> {
  if (tracer === undefined) return request();
  const attributes = { 'http.request.method': method, 'url.template': template, 'peer.service': 'conductor' };
  return tracer.run({ name: `conductor ${method} ${template}`, kind: 'client', attributes }, request);
}

/** Converts JSON to a list that contains one task. The list is empty if the JSON lacks a field that the worker needs to report the result of the task. */
function taskOf(json: Json): PolledTask[] {
  if (!isJsonObject(json)) return [];
  const { taskId, workflowInstanceId, referenceTaskName, pollCount, scheduledTime } = json;
  const { inputData, workflowTask, externalInputPayloadStoragePath } = json;
  if (typeof taskId !== 'string' || typeof workflowInstanceId !== 'string') return [];
  return [
    {
      taskId,
      workflowInstanceId,
      referenceTaskName: typeof referenceTaskName === 'string' ? referenceTaskName : '',
      pollCount: typeof pollCount === 'number' ? pollCount : 1,
      scheduledTime: typeof scheduledTime === 'number' ? scheduledTime : undefined,
      inputData,
      workflowTask,
      externalInputPayloadStoragePath,
    },
  ];
}
