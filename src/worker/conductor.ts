// A Conductor server, by its published JavaScript client: it signs in, renews its token and speaks HTTP. What to poll for and when, and what
// becomes of a result that cannot be reported, is decided in polling.ts: the client's own loop gives results up after a minute, forgets
// tasks that it was just handed when it is told to stop, and sends stack traces as logs.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConductorClient, noopLogger } from 'conductor-javascript-4';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { Connection } from './connection.ts';
import { reasonOf } from './gateway.ts';
import type { Outcome } from './outcome.ts';
import type { WorkerSettings } from './settings.ts';

/** A task as polled from the server. */
export interface Task {
  taskId: string;
  workflowInstanceId: string;
  /** Its reference name in the execution. In a loop it ends with `__N`. */
  referenceTaskName: string;
  /** How often it was handed out, this time included. */
  pollCount: number;
  /** When it was scheduled, in the server's milliseconds. Another time: a person had it run again, under the same id. */
  scheduledTime: number | undefined;
  inputData?: Json | undefined;
  workflowTask?: Json | undefined;
  externalInputPayloadStoragePath?: Json | undefined;
}

/** Reads definitions from the server. Undefined if it answers 404. @throws Unreachable, Denied */
export interface DefinitionsAt {
  /** The execution without its tasks. Contains the definition that it was started with. */
  execution(workflowId: string): Promise<JsonObject | undefined>;
  workflow(name: string, version: number): Promise<JsonObject | undefined>;
  task(name: string): Promise<JsonObject | undefined>;
}

export interface Conductor {
  /** At most `count` tasks. @throws Unreachable */
  poll(type: string, count: number): Promise<Task[]>;
  /** False if the server will not have the result, now or later. @throws Unreachable */
  report(task: Task, outcome: Outcome): Promise<boolean>;
  definitions: DefinitionsAt;
  close(): void;
}

/** The server does not answer, or not as it should. */
export class Unreachable extends Error {}

/** The server does not let the worker read this. */
export class Denied extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

const POLL_MS = 100;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const WORKER_ID = `secrets-gateway@${hostname()}`;

/** Signs in, as long as it takes. Undefined if `stopped` came first. */
export async function connectConductor(
  { url, keyId, keySecret }: WorkerSettings['conductor'],
  said: Connection,
  stopped: AbortSignal,
): Promise<Conductor | undefined> {
  const key = keyId === undefined || keySecret === undefined ? {} : { keyId, keySecret: keySecret.expose() };
  // The client tries eight times, with pauses; what it says of that may quote the server, so that only the fact is told.
  const logger = { ...noopLogger, warn: () => said.down('it gives no token') };
  const stop = new Promise<undefined>((tell) => stopped.addEventListener('abort', () => tell(undefined)));
  for (let wait = FIRST_WAIT_MS; !stopped.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      const client = await Promise.race([createConductorClient({ serverUrl: url, ...key, logger }), stop]);
      return client === undefined ? undefined : conductorBy(client, said);
    } catch {
      said.down('it gives no token');
      await sleep(wait, undefined, { signal: stopped }).catch(() => {});
    }
  }
  return undefined;
}

function conductorBy(client: Awaited<ReturnType<typeof createConductorClient>>, said: Connection): Conductor {
  const security = [{ name: 'X-Authorization', type: 'apiKey' as const }];
  /** @returns what was answered, and its status */
  const told = async (asked: Promise<{ data?: unknown; response: { status: number } }>) => {
    const { data, response } = await asked.catch((error: unknown) => {
      said.down(reasonOf(error));
      throw new Unreachable();
    });
    return { data, status: response.status };
  };
  const unusable = (reason: string): Unreachable => {
    said.down(reason);
    return new Unreachable();
  };
  async function read(
    url: string,
    path: Record<string, string>,
    query: Record<string, unknown> = {},
  ): Promise<JsonObject | undefined> {
    const { data, status } = await told(client.get({ url, path, query, security, throwOnError: false }));
    if (status === 404) return undefined;
    if (status >= 400 && status < 500 && ![401, 408, 429].includes(status)) throw new Denied(status);
    if (status >= 300 || !isJsonObject(data as Json)) throw unusable(`HTTP ${status}`);
    said.up();
    return data as JsonObject;
  }
  return {
    definitions: {
      execution: (id) => read('/api/workflow/{id}', { id }, { includeTasks: false }),
      workflow: (name, version) => read('/api/metadata/workflow/{name}', { name }, { version }),
      task: (name) => read('/api/metadata/taskdefs/{name}', { name }),
    },
    async poll(type, count) {
      const { data, status } = await told(
        client.get({
          url: '/api/tasks/poll/batch/{tasktype}',
          path: { tasktype: type },
          query: { workerid: WORKER_ID, count, timeout: POLL_MS },
          security,
          throwOnError: false,
        }),
      );
      if (status >= 300) throw unusable(`HTTP ${status}`);
      const tasks = status === 204 ? [] : data;
      // A page of a user interface, say, which is at the same address without `/api`.
      if (!Array.isArray(tasks)) throw unusable('its answer is no list of tasks');
      said.up();
      return tasks.flatMap((json: Json) => taskOf(json));
    },
    async report(task, { status: state, reason, output }) {
      const { taskId, workflowInstanceId } = task;
      const { status } = await told(
        client.post({
          url: '/api/tasks',
          headers: { 'Content-Type': 'application/json' },
          body: {
            ...{ taskId, workflowInstanceId, workerId: WORKER_ID, status: state, outputData: output },
            ...(reason !== undefined && { reasonForIncompletion: reason }),
          },
          security,
          throwOnError: false,
        }),
      );
      if (status < 300) {
        said.up();
        return true;
      }
      if (status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status)) return false;
      throw unusable(`HTTP ${status}`);
    },
    close: () => client.stopBackgroundRefresh(),
  };
}

/** None if it lacks what a result needs. */
function taskOf(json: Json): Task[] {
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
